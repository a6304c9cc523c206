//! Responsible for a report as text: warnings, operations that did not succeed, next steps, and last
//! the counts.

use super::{sentences, shown, write_rest};
use crate::apply::ApplyReport;
use crate::render::view::report::{OperationView, OutcomeView, ReportView, WarningView, WaveView};
use crate::render::{Label, Line, Out, Safe, Verbosity};
use std::io;

/// Writes a report.
pub fn report(out: &mut Out<'_>, report: &ApplyReport, verbosity: Verbosity) -> io::Result<()> {
    let view = ReportView::new(report);
    write_warnings(out, &view.warnings)?;
    for outcome in &view.problems {
        write_outcome(out, outcome, verbosity)?;
    }
    write_waves(out, &view.waves)?;
    write_advice(out, &view.advice)?;
    sentences(out, &view.summary)?;
    out.flush()
}

fn write_warnings(out: &mut Out<'_>, warnings: &[WarningView]) -> io::Result<()> {
    for warning in warnings {
        let title = Safe::new(format_args!("warning[{}]", warning.code));
        let line = Line::at(0)
            .hang(2)
            .label(Label::Warning, title)
            .text(": ")
            .label(Label::Strong, warning.address.clone())
            .text(": ")
            .text(warning.text.clone());
        out.line(&line)?;
    }
    if warnings.is_empty() {
        Ok(())
    } else {
        out.blank()
    }
}

fn write_outcome(out: &mut Out<'_>, outcome: &OutcomeView, verbosity: Verbosity) -> io::Result<()> {
    let count = outcome.operations.len();
    let title = Safe::new(format_args!("{} ({count})", outcome.title));
    let line = Line::at(0).hang(2).label(Label::Error, title);
    out.line(&line.text(": ").text(outcome.meaning))?;
    let shown = shown(outcome.listing, count, verbosity);
    outcome.operations[..shown]
        .iter()
        .try_for_each(|operation| write_operation(out, operation))?;
    write_rest(out, count - shown)?;
    out.blank()
}

fn write_operation(out: &mut Out<'_>, operation: &OperationView) -> io::Result<()> {
    let mut line = Line::at(2)
        .hang(6)
        .label(operation.label, operation.label.symbol())
        .text(" ")
        .label(Label::Strong, operation.address.clone());
    if let Some(message) = &operation.message {
        line = line.text(": ").text(message.clone());
    }
    if let Some(code) = &operation.code {
        line.push(Label::Faint, Safe::new(format_args!(" [{code}]")));
    }
    out.line(&line)
}

fn write_waves(out: &mut Out<'_>, waves: &[WaveView]) -> io::Result<()> {
    for wave in waves {
        let line = Line::at(0).hang(2).label(Label::Strong, wave.title.clone());
        out.line(&line.text(": ").text(wave.progress.clone()))?;
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
    use crate::apply::ApplyReport;
    use crate::render::sample::{self, golden};
    use crate::render::{Color, Out, Verbosity};

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
    fn report_of_a_partial_failure_names_causes_and_next_steps() {
        golden("report-partial.txt", &shown(&sample::partial()));
    }
}
