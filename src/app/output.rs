//! Responsible for writing drifts, reports and the plans before them, in the format that the command
//! line asks for.

use super::saved_plan::seconds;
use super::{App, Invocation};
use crate::apply::ApplyReport;
use crate::cli::{ExecutionArgs, Format};
use crate::failure::Failure;
use crate::plan::{Drift, Plan};
use crate::render::{self, MissingSecrets, Provenance, html, json, ndjson};
use jiff::Timestamp;

impl App<'_> {
    /// What a document of this run says of its making.
    pub(crate) fn provenance(&self) -> Provenance {
        Provenance {
            api: self.connection.name.clone(),
            made_at: seconds(Timestamp::now()),
            snapshot: None,
        }
    }

    /// Shows the plan before it is approved. A JSON document has only the report.
    pub(crate) fn show_plan_before_execution(
        &self,
        plan: &Plan,
        args: ExecutionArgs,
    ) -> Result<(), Failure> {
        let Invocation { ui, global, .. } = self.invocation;
        let missing = if args.keep_going {
            MissingSecrets::Skip
        } else {
            MissingSecrets::Stop
        };
        match global.format {
            Format::Text => {
                render::plan_before_apply(&mut ui.out(), plan, ui.verbosity(), missing)?;
            }
            Format::Events => ndjson::plan(ui, plan, None),
            _ => {}
        }
        Ok(())
    }

    /// Prints the report.
    pub(crate) fn show_report(&self, plan: &Plan, report: &ApplyReport) -> Result<(), Failure> {
        let Invocation { ui, global, .. } = self.invocation;
        match global.format {
            Format::Json => json::report(&mut ui.out(), report)?,
            Format::Events => ndjson::report(ui, report),
            Format::Html => html::report(&mut ui.out(), report, &self.provenance())?,
            // The plan has already been shown, and it says that there is nothing to do.
            _ if report.is_complete() && !plan.has_changes() => {}
            _ => render::report(&mut ui.out(), report, ui.verbosity())?,
        }
        Ok(())
    }

    /// Writes a drift.
    pub(crate) fn show_drift(&self, drift: &Drift) -> Result<(), Failure> {
        let Invocation { ui, global, .. } = self.invocation;
        match global.format {
            Format::Json => json::drift(&mut ui.out(), drift)?,
            Format::Events => ndjson::drift(ui, drift),
            Format::Html => html::drift(&mut ui.out(), drift, &self.provenance())?,
            _ => render::drift(&mut ui.out(), drift, ui.verbosity())?,
        }
        Ok(())
    }
}
