//! Responsible for what has to be agreed before a plan is executed: known types, guards, allowed
//! replacements, and a person's approval.

use super::Invocation;
use crate::cli::{ApprovalArgs, Format};
use crate::config::Project;
use crate::failure::{Failure, FailureKind};
use crate::plan::{Action, BlockCode, Plan};
use crate::render::{self, wording};
use std::io::IsTerminal;
use std::path::Path;
use tokio::sync::oneshot;

/// Refuses types that neither the catalog nor the live one knows. Only the API can tell that they
/// are an error of the files.
pub(crate) fn check_types(project: &Project, plan: &Plan) -> Result<(), Failure> {
    let unknown: Vec<String> = plan
        .blocked
        .iter()
        .filter(|blocked| blocked.code() == BlockCode::UnknownType)
        .map(|blocked| {
            let place = project
                .origin(&blocked.address)
                .map(|place| format!("{place}: "))
                .unwrap_or_default();
            format!(
                "{place}{}: {}",
                blocked.address,
                wording::blocked(&blocked.reason)
            )
        })
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the files name unknown types, so nothing was written\n{}",
        unknown.join("\n")
    );
    Err(Failure::error("unknown_type", message)
        .hint("`airlift types` lists the types of the catalog"))
}

/// Refuses a plan that a guard refuses.
pub(crate) fn check_guards(plan: &Plan) -> Result<(), Failure> {
    if plan.refusals.is_empty() {
        return Ok(());
    }
    let messages: Vec<String> = plan.refusals.iter().map(wording::refused).collect();
    let message = format!(
        "a guard refused, and nothing was written: {}",
        messages.join("\n")
    );
    Err(Failure::new(FailureKind::Refused, "guard_refused", message))
}

/// Refuses replacements that `--auto-approve` does not cover, because nobody sees them.
pub(crate) fn check_replacements(plan: &Plan, approval: ApprovalArgs) -> Result<(), Failure> {
    if !approval.auto_approve || approval.allow_replace {
        return Ok(());
    }
    let replaced: Vec<String> = plan
        .steps()
        .filter(|step| step.action == Action::Replace)
        .map(|step| step.address.to_string())
        .collect();
    if replaced.is_empty() {
        return Ok(());
    }
    let message = format!(
        "{} would be replaced because of type, environment, template or settings, which \
         --auto-approve does not cover",
        replaced.join(", ")
    );
    Err(
        Failure::new(FailureKind::Refused, "replace_not_allowed", message)
            .hint("a replacement gives the connector a new id; allow it with --allow-replace"),
    )
}

/// Asks for approval on a terminal.
pub(super) async fn ask(invocation: Invocation<'_>) -> Result<(), Failure> {
    let Invocation { ui, global, .. } = invocation;
    let stdin_is_free = !global.files.iter().any(|path| path == Path::new("-"));
    if global.format != Format::Text || !stdin_is_free || !std::io::stdin().is_terminal() {
        let message = "there is nobody to ask for approval";
        return Err(Failure::usage("approval_needed", message)
            .hint("review the plan, then run again with --auto-approve"));
    }
    render::ask(ui)?;
    let answer = read_line().await.map_err(|error| {
        let message = format!("cannot read the answer: {error}");
        Failure::error("bad_stdin", message)
    })?;
    if answer.trim() == "yes" {
        return Ok(());
    }
    let message = "not approved: nothing was written";
    let kind = FailureKind::Cancelled;
    Err(Failure::new(kind, "not_approved", message))
}

/// Reads a line of standard input on a thread of its own: nothing can end the reading, and a
/// signal has to end the wait for it.
async fn read_line() -> std::io::Result<String> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        // The receiver is gone when the run has ended meanwhile.
        let _ = sender.send(read.map(|_| line));
    });
    receiver
        .await
        .unwrap_or_else(|_| Err(std::io::ErrorKind::UnexpectedEof.into()))
}
