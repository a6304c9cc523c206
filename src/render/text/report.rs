//! Responsible for a report as text: warnings, operations that did not succeed, next steps, and last
//! the counts.

use super::{by_cause, sentences, shown, write_rest};
use crate::apply::ApplyReport;
use crate::render::labels::counted;
use crate::render::view::Listing;
use crate::render::view::report::{
    NewId, OperationView, OutcomeView, ReportView, WarningView, WaveView,
};
use crate::render::{Label, Line, Out, Safe, Verbosity};
use std::io;

/// The unhealthy connectors of a wave that the text names.
const UNHEALTHY: usize = 20;

/// Writes a report.
pub fn report(out: &mut Out<'_>, report: &ApplyReport, verbosity: Verbosity) -> io::Result<()> {
    let view = ReportView::new(report);
    write_warnings(out, &view.warnings, verbosity)?;
    for outcome in &view.problems {
        write_outcome(out, outcome, verbosity)?;
    }
    write_waves(out, &view.waves)?;
    write_new_ids(out, &view.new_ids, verbosity)?;
    write_advice(out, &view.advice)?;
    sentences(out, &view.summary)?;
    out.flush()
}

fn write_warnings(
    out: &mut Out<'_>,
    warnings: &[WarningView],
    verbosity: Verbosity,
) -> io::Result<()> {
    for warning in warnings {
        match warning.rows.as_slice() {
            [(address, text)] => {
                let line = warning_line(warning).label(Label::Strong, address.clone());
                out.line(&line.text(": ").text(text.clone()))?;
            }
            rows => write_similar(out, warning, rows, verbosity)?,
        }
    }
    if warnings.is_empty() {
        Ok(())
    } else {
        out.blank()
    }
}

fn warning_line(warning: &WarningView) -> Line {
    let title = Safe::new(format_args!("warning[{}]", warning.code));
    let line = Line::at(0).hang(2).label(Label::Warning, title);
    line.text(": ")
}

/// Writes several warnings of one code: a text that they share once, then the first few.
fn write_similar(
    out: &mut Out<'_>,
    warning: &WarningView,
    rows: &[(Safe, Safe)],
    verbosity: Verbosity,
) -> io::Result<()> {
    let common = warning.common_text();
    let count = Safe::new(counted(rows.len(), "object"));
    let line = warning_line(warning).text(count);
    out.line(&match common {
        Some(text) => line.text(": ").text(text.clone()),
        None => line,
    })?;
    let shown = shown(Listing::First, rows.len(), verbosity);
    for (address, text) in &rows[..shown] {
        let line = Line::at(2).hang(4).label(Label::Strong, address.clone());
        out.line(&match common {
            Some(_) => line,
            None => line.text(": ").text(text.clone()),
        })?;
    }
    write_rest(out, rows.len() - shown)
}

fn write_outcome(out: &mut Out<'_>, outcome: &OutcomeView, verbosity: Verbosity) -> io::Result<()> {
    let count = outcome.operations.len();
    let title = Safe::new(format_args!("{} ({count})", outcome.title));
    let line = Line::at(0).hang(2).label(Label::Error, title);
    out.line(&line.text(": ").text(outcome.meaning))?;
    if outcome.listing == Listing::FirstOfEachCause {
        let operations = by_cause(&outcome.operations, |operation| &operation.cause);
        let mut parts = operations.chunk_by(|a, b| a.cause == b.cause);
        parts.try_for_each(|part| write_operations(out, part, verbosity))?;
    } else {
        let operations: Vec<&OperationView> = outcome.operations.iter().collect();
        write_operations(out, &operations, verbosity)?;
    }
    out.blank()
}

