//! Responsible for the checks between plan and execution: guards, replacements, and
//! the approval of a person.

use super::oauth_apps::check_oauth_apps;
use super::{App, Invocation};
use crate::cli::{ApprovalArgs, Format};
use crate::failure::{Failure, FailureKind};
use crate::plan::{Action, Plan};
use crate::render::{self, wording};
use std::io::IsTerminal;
use std::path::Path;
use tokio::sync::oneshot;

/// Whether the user has seen the sentences about refusals before a failure repeats them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shown {
    /// The plan was printed as text.
    Plan,
    /// Nothing was printed.
    Nothing,
}

impl App<'_> {
    /// What the user has seen when the plan is checked. JSON output contains only one document.
    pub(crate) fn shown(&self) -> Shown {
        match self.invocation.global.format {
            Format::Json | Format::Events | Format::Html => Shown::Nothing,
            _ => Shown::Plan,
        }
    }
}

/// Refuses a plan that exceeds a guard.
pub(crate) fn check_guards(plan: &Plan, shown: Shown) -> Result<(), Failure> {
    if plan.refusals.is_empty() {
        return Ok(());
    }
    let causes: Vec<String> = plan
        .refusals
        .iter()
        .map(|refusal| match shown {
            Shown::Plan => wording::refusal_code(refusal),
            Shown::Nothing => wording::refused(refusal),
        })
        .collect();
    let message = format!(
        "a guard refused the plan; nothing was written: {}",
        causes.join("\n")
    );
    Err(Failure::new(FailureKind::Refused, "guard_refused", message))
}

/// Refuses replacements and changes of OAuth apps with `--auto-approve` unless a flag of their own approves them.
pub(crate) fn check_replacements(plan: &Plan, approval: ApprovalArgs) -> Result<(), Failure> {
    check_oauth_apps(plan, approval)?;
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
        "{} would be replaced because of a new type, environment, template or settings, and \
         --auto-approve does not approve that",
        replaced.join(", ")
    );
    Err(
        Failure::new(FailureKind::Refused, "replace_not_allowed", message)
            .hint("a replacement has a new connector id; approve it with --allow-replace"),
    )
}

/// Asks for approval on a terminal.
pub(super) async fn ask(invocation: Invocation<'_>, question: &str) -> Result<(), Failure> {
    let Invocation { ui, global, .. } = invocation;
    let stdin_is_free = !global.files.iter().any(|path| path == Path::new("-"));
    if global.format != Format::Text || !stdin_is_free || !std::io::stdin().is_terminal() {
        let message = "approval is needed, and there is no terminal to ask on";
        return Err(Failure::usage("approval_needed", message)
            .hint("review what the command shows, then run it again with --auto-approve"));
    }
    render::ask(ui, question)?;
    let mut answer = read_answer().await?;
    if is_short_yes(answer.trim()) {
        render::ask_again(ui)?;
        answer = read_answer().await?;
    }
    if answer.trim() == "yes" {
        return Ok(());
    }
    let message = "not approved: nothing was written";
    let kind = FailureKind::Cancelled;
    Err(Failure::new(kind, "not_approved", message))
}

/// Whether a person may have meant `yes`.
fn is_short_yes(answer: &str) -> bool {
    answer != "yes" && ["y", "yes"].contains(&&*answer.to_lowercase())
}

async fn read_answer() -> Result<String, Failure> {
    read_line().await.map_err(|error| {
        let message = format!("cannot read the answer: {error}");
        Failure::error("bad_stdin", message)
    })
}

/// Reads a line of standard input on its own thread, because the read cannot be canceled and a
/// signal has to end the wait.
async fn read_line() -> std::io::Result<String> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        // Sending fails if the run has ended, and then the line is not needed.
        let _ = sender.send(read.map(|_| line));
    });
    receiver
        .await
        .unwrap_or_else(|_| Err(std::io::ErrorKind::UnexpectedEof.into()))
}

#[cfg(test)]
mod tests {
    use super::is_short_yes;

    #[test]
    fn is_short_yes_of_an_approval_or_a_refusal_is_false() {
        assert!(["y", "Y", "YES", "Yes"].into_iter().all(is_short_yes));
        assert!(
            !["yes", "no", "n", "", "ye", "yes please"]
                .into_iter()
                .any(is_short_yes)
        );
    }
}
