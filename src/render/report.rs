//! How an apply went, as text: warnings, what did not succeed and why, what to do next, and last
//! the counts.

use super::line::{Line, Out};
use super::sanitize::Safe;
use super::style::Label;
use super::words;
use crate::apply::{ApplyReport, OperationReport, Outcome, Tally, WaveReport};
use std::io;

/// Operations listed before the rest is counted, where the reason is the same for all.
const LISTED: usize = 5;

/// What did not succeed, the most urgent last, next to the counts.
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

/// Writes a report; `all` lists what is otherwise counted.
pub fn report(out: &mut Out<'_>, report: &ApplyReport, all: bool) -> io::Result<()> {
    warnings(out, report)?;
    for (outcome, meaning) in TROUBLE {
        trouble(out, report, outcome, meaning, all)?;
    }
    waves(out, &report.waves)?;
    next(out, report)?;
    out.sentences(0, &summary(report))?;
    out.flush()
}

fn warnings(out: &mut Out<'_>, report: &ApplyReport) -> io::Result<()> {
    let mut any = false;
    for operation in &report.operations {
        for warning in &operation.warnings {
            let line = Line::at(0).hang(2).label(Label::Warning, "warning: ");
            let line = line.label(Label::Strong, Safe::new(&operation.address));
            out.line(&line.text(": ").text(Safe::new(warning)))?;
            any = true;
        }
    }
    if any { out.blank() } else { Ok(()) }
}

fn trouble(
    out: &mut Out<'_>,
    report: &ApplyReport,
    outcome: Outcome,
    meaning: &'static str,
    all: bool,
) -> io::Result<()> {
    let concerned = report
        .operations
        .iter()
        .filter(|one| one.outcome == outcome);
    let concerned: Vec<_> = concerned.collect();
    if concerned.is_empty() {
        return Ok(());
    }
    let title = format!("{} ({})", words::title(outcome), concerned.len());
    let line = Line::at(0).hang(2).label(Label::Error, Safe::new(title));
    out.line(&line.text(": ").text(meaning))?;
    let listed = all || matches!(outcome, Outcome::Failed | Outcome::Unknown);
    let shown = if listed {
        concerned.len()
    } else {
        concerned.len().min(LISTED)
    };
    concerned[..shown]
        .iter()
        .try_for_each(|one| operation(out, one))?;
    if shown < concerned.len() {
        let more = format!("and {} more; -v lists all", concerned.len() - shown);
        out.line(&Line::at(2).label(Label::Faint, Safe::new(more)))?;
    }
    out.blank()
}

fn operation(out: &mut Out<'_>, operation: &OperationReport) -> io::Result<()> {
    let label = Label::of(operation.action);
    let mut line = Line::at(2)
        .hang(6)
        .label(label, label.symbol())
        .text(" ")
        .label(Label::Strong, Safe::new(&operation.address));
    if let Some(message) = &operation.message {
        line = line.text(": ").text(Safe::new(message));
    }
    out.line(&line)
}

fn waves(out: &mut Out<'_>, waves: &[WaveReport]) -> io::Result<()> {
    for wave in waves {
        let title = format!("Wave {} of {}", wave.number, wave.of);
        let connectors = words::counted(wave.connectors, "connector");
        let text = format!(": {connectors}, {} rotated", wave.done);
        let line = Line::at(0).hang(2).label(Label::Strong, Safe::new(title));
        out.line(&line.text(Safe::new(text)))?;
    }
    if waves.is_empty() {
        Ok(())
    } else {
        out.blank()
    }
}

/// What to do about an unfinished rotation.
const GO_ON: &str = "Mend what failed, then go on with `airlift rotate --resume`; what is rotated \
                     is not rotated again.";

/// What to do about it, one sentence for each kind of trouble.
fn next(out: &mut Out<'_>, report: &ApplyReport) -> io::Result<()> {
    let tally = report.tally();
    if !report.waves.is_empty() {
        if report.is_complete() {
            return Ok(());
        }
        let line = Line::at(0).hang(6).label(Label::Strong, "Next: ");
        out.line(&line.text(GO_ON))?;
        return out.blank();
    }
    let advice = [
        (
            tally.failed > 0,
            "Mend what failed, then apply again; what is done is not repeated.",
        ),
        (
            tally.unknown > 0,
            "The next run looks first: what took effect is not done twice.",
        ),
        (
            tally.stale > 0,
            "Plan again and review: something changed in between.",
        ),
        (
            report.interrupted,
            "The run was stopped; apply again to go on where it ended.",
        ),
        (
            tally.not_attempted > 0 && !report.interrupted,
            "Apply again for what was not attempted.",
        ),
        (
            report.unplanned + tally.blocked > 0 && tally.failed + tally.unknown + tally.stale == 0,
            "Resolve what blocks them, then apply again.",
        ),
    ];
    let mut lead = "Next: ";
    for (_, sentence) in advice.into_iter().filter(|(applies, _)| *applies) {
        let line = Line::at(0).hang(6).label(Label::Strong, lead);
        out.line(&line.text(sentence))?;
        lead = "      ";
    }
    if lead == "Next: " {
        Ok(())
    } else {
        out.blank()
    }
}

fn summary(report: &ApplyReport) -> Vec<Line> {
    let counts = report.counts();
    let (verdict, label) = if report.is_complete() {
        ("Apply complete!", Label::Good)
    } else {
        ("Apply incomplete!", Label::Error)
    };
    let resources = format!(
        " Resources: {} added, {} changed, {} destroyed.",
        counts.added, counts.changed, counts.destroyed
    );
    let first = Line::default().label(label, verdict);
    let mut sentences = vec![first.label(Label::Strong, Safe::new(resources))];
    let mut say = |what: &str, count: u64| {
        let text = Safe::new(format_args!("{what}: {count}."));
        sentences.push(Line::default().text(text));
    };
    if counts.adopted > 0 {
        say("Adopted", counts.adopted);
    }
    if !report.is_complete() {
        let Tally {
            failed,
            blocked,
            stale,
            unknown,
            not_attempted,
        } = report.tally();
        if report.unplanned > 0 {
            say("Not planned", report.unplanned);
        }
        say("Failed", failed);
        say("Blocked", blocked);
        if stale > 0 {
            say("Stale", stale);
        }
        say("Unknown", unknown);
        say("Not attempted", not_attempted);
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::super::line::Out;
    use super::super::sample::{self, golden};
    use crate::apply::ApplyReport;

    fn shown(report: &ApplyReport) -> String {
        let mut bytes = Vec::new();
        super::report(&mut Out::new(&mut bytes, 80, false), report, false).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn success_ends_with_the_counts() {
        golden("report-success.txt", &shown(&sample::done()));
        let none = ApplyReport::default();
        let expected = "Apply complete! Resources: 0 added, 0 changed, 0 destroyed.\n";
        assert_eq!(shown(&none), expected);
    }

    #[test]
    fn a_partial_failure_says_what_why_and_what_next() {
        golden("report-partial.txt", &shown(&sample::partial()));
    }
}
