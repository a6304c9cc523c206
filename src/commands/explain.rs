//! Responsible for `explain`: explains a code, a reason, an exit code or a field. Works offline.

use crate::app::Invocation;
use crate::cli::ExplainArgs;
use crate::config::Code;
use crate::failure::{Exit, Failure};
use crate::render::explain;

pub(super) fn run(invocation: Invocation<'_>, args: &ExplainArgs) -> Result<Exit, Failure> {
    let mut out = invocation.ui.out();
    match &args.what {
        None => explain::write_known(&mut out, &known())?,
        Some(what) => explain::write(&mut out, &explained(what).ok_or_else(|| unknown(what))?)?,
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// Everything that can be explained, with its kind.
fn known() -> Vec<(&'static str, &'static str)> {
    let findings = Code::ALL.iter().map(|code| ("finding", code.as_str()));
    findings.chain(explain::known()).collect()
}

/// The explanation of a name. A name that is a finding's and something else's has both
/// explanations.
fn explained(what: &str) -> Option<String> {
    let finding = Code::find(what).map(|code| {
        let text = code.explanation();
        format!("{} (finding)\n{text}", code.as_str())
    });
    match (finding, explain::explain(what)) {
        (Some(finding), Some(other)) => Some(format!("{finding}\n\n{other}")),
        (finding, other) => finding.or(other),
    }
}

fn unknown(what: &str) -> Failure {
    let message = format!("there is no explanation of `{what}`");
    let findings: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let failure = Failure::usage("usage", message);
    match explain::suggestion(what, &findings) {
        Some(name) => failure.hint(format!("did you mean `{name}`?")),
        None => failure.hint("`airlift explain` lists everything that can be explained"),
    }
}
