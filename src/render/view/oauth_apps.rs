//! Responsible for the view of changes of the organization's OAuth apps.

use super::{Group, Listing, Phrase, Row};
use crate::plan::{OauthAppAction, OauthAppChange};
use crate::render::labels::counted;
use crate::render::{Label, Safe};

/// The apps that apply sets and removes.
pub(in crate::render) fn oauth_apps(changes: &[OauthAppChange]) -> Option<Group> {
    let rows: Vec<Row> = changes.iter().map(row).collect();
    (!rows.is_empty()).then(|| Group {
        symbol: None,
        label: Label::Strong,
        title: "OAuth apps",
        count: Some(counted(rows.len(), "app")),
        meaning: "every customer of the organization uses them; they need an approval of their own",
        code: Some(Safe::new("oauth_apps_not_allowed")),
        rows,
        listing: Listing::All,
    })
}

/// The label of a change.
pub(in crate::render) fn label(action: OauthAppAction) -> Label {
    match action {
        OauthAppAction::Set => Label::Create,
        OauthAppAction::Change => Label::Update,
        OauthAppAction::Remove => Label::Delete,
    }
}

/// What apply does.
pub(in crate::render) fn word(action: OauthAppAction) -> &'static str {
    match action {
        OauthAppAction::Set => "set",
        OauthAppAction::Change => "change",
        OauthAppAction::Remove => "remove",
    }
}

/// How a report names the app of a type.
pub(in crate::render) fn name(kind: &str) -> Safe {
    Safe::new(format_args!("OAuth app of {kind}"))
}

fn row(change: &OauthAppChange) -> Row {
    let fields: Vec<&str> = change.fields.iter().map(String::as_str).collect();
    let (label, word) = (label(change.action), word(change.action));
    let text = Phrase::new(label, Safe::new(format_args!("{} {word}", label.symbol())));
    let kind = Safe::new(&change.kind);
    let rest = match fields.as_slice() {
        // An app whose request had an unknown outcome is removed.
        [] => format!(" {kind}"),
        fields => format!(" {kind} ({})", Safe::new(fields.join(", "))),
    };
    Row::new(text.text(Safe::new(rest)))
}
