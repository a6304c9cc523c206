//! A drift as text: the counts first, then what changed, customer by customer.

use super::fields;
use super::line::{Line, Out};
use super::plan::{list, safe, sentence};
use super::sanitize::Safe;
use super::style::Label;
use super::words::{self, counted};
use crate::plan::{Action, Drift, DriftKind, Drifted, DriftedCustomer};
use std::io;

/// Writes a drift; `all` lists what is otherwise counted.
pub fn drift(out: &mut Out<'_>, drift: &Drift, all: bool) -> io::Result<()> {
    out.sentences(0, &summary(drift))?;
    for one in &drift.customers {
        out.blank()?;
        customer(out, one)?;
    }
    if !drift.unmanaged.is_empty() {
        unmanaged(out, drift, all)?;
    }
    out.flush()
}

fn unmanaged(out: &mut Out<'_>, drift: &Drift, all: bool) -> io::Result<()> {
    let count = counted(drift.unmanaged.len(), "customer");
    let title = Line::default()
        .label(Label::Strong, "Unmanaged")
        .text(Safe::new(format_args!(" ({count}): ")))
        .text("not ours, never touched");
    if all {
        list(out, &title, &safe(&drift.unmanaged), all)
    } else {
        list(out, &title.text("; -v names them"), &[], all)
    }
}

fn customer(out: &mut Out<'_>, one: &DriftedCustomer) -> io::Result<()> {
    let id = Safe::new(format_args!("  workspace {}", one.workspace_id));
    let line = Line::at(0)
        .hang(2)
        .label(Label::Strong, Safe::new(&one.name));
    out.line(&line.label(Label::Faint, id))?;
    one.changes.iter().try_for_each(|one| change(out, one))
}

fn change(out: &mut Out<'_>, one: &Drifted) -> io::Result<()> {
    let label = label(one.kind);
    let kind = words::drifted(one.subject);
    let mut line = Line::at(2)
        .hang(6)
        .label(label, label.symbol())
        .pad_to(4)
        .label(Label::Strong, Safe::new(&one.address))
        .text(Safe::new(format_args!(" ({kind}): ")))
        .text(words::drift(one.kind));
    if one.kind == DriftKind::Appeared {
        let id = one.subject.id();
        line.push(Label::Faint, Safe::new(format_args!("  {id}")));
    }
    out.line(&line)?;
    fields::write(out, &one.fields, Action::Update)
}

fn label(kind: DriftKind) -> Label {
    match kind {
        DriftKind::Gone => Label::Delete,
        DriftKind::RenamedRemotely => Label::Rename,
        DriftKind::ChangedRemotely => Label::Update,
        DriftKind::Appeared => Label::Create,
    }
}

fn summary(drift: &Drift) -> Vec<Line> {
    let s = &drift.summary;
    let count = |number: u64, noun| counted(usize::try_from(number).unwrap_or(usize::MAX), noun);
    let mut sentences = if drift.is_any() {
        let text = format!(
            "Drift: {}, {} changed out of band.",
            count(s.customers, "customer"),
            count(s.connectors, "connector")
        );
        vec![Line::default().label(Label::Strong, Safe::new(text))]
    } else {
        vec![Line::default().label(Label::Good, "No drift.")]
    };
    let compared = match s.compared {
        0 => "The ledger knows no customer yet.".to_owned(),
        1 if !drift.is_any() => "1 customer is as last applied.".to_owned(),
        n if !drift.is_any() => format!("{n} customers are as last applied."),
        n => format!("Compared: {}.", count(n, "customer")),
    };
    sentences.push(sentence(compared));
    if drift.partial {
        sentences.push(sentence("Partial: the rest was left out.".to_owned()));
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::super::line::Out;
    use super::super::sample::{self, golden};

    #[test]
    fn a_rich_drift_at_80_and_120_columns() {
        for width in [80, 120] {
            let mut bytes = Vec::new();
            let drift = sample::drift();
            super::drift(&mut Out::new(&mut bytes, width, false), &drift, false).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            let widest = text.lines().map(textwrap::core::display_width).max();
            assert!(widest.unwrap() <= width);
            assert!(text.starts_with("Drift: 2 customers, 4 connectors changed out of band."));
            golden(&format!("drift-{width}.txt"), &text);
        }
    }
}