/// Writes the first few operations, and counts the rest.
fn write_operations(
    out: &mut Out<'_>,
    operations: &[&OperationView],
    verbosity: Verbosity,
) -> io::Result<()> {
    let shown = shown(Listing::First, operations.len(), verbosity);
    let common = common_reason(operations);
    if let Some(reason) = &common {
        let mut line = Line::at(2).hang(4);
        line.append(reason);
        out.line(&line)?;
    }
    for operation in &operations[..shown] {
        let mut line = Line::at(2)
            .hang(6)
            .label(operation.label, operation.label.symbol())
            .text(" ")
            .label(Label::Strong, operation.address.clone());
        if common.is_none() && operation.message.is_some() {
            line.push(Label::Plain, ": ");
            line.append(&reason(operation));
        }
        out.line(&line)?;
    }
    write_rest(out, operations.len() - shown)
}

/// The message of an operation, and its code.
fn reason(operation: &OperationView) -> Line {
    let mut line = Line::default();
    if let Some(message) = &operation.message {
        line.push(Label::Plain, message.clone());
    }
    if let Some(code) = &operation.code {
        line.push(Label::Faint, Safe::new(format_args!(" [{code}]")));
    }
    line
}

/// The reason that several operations share, which is written once.
fn common_reason(operations: &[&OperationView]) -> Option<Line> {
    let (first, rest) = operations.split_first()?;
    let is_common = !rest.is_empty()
        && first.message.is_some()
        && rest
            .iter()
            .all(|other| other.message == first.message && other.code == first.code);
    is_common.then(|| reason(first))
}

fn write_new_ids(out: &mut Out<'_>, new_ids: &[NewId], verbosity: Verbosity) -> io::Result<()> {
    if new_ids.is_empty() {
        return Ok(());
    }
    let title = Safe::new(format_args!("New ids ({})", new_ids.len()));
    let line = Line::at(0).hang(2).label(Label::Strong, title);
    out.line(&line.text(": programs that use the old ids need these"))?;
    let shown = shown(Listing::First, new_ids.len(), verbosity);
    for new_id in &new_ids[..shown] {
        let line = Line::at(2)
            .hang(4)
            .label(Label::Strong, new_id.address.clone());
        out.line(&line)?;
        let mut line = Line::at(4).hang(6);
        if let Some(before) = &new_id.before {
            line = line.label(Label::Faint, before.clone()).text(" -> ");
        }
        out.line(&line.text(new_id.now.clone()))?;
    }
    write_rest(out, new_ids.len() - shown)?;
    out.blank()
}

fn write_waves(out: &mut Out<'_>, waves: &[WaveView]) -> io::Result<()> {
    for wave in waves {
        let line = Line::at(0).hang(2).label(Label::Strong, wave.title.clone());
        out.line(&line.text(": ").text(wave.progress.clone()))?;
        for (address, reason) in wave.unhealthy.iter().take(UNHEALTHY) {
            let line = Line::at(2).hang(2).label(Label::Error, address.clone());
            out.line(&line.text(": ").text(reason.clone()))?;
        }
        let more = wave.unhealthy.len().saturating_sub(UNHEALTHY);
        if more > 0 {
            let text = Safe::new(format_args!("and {more} more; --format json lists them"));
            out.line(&Line::at(2).hang(2).text(text))?;
        }
    }
    if waves.is_empty() {
        Ok(())
    } else {
        out.blank()
    }
}

fn write_advice(out: &mut Out<'_>, advice: &[&'static str]) -> io::Result<()> {
    for (index, sentence) in advice.iter().enumerate() {
        let lead = if index == 0 { "Next: " } else { "      " };
        let line = Line::at(0).hang(6).label(Label::Strong, lead);
        out.line(&line.text(*sentence))?;
    }
    if advice.is_empty() {
        Ok(())
    } else {
        out.blank()
    }
}

#[cfg(test)]
mod tests {
    use crate::apply::{ApplyReport, CheckEnd, OperationReport, Outcome, StepProblem, StepWarning};
    use crate::plan::Action;
    use crate::render::sample::{self, golden};
    use crate::render::{Color, Out, Verbosity};
    use uuid::Uuid;

