//! Responsible for the view of a report: warnings, operations that did not succeed, next steps and
//! counts.

use super::{Listing, Phrase};
use crate::apply::{
    ApplyReport, GateReport, OauthAppReport, OperationReport, Outcome, StepProblem,
    UnhealthyConnector, UnsuccessfulCounts, WaveReport,
};
use crate::model::Address;
use crate::plan::Action;
use crate::render::labels::{self, counted};
use crate::render::{Label, Safe, wording};
use std::collections::BTreeMap;

/// Outcomes other than success, with their meanings. The most urgent is last, next to the counts.
const MEANINGS: [(Outcome, &str); 5] = [
    (
        Outcome::NotAttempted,
        "the run was stopped, the API was unavailable, or no wave has them",
    ),
    (
        Outcome::Blocked,
        "not started, because something that they need is missing",
    ),
    (Outcome::Stale, "changed since the plan was made; skipped"),
    (
        Outcome::Unknown,
        "sent, and its effect is not known or not recorded",
    ),
    (Outcome::Failed, "did not succeed"),
];

/// The next step after a rotation with failures.
const FIX_AND_RESUME: &str = "Fix the failures, then continue with `airlift rotate --resume`; rotated connectors are \
    not rotated again.";
/// The next step after a rotation whose remaining connectors are blocked.
const UNBLOCK_AND_RESUME: &str = "Resolve the blocks, then continue with `airlift rotate --resume`; rotated connectors are \
    not rotated again.";
/// The next step after a rotation that was stopped.
const RESUME: &str =
    "Continue with `airlift rotate --resume`; rotated connectors are not rotated again.";

/// The view of an apply or a rotation.
#[derive(Debug)]
pub(crate) struct ReportView {
    pub(crate) warnings: Vec<WarningView>,
    pub(crate) problems: Vec<OutcomeView>,
    pub(crate) waves: Vec<WaveView>,
    /// Connectors that were replaced or rotated, with their old and new ids.
    pub(crate) new_ids: Vec<NewId>,
    /// The next steps, one sentence each.
    pub(crate) advice: Vec<&'static str>,
    /// The verdict, then the counts.
    pub(crate) summary: Vec<Phrase>,
}

/// A connector that was replaced or rotated.
#[derive(Debug)]
pub(crate) struct NewId {
    pub(crate) address: Safe,
    /// The old id, if it is known.
    pub(crate) before: Option<Safe>,
    pub(crate) now: Safe,
}

/// Warnings of one code about operations that succeeded.
#[derive(Debug)]
pub(crate) struct WarningView {
    /// The code that `airlift explain` knows.
    pub(crate) code: Safe,
    /// Each address with its warning.
    pub(crate) rows: Vec<(Safe, Safe)>,
}

/// Operations with the same outcome.
#[derive(Debug)]
pub(crate) struct OutcomeView {
    pub(crate) title: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) operations: Vec<OperationView>,
    pub(crate) listing: Listing,
}

/// One operation that did not succeed.
#[derive(Debug)]
pub(crate) struct OperationView {
    /// The label of the action, which has the symbol.
    pub(crate) label: Label,
    pub(crate) address: Safe,
    /// Why the operation did not succeed.
    pub(crate) message: Option<Safe>,
    /// The message without what differs between operations that failed alike.
    pub(crate) cause: String,
    /// The code that `airlift explain` knows, unless the message is that of the API or the ledger.
    pub(crate) code: Option<Safe>,
}

/// One wave of a rotation or of an apply.
#[derive(Debug)]
pub(crate) struct WaveView {
    pub(crate) title: Safe,
    pub(crate) progress: Safe,
    /// The connectors that did not pass the gate, and why.
    pub(crate) unhealthy: Vec<(Safe, Safe)>,
}

impl ReportView {
    pub(crate) fn new(report: &ApplyReport) -> Self {
        Self {
            warnings: warnings(report),
            problems: problems(report),
            waves: report
                .waves
                .iter()
                .filter(|wave| wave.connectors > 0 || wave.customers.is_some())
                .map(WaveView::new)
                .collect(),
            new_ids: new_ids(report),
            advice: advice(report),
            summary: summary(report),
        }
    }
}

