//! What two readers of YAML may read unlike, although the events do not tell: a file that has some
//! of it is read by both.

use super::code::Code;
use super::events::Defect;
use super::tree::{At, Span, Tree};
use serde_json::Value;

/// The first place of each.
#[derive(Default)]
pub(super) struct Doubtful {
    /// The scanner takes `&a:` for an anchor of that name, `serde_yaml` for an anchor and a key.
    pub(super) anchor: Option<Span>,
    /// A plain text with a question mark first: in `[?a]` `serde_yaml` sees a key.
    pub(super) question: Option<Span>,
}

impl Doubtful {
    /// Where `serde_yaml` reads something else than the events told.
    pub(super) fn disagreement(&self, text: &str, tree: &Tree) -> Option<Defect> {
        let anchor = self.anchor.map(|span| {
            let what =
                "an anchor, here or further on: a name holds letters, digits, `_` and `-` only";
            (Code::BadAlias, span, what)
        });
        let question = self.question.map(|span| {
            let what = "a text that begins with `?`, here or further on: quote it";
            (Code::ComplexKey, span, what)
        });
        let (code, span, what) = anchor.or(question)?;
        let ours = tree.root().map_or(Value::Null, At::to_json);
        let theirs = serde_yaml::from_str::<Value>(text).ok()?;
        (ours != theirs).then(|| Defect {
            code,
            span,
            message: format!("readers disagree about {what}"),
            path: None,
        })
    }
}
