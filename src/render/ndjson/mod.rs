//! Responsible for `--json`: a run as events, one JSON object a line. The first event is the version
//! and the last one the summary, for every exit code.

mod line;
mod sink;
mod stream;

#[cfg(test)]
mod tests;

pub(super) use line::schema;
pub(super) use sink::{EventSink, LoggedRequests};
pub(crate) use stream::EventStream;

use super::Ui;
use super::json::{self, SavedEntry};
use super::view::oauth_apps;
use super::{labels, wording};
use crate::apply::ApplyReport;
use crate::config::diagnostic::{self, Report};
use crate::failure::{Exit, Failure};
use crate::plan::{Blocked, Drift, Plan, PlanWarning};
use crate::render::{PlanChecks, SavedFile};
use crate::saved_plan::ReadPlan;
use line::{Diagnostic, EventBody, Level, Severity, SourceLocation};

/// Writes a plan.
pub fn plan(ui: &Ui, plan: &Plan, saved: Option<&SavedFile>) {
    if let Some(stream) = ui.events() {
        if let Some(saved) = saved {
            stream.set_plan_id(&saved.id);
        }
        write_plan(stream, plan, saved.map(SavedEntry::from));
    }
}

/// Writes a saved plan.
pub fn saved_plan(ui: &Ui, saved: &ReadPlan, checks: &PlanChecks) {
    if let Some(stream) = ui.events() {
        stream.set_plan_id(&saved.id);
        let content = &saved.content;
        target(
            ui,
            &content.origin,
            &content.plan.organization_id.to_string(),
        );
        write_plan(stream, &content.plan, Some(SavedEntry::new(saved, checks)));
    }
}

fn write_plan(stream: &EventStream, plan: &Plan, saved: Option<SavedEntry<'_>>) {
    for step in plan.steps() {
        let message = format!("{}: {}", step.address, labels::action(step.action));
        let change = json::change(step);
        stream.emit(Level::Info, &message, &EventBody::PlannedChange { change });
    }
    for change in &plan.oauth_apps {
        let (name, word) = (
            oauth_apps::name(&change.kind),
            oauth_apps::word(change.action),
        );
        info(stream, &format!("{name}: {word}"));
    }
    for copy in &plan.source_templates {
        info(stream, &format!("source template of {}: copy", copy.kind));
    }
    plan.warnings.iter().for_each(|it| warning(stream, it));
    plan.blocked.iter().for_each(|it| blocked(stream, it));
    for unverified in &plan.unverified {
        let message = format!("{}: secrets are not verified", unverified.address);
        let body = EventBody::SecretUnverified(json::unverified(unverified));
        stream.emit(Level::Warn, &message, &body);
    }
    for refusal in &plan.refusals {
        let message = &*wording::refused(refusal);
        let code = labels::code(refusal.code());
        stream.emit(
            Level::Error,
            message,
            &EventBody::GuardTripped { code, message },
        );
    }
    let changes = plan.summary;
    let message = format!(
        "Plan: {} to add, {} to change, {} to destroy.",
        changes.add, changes.change, changes.destroy
    );
    stream.emit(
        Level::Info,
        &message,
        &EventBody::PlanComplete { changes, saved },
    );
    stream.set_planned(changes);
}

/// Notes the id of the saved plan that the run applies.
pub fn plan_id(ui: &Ui, id: &str) {
    if let Some(stream) = ui.events() {
        stream.set_plan_id(id);
    }
}

/// Notes the counts of a report. Its steps are events of the run.
pub fn report(ui: &Ui, report: &ApplyReport) {
    if let Some(stream) = ui.events() {
        stream.set_applied(json::report_summary(report));
    }
}

/// Writes a drift.
pub fn drift(ui: &Ui, drift: &Drift) {
    let Some(stream) = ui.events() else {
        return;
    };
    drift.blocked.iter().for_each(|it| blocked(stream, it));
    let changes = drift
        .customers
        .iter()
        .flat_map(|customer| &customer.changes);
    for change in changes {
        let message = format!("{}: {}", change.address, labels::drift(change.kind));
        let change = json::drift_entry(change);
        stream.emit(Level::Info, &message, &EventBody::ResourceDrift { change });
    }
    stream.set_drifted(drift.summary);
}

/// Writes what is wrong in the files, or what a reviewer should know about them.
pub fn findings(ui: &Ui, report: &Report) {
    let Some(stream) = ui.events() else {
        return;
    };
    for finding in &report.findings {
        let (severity, level) = match finding.severity {
            diagnostic::Severity::Error => (Severity::Error, Level::Error),
            diagnostic::Severity::Warning => (Severity::Warning, Level::Warn),
        };
        let location = &finding.location;
        let body = Diagnostic {
            severity,
            code: Some(finding.code.as_str()),
            message: &finding.message,
            address: None,
            location: Some(SourceLocation {
                file: &location.file,
                line: location.line,
                column: location.column,
                path: finding.path.as_deref(),
            }),
        };
        stream.emit(level, &finding.message, &EventBody::Diagnostic(body));
    }
}

/// Writes a message that is neither a warning nor an error.
pub(super) fn notice(ui: &Ui, message: &str) {
    if let Some(stream) = ui.events() {
        info(stream, message);
    }
}

fn info(stream: &EventStream, message: &str) {
    let body = Diagnostic {
        message,
        ..Diagnostic::default()
    };
    stream.emit(Level::Info, message, &EventBody::Diagnostic(body));
}

/// Writes which API the run works with.
pub(super) fn target(ui: &Ui, api: &str, organization_id: &str) {
    if let Some(stream) = ui.events() {
        let message = format!("{api}, organization {organization_id}");
        let body = EventBody::Target {
            api,
            organization_id,
        };
        stream.emit(Level::Info, &message, &body);
    }
}

/// Writes all events of a run that failed before a command was known.
pub(super) fn failed(failure: &Failure) {
    // A stdout that cannot be written leaves no place for a message about it.
    let _ = EventStream::of_process().end(failure.exit(), Some(failure));
}

/// Writes the last event after a panic.
pub fn panicked(failure: &Failure) {
    EventStream::of_process().end_after_panic(failure);
}

/// Writes the events of a run that printed help.
pub(super) fn help(text: &str) {
    let stream = EventStream::of_process();
    let _ = stream.result(&json::help_document(text));
    let _ = stream.end(Exit::Success, None);
}

fn warning(stream: &EventStream, warning: &PlanWarning) {
    let address = warning.address().map(ToString::to_string);
    let body = Diagnostic {
        severity: Severity::Warning,
        code: Some(&labels::code(warning.code())),
        message: &wording::plan_warning(warning).text(),
        address: address.as_deref(),
        location: None,
    };
    let message = body.message.to_owned();
    stream.emit(Level::Warn, &message, &EventBody::Diagnostic(body));
}

fn blocked(stream: &EventStream, blocked: &Blocked) {
    let body = Diagnostic {
        severity: Severity::Error,
        code: Some(&labels::code(blocked.code())),
        message: &wording::blocked(&blocked.reason),
        address: Some(&blocked.address.to_string()),
        location: None,
    };
    let message = body.message.to_owned();
    stream.emit(Level::Error, &message, &EventBody::Diagnostic(body));
}