impl WaveView {
    fn new(wave: &WaveReport) -> Self {
        let connectors = counted(wave.connectors, "connector");
        let (number, of, done) = (wave.number, wave.of, wave.done);
        let Some(customers) = wave.customers else {
            return Self {
                title: Safe::new(format_args!("Wave {number} of {of}")),
                progress: Safe::new(format_args!("{connectors}, {done} rotated")),
                unhealthy: Vec::new(),
            };
        };
        let name = wave.wave.as_deref().unwrap_or_default();
        let customers = counted(customers, "customer");
        let gate = wave.gate.as_ref().map(gate).unwrap_or_default();
        Self {
            title: Safe::new(format_args!("Wave {number} of {of} ({name})")),
            progress: Safe::new(format_args!(
                "{customers}, {done} of {connectors} written{gate}"
            )),
            unhealthy: wave.gate.as_ref().map(unhealthy).unwrap_or_default(),
        }
    }
}

/// What the gate after a wave says.
fn gate(gate: &GateReport) -> String {
    let healthy = gate.checked - gate.unhealthy.len();
    format!("; gate: {healthy} of {} healthy", gate.checked)
}

fn unhealthy(gate: &GateReport) -> Vec<(Safe, Safe)> {
    let connectors = gate.unhealthy.iter();
    let row = |connector: &UnhealthyConnector| {
        let address = Address::connector(&connector.customer, &connector.connector);
        (Safe::address(&address), Safe::new(&connector.reason))
    };
    connectors.map(row).collect()
}

impl OperationView {
    fn new(operation: &OperationReport) -> Self {
        let problem = operation.problem.as_ref();
        let label = Label::from_action(operation.action);
        Self::with_problem(label, Safe::address(&operation.address), problem)
    }

    fn from_oauth_app(app: &OauthAppReport) -> Self {
        let label = super::oauth_apps::label(app.action);
        let address = super::oauth_apps::name(&app.kind);
        Self::with_problem(label, address, app.problem.as_ref())
    }

    fn with_problem(label: Label, address: Safe, problem: Option<&StepProblem>) -> Self {
        let message = problem.map(wording::problem);
        Self {
            label,
            address,
            cause: message.as_deref().map(wording::cause).unwrap_or_default(),
            message: message.map(Safe::new),
            code: problem.and_then(code),
        }
    }
}

fn new_ids(report: &ApplyReport) -> Vec<NewId> {
    report
        .operations
        .iter()
        .filter(|operation| matches!(operation.action, Action::Replace | Action::Rotate))
        .filter_map(|operation| {
            Some(NewId {
                address: Safe::address(&operation.address),
                before: operation.previous_id.as_ref().map(Safe::new),
                now: Safe::new(operation.remote_id.as_ref()?),
            })
        })
        .collect()
}

/// The warnings, grouped by code.
fn warnings(report: &ApplyReport) -> Vec<WarningView> {
    let mut by_code: BTreeMap<String, Vec<(Safe, Safe)>> = BTreeMap::new();
    for operation in &report.operations {
        for warning in &operation.warnings {
            let address = Safe::address(&operation.address);
            let rows = by_code.entry(labels::code(warning)).or_default();
            rows.push((address, Safe::new(wording::warning(warning))));
        }
    }
    by_code
        .into_iter()
        .map(|(code, rows)| WarningView {
            code: Safe::new(code),
            rows,
        })
        .collect()
}

impl WarningView {
    /// The text that all warnings of this code have in common.
    pub(crate) fn common_text(&self) -> Option<&Safe> {
        let (_, first) = self.rows.first()?;
        let is_common = self.rows.iter().all(|(_, text)| text == first);
        is_common.then_some(first)
    }
}

fn code(problem: &StepProblem) -> Option<Safe> {
    match problem {
        StepProblem::Request { .. } | StepProblem::Ledger { .. } => None,
        problem => Some(Safe::new(labels::code(problem))),
    }
}

fn problems(report: &ApplyReport) -> Vec<OutcomeView> {
    let apps = |outcome| {
        let apps = report.oauth_apps.iter();
        apps.filter(move |app| app.outcome == outcome)
            .map(OperationView::from_oauth_app)
    };
    MEANINGS
        .into_iter()
        .map(|(outcome, meaning)| OutcomeView {
            title: labels::title(outcome),
            meaning,
            operations: report
                .operations
                .iter()
                .filter(|operation| operation.outcome == outcome)
                .map(OperationView::new)
                .chain(apps(outcome))
                .collect(),
            listing: listing(outcome),
        })
        .filter(|view| !view.operations.is_empty())
        .collect()
}