    fn shown(report: &ApplyReport) -> String {
        let mut bytes = Vec::new();
        super::report(
            &mut Out::new(&mut bytes, 80, Color::Off),
            report,
            Verbosity::Normal,
        )
        .unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn report_of_a_success_ends_with_the_counts() {
        golden("report-success.txt", &shown(&sample::done()));
        let none = ApplyReport::default();
        let expected = "Apply complete! Resources: 0 added, 0 changed, 0 destroyed.\n";
        assert_eq!(shown(&none), expected);
    }

    #[test]
    fn report_with_many_equal_warnings_writes_their_text_once() {
        let many = (0..3_000).map(|n| OperationReport {
            warnings: vec![StepWarning::AdoptedInstead],
            ..operation(&format!("customer-{n}/GitHub"))
        });
        let report = ApplyReport {
            operations: many.collect(),
            ..ApplyReport::default()
        };
        let text = shown(&report);
        assert!(
            text.starts_with("warning[adopted_instead]: 3000 objects: the connector"),
            "{text}"
        );
        assert!(text.contains("\n  and 2995 more; -v lists all\n"), "{text}");
        assert!(text.lines().count() < 15, "{text}");
    }

    #[test]
    fn report_with_many_equal_failures_lists_the_first_of_each_cause() {
        let failed = |n: usize, error: &str| OperationReport {
            outcome: Outcome::Failed,
            problem: Some(StepProblem::Request {
                error: format!(
                    "create (0.{} s): {error} of {}",
                    n % 9,
                    Uuid::from_u128(n as u128)
                ),
            }),
            ..operation(&format!("customer-{n}/GitHub"))
        };
        let mut operations: Vec<_> = (0..3_000)
            .map(|n| failed(n, "not permitted (403)"))
            .collect();
        operations.push(failed(9_999, "too large (413)"));
        let report = ApplyReport {
            operations,
            ..ApplyReport::default()
        };
        let text = shown(&report);
        assert!(text.starts_with("Failed (3001)"), "{text}");
        assert!(text.contains("\n  and 2995 more; -v lists all\n"), "{text}");
        assert!(
            text.contains("customer-9999/GitHub: create (0.0 s): too large (413)"),
            "{text}"
        );
    }

    #[test]
    fn report_of_operations_with_one_reason_writes_it_once() {
        let left = (0..130).map(|n| OperationReport {
            outcome: Outcome::NotAttempted,
            problem: Some(StepProblem::RunEnded),
            ..operation(&format!("customer-{n}/GitHub"))
        });
        let report = ApplyReport {
            operations: left.collect(),
            ..ApplyReport::default()
        };
        let text = shown(&report);
        assert_eq!(text.matches("[run_ended]").count(), 1, "{text}");
        assert!(text.contains("\n  + customer-0/GitHub\n"), "{text}");
        assert!(text.contains("\n  and 125 more; -v lists all\n"), "{text}");
    }

    #[test]
    fn report_with_similar_warnings_lists_each_text() {
        let warned = |name: &str, end| OperationReport {
            warnings: vec![StepWarning::CheckWithoutVerdict { end }],
            ..operation(name)
        };
        let report = ApplyReport {
            operations: vec![
                warned("acme/GitHub", CheckEnd::Skipped),
                warned("acme/Slack", CheckEnd::TimedOut),
            ],
            ..ApplyReport::default()
        };
        let text = shown(&report);
        assert!(
            text.starts_with("warning[check_without_verdict]: 2 objects\n"),
            "{text}"
        );
        assert!(text.contains("\n  acme/Slack: the check"), "{text}");
    }

    fn operation(name: &str) -> OperationReport {
        OperationReport {
            address: name.parse().unwrap(),
            action: Action::Create,
            outcome: Outcome::Succeeded,
            remote_id: None,
            previous_id: None,
            problem: None,
            request: None,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn report_of_a_partial_failure_names_causes_and_next_steps() {
        golden("report-partial.txt", &shown(&sample::partial()));
    }
}
