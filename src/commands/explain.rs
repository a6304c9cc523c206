//! `explain`: what a code, a reason, an exit code or a field means, offline.

use crate::failure::{Exit, Failure, FailureKind};
use crate::render::{Ui, explain};

/// Explains one thing, or lists what can be explained.
pub(super) fn run(what: Option<&str>, ui: &Ui) -> Result<Exit, Failure> {
    let mut out = ui.out();
    match what {
        None => explain::write_known(&mut out, &explain::known().collect::<Vec<_>>())?,
        Some(what) => {
            let text = explain::explain(what).ok_or_else(|| unknown(what))?;
            explain::write(&mut out, &text)?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn unknown(what: &str) -> Failure {
    let message = format!("nothing is known under the name `{what}`");
    let failure = Failure::new(FailureKind::Usage, "usage", message);
    match explain::suggestion(what, &[]) {
        Some(name) => failure.hint(format!("did you mean `{name}`?")),
        None => failure.hint("`airlift explain` lists all that can be explained"),
    }
}