/// Operations with these outcomes have different causes.
fn listing(outcome: Outcome) -> Listing {
    if matches!(
        outcome,
        Outcome::Failed | Outcome::Unknown | Outcome::Blocked
    ) {
        Listing::FirstOfEachCause
    } else {
        Listing::First
    }
}

fn advice(report: &ApplyReport) -> Vec<&'static str> {
    let counts = report.unsuccessful();
    let is_rotation = report.waves.iter().any(|wave| wave.customers.is_none());
    if !is_rotation {
        advice_after_apply(report, counts)
    } else if report.is_complete() {
        Vec::new()
    } else if counts.failed > 0 {
        vec![FIX_AND_RESUME]
    } else if report.unplanned() + counts.blocked > 0 && !report.interrupted {
        vec![UNBLOCK_AND_RESUME]
    } else {
        vec![RESUME]
    }
}

fn lacks_wave(report: &ApplyReport) -> bool {
    let mut operations = report.operations.iter();
    operations.any(|operation| operation.problem == Some(StepProblem::NoWave))
}

fn advice_after_apply(report: &ApplyReport, counts: UnsuccessfulCounts) -> Vec<&'static str> {
    [
        (
            counts.failed > 0,
            "Fix the failures and apply again; finished changes are not repeated.",
        ),
        (
            counts.unknown > 0,
            "Apply again: the next run first checks what took effect, and repeats nothing.",
        ),
        (counts.stale > 0, "Plan again and review what changed."),
        (
            report.interrupted,
            "The run was stopped; apply again to continue.",
        ),
        (
            report.has_unhealthy(),
            "Repair the credentials of the connectors that did not pass the gate, then apply again.",
        ),
        (
            lacks_wave(report),
            "Apply again with a last wave of 100% for the customers that no wave selects.",
        ),
        (
            counts.not_attempted > 0 && !report.interrupted && !lacks_wave(report),
            "Apply again for the operations that were not attempted.",
        ),
        (
            report.unplanned() + counts.blocked > 0
                && counts.failed + counts.unknown + counts.stale == 0,
            "Resolve the blocks, then apply again.",
        ),
    ]
    .into_iter()
    .filter_map(|(applies, sentence)| applies.then_some(sentence))
    .collect()
}

fn summary(report: &ApplyReport) -> Vec<Phrase> {
    let counts = report.counts();
    let verdict = if report.is_complete() {
        Phrase::new(Label::Good, "Apply complete!")
    } else {
        Phrase::new(Label::Error, "Apply incomplete!")
    };
    let resources = format!(
        " Resources: {} added, {} changed, {} destroyed.",
        counts.added, counts.changed, counts.destroyed
    );
    let mut sentences = vec![verdict.label(Label::Strong, Safe::new(resources))];
    sentences.extend((counts.adopted > 0).then(|| count("Adopted", counts.adopted)));
    let apps = report.oauth_apps.iter();
    let apps = apps.filter(|app| app.outcome == Outcome::Succeeded).count() as u64;
    sentences.extend((apps > 0).then(|| count("OAuth apps changed", apps)));
    let done = u64::try_from(report.already_done.len()).unwrap_or(u64::MAX);
    sentences.extend((done > 0).then(|| count("Already done", done)));
    if !report.is_complete() {
        sentences.extend(not_done(report));
    }
    sentences
}

fn not_done(report: &ApplyReport) -> impl Iterator<Item = Phrase> {
    let UnsuccessfulCounts {
        failed,
        blocked,
        stale,
        unknown,
        not_attempted,
    } = report.unsuccessful();
    let blocked = report.unplanned() + blocked;
    let stale = (stale > 0).then_some(("Stale", stale));
    [("Failed", failed), ("Blocked", blocked)]
        .into_iter()
        .chain(stale)
        .chain([("Unknown", unknown), ("Not attempted", not_attempted)])
        .map(|(what, number)| count(what, number))
}

fn count(what: &str, number: u64) -> Phrase {
    Phrase::plain(Safe::new(format_args!("{what}: {number}.")))
}
