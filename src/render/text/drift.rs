//! Responsible for a drift as text: the counts first, then the changes.

use super::{fields, sentences, write_group};
use crate::plan::Drift;
use crate::render::view::drift::{DriftView, DriftedCustomerView, DriftedView};
use crate::render::{Label, Line, Out, Safe, Verbosity};
use std::io;

/// Writes a drift.
pub fn drift(out: &mut Out<'_>, drift: &Drift, verbosity: Verbosity) -> io::Result<()> {
    let view = DriftView::new(drift);
    sentences(out, &view.summary)?;
    for customer in view.customers() {
        out.blank()?;
        write_customer(out, &customer)?;
    }
    for group in view.blocked.iter().chain(&view.unmanaged) {
        out.blank()?;
        write_group(out, group, verbosity)?;
    }
    out.flush()
}

fn write_customer(out: &mut Out<'_>, customer: &DriftedCustomerView<'_>) -> io::Result<()> {
    let id = Safe::new(format_args!("  workspace {}", customer.workspace));
    let line = Line::at(0)
        .hang(2)
        .label(Label::Strong, customer.name.clone());
    out.line(&line.label(Label::Faint, id))?;
    customer
        .changes
        .iter()
        .try_for_each(|change| write_change(out, change))
}

fn write_change(out: &mut Out<'_>, change: &DriftedView<'_>) -> io::Result<()> {
    let mut line = Line::at(2)
        .hang(6)
        .label(change.label, change.label.symbol())
        .pad_to(4)
        .label(Label::Strong, change.address.clone())
        .text(" (")
        .text(change.kind.clone())
        .text("): ")
        .text(change.change);
    if let Some(code) = &change.code {
        line.push(Label::Faint, Safe::new(format_args!(" [{code}]")));
    }
    if let Some(id) = &change.id {
        line.push(Label::Faint, Safe::new(format_args!("  {id}")));
    }
    out.line(&line)?;
    fields::write(out, &change.fields)
}

#[cfg(test)]
mod tests {
    use crate::render::sample::{self, golden};
    use crate::render::{Color, Out, Verbosity};

    #[test]
    fn drift_with_everything_matches_its_golden_files() {
        for width in [80, 120] {
            let mut bytes = Vec::new();
            let drift = sample::drift();
            super::drift(
                &mut Out::new(&mut bytes, width, Color::Off),
                &drift,
                Verbosity::Normal,
            )
            .unwrap();
            let text = String::from_utf8(bytes).unwrap();
            let widest = text.lines().map(textwrap::core::display_width).max();
            assert!(widest.unwrap() <= width);
            assert!(text.starts_with("Drift: 2 customers and 4 connectors changed out of band."));
            golden(&format!("drift-{width}.txt"), &text);
        }
    }
}
