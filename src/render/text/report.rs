//! Responsible for drawing a report as text: warnings, what did not succeed and why, what to do
//! next, and last the counts.

use super::{sentences, shown, write_rest};
use crate::apply::ApplyReport;
use crate::render::view::report::{OperationView, ReportView, TroubleView, WarningView, WaveView};
use crate::render::{Label, Line, Out, Safe};
use std::io;

/// Writes a report; `all` lists what is otherwise counted.
pub fn report(out: &mut Out<'_>, report: &ApplyReport, all: bool) -> io::Result<()> {
    let view = ReportView::new(report);
    write_warnings(out, &view.warnings)?;
    for trouble in &view.trouble {
        write_trouble(out, trouble, all)?;
    }
    write_waves(out, &view.waves)?;
    write_advice(out, &view.advice)?;
    sentences(out, &view.summary)?;
    out.flush()
}

fn write_warnings(out: &mut Out<'_>, warnings: &[WarningView]) -> io::Result<()> {
    for warning in warnings {
        let line = Line::at(0).hang(2).label(Label::Warning, "warning: ");
        let line = line.label(Label::Strong, warning.address.clone());
        out.line(&line.text(": ").text(warning.text.clone()))?;
    }
    if warnings.is_empty() {
        Ok(())
    } else {
        out.blank()
    }
}

fn write_trouble(out: &mut Out<'_>, trouble: &TroubleView, all: bool) -> io::Result<()> {
    let count = trouble.operations.len();
    let title = Safe::new(format_args!("{} ({count})", trouble.title));
    let line = Line::at(0).hang(2).label(Label::Error, title);
    out.line(&line.text(": ").text(trouble.meaning))?;
    let shown = shown(trouble.listing, count, all);
    trouble.operations[..shown]
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
    use crate::render::Out;
    use crate::render::sample::{self, golden};

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
