//! Responsible for `explain`: the meaning of a code, a concept, an exit code or a field. Works offline.

use crate::app::Invocation;
use crate::cli::ExplainArgs;
use crate::explanations;
use crate::failure::{Exit, Failure};
use crate::render::explain;

pub(super) fn run(invocation: Invocation<'_>, args: &ExplainArgs) -> Result<Exit, Failure> {
    let mut out = invocation.ui.out();
    let Some(name) = &args.name else {
        explain::write_all(&mut out)?;
        return Ok(Exit::Success);
    };
    let topics = explanations::find(name);
    if topics.is_empty() {
        return Err(unknown(name));
    }
    explain::write(&mut out, &topics)?;
    Ok(Exit::Success)
}

fn unknown(name: &str) -> Failure {
    let failure = Failure::usage("usage", format!("`{name}` has no explanation"));
    match explanations::suggestions(name).as_slice() {
        [] => failure.hint("`airlift explain` lists every name"),
        [only] => failure.hint(format!("did you mean `{only}`?")),
        [several @ .., last] => {
            let names = several.join("`, `");
            failure.hint(format!("did you mean `{names}` or `{last}`?"))
        }
    }
}
