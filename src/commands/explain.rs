//! Responsible for `explain`: the meaning of a code, a concept, an exit code or a field. Works offline.

use crate::app::Invocation;
use crate::cli::{ExplainArgs, Format};
use crate::explanations::{self, Topic};
use crate::failure::{Exit, Failure};
use crate::render::{explain, json};

pub(super) fn run(invocation: Invocation<'_>, args: &ExplainArgs) -> Result<Exit, Failure> {
    let mut out = invocation.ui.out();
    match (invocation.global.format, &args.name) {
        (Format::Json, None) => json::topics(&mut out, explanations::all())?,
        (Format::Json, Some(name)) => json::topics(&mut out, &find(name)?)?,
        (_, None) => explain::write_all(&mut out)?,
        (_, Some(name)) => explain::write(&mut out, &find(name)?)?,
    }
    Ok(Exit::Success)
}

fn find(name: &str) -> Result<Vec<Topic>, Failure> {
    let topics = explanations::find(name);
    if topics.is_empty() {
        return Err(unknown(name));
    }
    Ok(topics)
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
