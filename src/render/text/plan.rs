//! Responsible for drawing a plan as text, for the person who approves it: what will be done to
//! whom and why, then what was left alone, then the counts.

use super::{fields, sentences, write_group};
use crate::plan::Plan;
use crate::render::terminal::style::Symbol;
use crate::render::view::plan::{CustomerView, PlanView};
use crate::render::view::step::StepView;
use crate::render::{Label, Line, Out, Safe};
use std::io;

/// Writes a plan; `all` lists what is otherwise counted.
pub fn plan(out: &mut Out<'_>, plan: &Plan, all: bool) -> io::Result<()> {
    let view = PlanView::new(plan);
    if !view.has_changes {
        sentences(out, &view.summary)?;
        write_left_alone(out, &view, all)?;
        return out.flush();
    }
    for (index, customer) in view.customers().enumerate() {
        if index > 0 {
            out.blank()?;
        }
        write_customer(out, &customer)?;
    }
    write_left_alone(out, &view, all)?;
    out.blank()?;
    write_legend(out, &view.legend)?;
    out.blank()?;
    sentences(out, &view.summary)?;
    out.flush()
}

fn write_left_alone(out: &mut Out<'_>, view: &PlanView<'_>, all: bool) -> io::Result<()> {
    view.left_alone
        .iter()
        .try_for_each(|group| write_group(out, group, all))
}

fn write_customer(out: &mut Out<'_>, customer: &CustomerView<'_>) -> io::Result<()> {
    let mut line = Line::at(0)
        .hang(2)
        .label(Label::Strong, customer.name.clone());
    if let Some(id) = &customer.workspace {
        line.push(Label::Faint, Safe::new(format_args!("  workspace {id}")));
    }
    if customer.protected {
        line.push(Label::Faint, "  protected");
    }
    out.line(&line)?;
    customer
        .steps
        .iter()
        .try_for_each(|step| write_step(out, step))
}

fn write_step(out: &mut Out<'_>, step: &StepView<'_>) -> io::Result<()> {
    let label = step.label;
    let column = if label == Label::Replace { 6 } else { 4 };
    let mut line = Line::at(2)
        .hang(6)
        .label(label, label.symbol())
        .pad_to(column)
        .label(Label::Strong, step.address.clone())
        .text(" (")
        .text(step.kind.clone())
        .text(")");
    for (index, reason) in step.reasons.iter().enumerate() {
        line.push(Label::Plain, if index == 0 { ": " } else { "; " });
        line.push(Label::Plain, *reason);
    }
    out.line(&line)?;
    if let Some(execution) = &step.execution {
        let line = Line::at(6).hang(8).label(label, "=> ");
        out.line(&line.label(label, execution.clone()))?;
    }
    fields::write(out, &step.fields)
}

/// Writes the symbols of this plan with their meanings.
fn write_legend(out: &mut Out<'_>, symbols: &[Symbol]) -> io::Result<()> {
    let mut entries = vec![Line::default().label(Label::Faint, "Symbols:")];
    for (index, symbol) in symbols.iter().enumerate() {
        let mut entry = Line::default()
            .label(symbol.label, symbol.text)
            .text(" ")
            .label(Label::Faint, symbol.meaning);
        if index + 1 < symbols.len() {
            entry.push(Label::Faint, ";");
        }
        entries.push(entry);
    }
    out.sentences("Symbols: ".len(), &entries)
}

#[cfg(test)]
mod tests {
    use crate::plan::Plan;
    use crate::render::Out;
    use crate::render::sample::{self, golden};

    fn shown(plan: &Plan, width: usize, color: bool, all: bool) -> String {
        let mut bytes = Vec::new();
        super::plan(&mut Out::new(&mut bytes, width, color), plan, all).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_rich_plan_at_80_and_120_columns_and_in_color() {
        for width in [80, 120] {
            let text = shown(&sample::rich(), width, false, false);
            let widest = text.lines().map(textwrap::core::display_width).max();
            assert!(widest.unwrap() <= width);
            golden(&format!("plan-{width}.txt"), &text);
        }
        golden("plan-colour.txt", &shown(&sample::rich(), 80, true, true));
    }

    #[test]
    fn an_empty_plan_says_so_first() {
        let text = shown(&sample::empty(), 80, false, false);
        assert_eq!(text, "No changes. 2 customers are as the files say.\n");
    }

    #[test]
    fn the_summary_keeps_its_shape() {
        let text = shown(&sample::rich(), 80, false, false);
        assert!(text.contains("\nPlan: 4 to add, 4 to change, 4 to destroy. Secrets: 4 to write."));
    }
}
