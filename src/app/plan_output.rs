//! Responsible for the output of a plan in each format, and for the exit code of a command that plans.

use super::change_windows::closed_now;
use super::{Invocation, Shown, check_guards, limits};
use crate::cli::{Format, MarkdownArgs};
use crate::config::Project;
use crate::failure::{Exit, Failure};
use crate::plan::{Plan, PlanWarning};
use crate::render::ci::{self, Problems};
use crate::render::{self, Provenance, SavedFile, html, json, markdown, ndjson};

/// Writes a plan, with a warning if `apply` may not start now. Fails if a guard refuses the plan.
pub(crate) fn show_plan(
    (invocation, project): (Invocation<'_>, &Project),
    plan: &mut Plan,
    source: &Provenance,
    saved: Option<&SavedFile>,
    args: MarkdownArgs,
) -> Result<(), Failure> {
    if let Some(closed) = closed_now(invocation, project)? {
        plan.warnings.push(PlanWarning::ChangeWindow { closed });
    }
    let plan = &*plan;
    let Invocation { ui, global, .. } = invocation;
    let out = &mut ui.out();
    let problems = || Problems::from_plan(plan, |address| project.origin(address));
    match global.format {
        Format::Json => json::plan(out, plan, saved)?,
        Format::Events => ndjson::plan(ui, plan, saved),
        Format::Markdown => markdown::plan(out, plan, saved, source, limits(args))?,
        Format::Html => html::plan(out, plan, saved, source)?,
        Format::Sarif => ci::sarif(out, &problems())?,
        Format::Junit => ci::junit(out, &problems())?,
        _ => {
            render::plan(out, plan, ui.verbosity())?;
            if let Some(saved) = saved {
                render::plan_saved(ui, saved, plan)?;
            }
        }
    }
    let shown = match global.format {
        Format::Json | Format::Events => Shown::Nothing,
        _ => Shown::Plan,
    };
    check_guards(plan, shown)
}

/// The exit code of a plan that no guard refuses.
pub(crate) fn plan_exit(plan: &Plan, detailed: DetailedExit) -> Exit {
    let blocked = if plan.blocked.is_empty() {
        Exit::Success
    } else {
        Exit::Partial
    };
    let changes = if detailed == DetailedExit::On && plan.writes() {
        Exit::Changes
    } else {
        Exit::Success
    };
    Exit::decide([blocked, changes])
}

/// The value of `--detailed-exitcode`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DetailedExit {
    On,
    Off,
}

impl From<bool> for DetailedExit {
    fn from(is_given: bool) -> Self {
        if is_given { Self::On } else { Self::Off }
    }
}
