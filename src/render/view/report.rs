//! Responsible for a report as a reader sees it: warnings, what did not succeed and why, what to
//! do next, and the counts.

use super::{Listing, Phrase};
use crate::apply::{ApplyReport, OperationReport, Outcome, UnsuccessfulCounts, WaveReport};
use crate::render::labels::{self, counted};
use crate::render::{Label, Safe, wording};

/// Outcomes other than success with their meanings, the most urgent last, next to the counts.
const TROUBLE: [(Outcome, &str); 5] = [
    (
        Outcome::NotAttempted,
        "the run ended first, or the service was down",
    ),
    (Outcome::Blocked, "something before them did not succeed"),
    (
        Outcome::Stale,
        "what is there is not what the plan saw; nothing was done",
    ),
    (
        Outcome::Unknown,
        "sent, and no answer tells whether it took effect",
    ),
    (Outcome::Failed, "did not succeed"),
];

/// What to do about an unfinished rotation.
const RESUME: &str = "Mend what failed, then go on with `airlift rotate --resume`; what is rotated \
                      is not rotated again.";

/// A report.
#[derive(Debug)]
pub(crate) struct ReportView {
    pub(crate) warnings: Vec<WarningView>,
    pub(crate) trouble: Vec<TroubleView>,
    pub(crate) waves: Vec<WaveView>,
    /// What to do next, a sentence for each kind of trouble.
    pub(crate) advice: Vec<&'static str>,
    /// The verdict, then the counts.
    pub(crate) summary: Vec<Phrase>,
}

/// What a person should know of an operation that succeeded.
#[derive(Debug)]
pub(crate) struct WarningView {
    pub(crate) address: Safe,
    pub(crate) text: Safe,
}

/// Operations with the same outcome.
#[derive(Debug)]
pub(crate) struct TroubleView {
    pub(crate) title: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) operations: Vec<OperationView>,
    pub(crate) listing: Listing,
}

/// One operation that did not succeed.
#[derive(Debug)]
pub(crate) struct OperationView {
    /// The label of its action, which has the symbol.
    pub(crate) label: Label,
    pub(crate) address: Safe,
    /// Why it did not succeed.
    pub(crate) message: Option<Safe>,
}

/// One wave of a rotation.
#[derive(Debug)]
pub(crate) struct WaveView {
    pub(crate) title: Safe,
    pub(crate) progress: Safe,
}

impl ReportView {
    pub(crate) fn new(report: &ApplyReport) -> Self {
        Self {
            warnings: report.operations.iter().flat_map(warnings).collect(),
            trouble: trouble(report),
            waves: report.waves.iter().map(WaveView::new).collect(),
            advice: advice(report),
            summary: summary(report),
        }
    }
}

impl WaveView {
    fn new(wave: &WaveReport) -> Self {
        let connectors = counted(wave.connectors, "connector");
        Self {
            title: Safe::new(format_args!("Wave {} of {}", wave.number, wave.of)),
            progress: Safe::new(format_args!("{connectors}, {} rotated", wave.done)),
        }
    }
}

impl OperationView {
    fn new(operation: &OperationReport) -> Self {
        Self {
            label: Label::of(operation.action),
            address: Safe::new(&operation.address),
            message: operation
                .problem
                .as_ref()
                .map(|problem| Safe::new(wording::problem(problem))),
        }
    }
}

fn warnings(operation: &OperationReport) -> impl Iterator<Item = WarningView> {
    operation.warnings.iter().map(|warning| WarningView {
        address: Safe::new(&operation.address),
        text: Safe::new(wording::warning(warning)),
    })
}

fn trouble(report: &ApplyReport) -> Vec<TroubleView> {
    let mut trouble: Vec<TroubleView> = TROUBLE
        .into_iter()
        .map(|(outcome, meaning)| TroubleView {
            title: labels::title(outcome),
            meaning,
            operations: report
                .operations
                .iter()
                .filter(|operation| operation.outcome == outcome)
                .map(OperationView::new)
                .collect(),
            listing: listing(outcome),
        })
        .collect();
    trouble.retain(|trouble| !trouble.operations.is_empty());
    trouble
}

/// Failures differ in their messages; other outcomes have the same cause for all.
fn listing(outcome: Outcome) -> Listing {
    if matches!(outcome, Outcome::Failed | Outcome::Unknown) {
        Listing::All
    } else {
        Listing::First
    }
}

fn advice(report: &ApplyReport) -> Vec<&'static str> {
    if report.waves.is_empty() {
        return advice_on(report, report.unsuccessful());
    }
    if report.is_complete() {
        Vec::new()
    } else {
        vec![RESUME]
    }
}

fn advice_on(report: &ApplyReport, unsuccessful: UnsuccessfulCounts) -> Vec<&'static str> {
    [
        (
            unsuccessful.failed > 0,
            "Mend what failed, then apply again; what is done is not repeated.",
        ),
        (
            unsuccessful.unknown > 0,
            "The next run looks first: what took effect is not done twice.",
        ),
        (
            unsuccessful.stale > 0,
            "Plan again and review: something changed in between.",
        ),
        (
            report.interrupted,
            "The run was stopped; apply again to go on where it ended.",
        ),
        (
            unsuccessful.not_attempted > 0 && !report.interrupted,
            "Apply again for what was not attempted.",
        ),
        (
            report.unplanned + unsuccessful.blocked > 0
                && unsuccessful.failed + unsuccessful.unknown + unsuccessful.stale == 0,
            "Resolve what blocks them, then apply again.",
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
    let not_planned = (report.unplanned > 0).then_some(("Not planned", report.unplanned));
    let stale = (stale > 0).then_some(("Stale", stale));
    not_planned
        .into_iter()
        .chain([("Failed", failed), ("Blocked", blocked)])
        .chain(stale)
        .chain([("Unknown", unknown), ("Not attempted", not_attempted)])
        .map(|(what, number)| count(what, number))
}

fn count(what: &str, number: u64) -> Phrase {
    Phrase::plain(Safe::new(format_args!("{what}: {number}.")))
}
