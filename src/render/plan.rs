//! The plan as text, for the person who approves it: what will be done to whom and why, then
//! what was left alone, then the counts.
//!
//! Written step by step, so that a plan of ten thousand steps needs no more memory than one.

use super::fields;
use super::line::{Line, Out};
use super::sanitize::Safe;
use super::style::{Label, SYMBOLS};
use super::words::{self, counted};
use crate::model::WhyUnverified;
use crate::plan::{Blocked, CustomerPlan, Plan, Refusal, Step, Unmanaged, Unverified};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Names listed before the rest is counted, unless all are asked for.
const LISTED: usize = 5;

/// Writes a plan; `all` lists what is otherwise counted.
pub fn plan(out: &mut Out<'_>, plan: &Plan, all: bool) -> io::Result<()> {
    if !plan.has_changes() {
        out.sentences(0, &unchanged(plan))?;
        aside(out, plan, all)?;
        return out.flush();
    }
    let touched = plan.customers.iter().filter(|one| !one.steps.is_empty());
    for (index, one) in touched.enumerate() {
        if index > 0 {
            out.blank()?;
        }
        customer(out, one)?;
    }
    aside(out, plan, all)?;
    out.blank()?;
    legend(out, plan)?;
    out.blank()?;
    out.sentences(0, &summary(plan))?;
    out.flush()
}

fn customer(out: &mut Out<'_>, customer: &CustomerPlan) -> io::Result<()> {
    let mut line = Line::at(0)
        .hang(2)
        .label(Label::Strong, Safe::new(&customer.name));
    if let Some(id) = customer.workspace_id {
        line.push(Label::Faint, Safe::new(format_args!("  workspace {id}")));
    }
    if customer.protect {
        line.push(Label::Faint, "  protected");
    }
    out.line(&line)?;
    customer.steps.iter().try_for_each(|one| step(out, one))
}

fn step(out: &mut Out<'_>, step: &Step) -> io::Result<()> {
    let label = Label::of(step.action);
    let mut line = Line::at(2)
        .hang(6)
        .label(label, label.symbol())
        .pad_to(if label == Label::Replace { 6 } else { 4 })
        .label(Label::Strong, Safe::new(&step.address))
        .text(Safe::new(format_args!(
            " ({})",
            words::kind(&step.operation)
        )));
    for (index, reason) in step.reasons.iter().enumerate() {
        line.push(Label::Plain, if index == 0 { ": " } else { "; " });
        line.push(Label::Plain, words::reason(*reason));
    }
    out.line(&line)?;
    if let Some(how) = words::how(&step.operation) {
        out.line(&Line::at(6).hang(8).label(label, "=> ").label(label, how))?;
    }
    fields::write(out, &step.changes, step.action)
}

/// What was left alone, and why.
fn aside(out: &mut Out<'_>, plan: &Plan, all: bool) -> io::Result<()> {
    blocked(out, &plan.blocked)?;
    unverified(out, &plan.unverified, all)?;
    unmanaged(out, &plan.unmanaged, all)?;
    refused(out, &plan.refusals)
}

fn blocked(out: &mut Out<'_>, blocked: &[Blocked]) -> io::Result<()> {
    if blocked.is_empty() {
        return Ok(());
    }
    heading(
        out,
        Label::Error,
        "Blocked",
        "cannot be planned, left alone",
    )?;
    for one in blocked {
        let title = format!("{} [{}]", one.address, words::code(one.code));
        out.line(&Line::at(2).hang(4).text(Safe::new(title)))?;
        out.line(&Line::at(4).text(Safe::new(&one.message)))?;
    }
    Ok(())
}

fn refused(out: &mut Out<'_>, refusals: &[Refusal]) -> io::Result<()> {
    if refusals.is_empty() {
        return Ok(());
    }
    heading(
        out,
        Label::Error,
        "Refused",
        "a guard forbids to apply this plan",
    )?;
    for one in refusals {
        let code = Safe::new(words::code(one.code));
        let line = Line::at(2).hang(4).label(Label::Error, code);
        out.line(&line.text(": ").text(Safe::new(&one.message)))?;
    }
    Ok(())
}

fn unverified(out: &mut Out<'_>, unverified: &[Unverified], all: bool) -> io::Result<()> {
    let mut by_cause: BTreeMap<WhyUnverified, Vec<Safe>> = BTreeMap::new();
    for one in unverified {
        let paths = one.paths.join(", ");
        let text = Safe::new(format_args!("{}: {paths}", one.address));
        by_cause.entry(one.why).or_default().push(text);
    }
    for (cause, items) in &by_cause {
        let connectors = counted(items.len(), "connector");
        let title = Line::default()
            .label(Label::Unverified, Label::Unverified.symbol())
            .label(Label::Strong, " Not verified")
            .text(Safe::new(format_args!(" ({connectors}): ")))
            .text(words::unverified(*cause));
        list(out, &title, items, all)?;
    }
    Ok(())
}

fn unmanaged(out: &mut Out<'_>, unmanaged: &Unmanaged, all: bool) -> io::Result<()> {
    let Unmanaged {
        customers,
        connectors,
        kept,
    } = unmanaged;
    let found = connectors.iter().map(|one| {
        let kind = one.kind.as_deref().unwrap_or("connector");
        Safe::new(format_args!("{} ({kind}) {}", one.address, one.id))
    });
    let groups = [
        (
            "Unmanaged",
            "connector",
            "not declared, not ours, never touched",
            found.collect(),
            true,
        ),
        (
            "Unmanaged",
            "customer",
            "not declared, not ours, never touched",
            safe(customers),
            false,
        ),
        (
            "Kept",
            "object",
            "ours, no longer in the files; --prune removes",
            safe(kept),
            true,
        ),
    ];
    for (title, noun, rest, items, named) in groups {
        let count = format!(" ({})", counted(items.len(), noun));
        let line = Line::default()
            .label(Label::Strong, title)
            .text(Safe::new(count))
            .text(": ")
            .text(rest);
        let items: &[Safe] = &items;
        if items.is_empty() {
        } else if named || all {
            list(out, &line, items, all)?;
        } else {
            list(out, &line.text("; -v names them"), &[], all)?;
        }
    }
    Ok(())
}

pub(super) fn safe<T: std::fmt::Display>(items: &[T]) -> Vec<Safe> {
    items.iter().map(Safe::new).collect()
}

fn heading(
    out: &mut Out<'_>,
    label: Label,
    title: &'static str,
    rest: &'static str,
) -> io::Result<()> {
    out.blank()?;
    out.line(
        &Line::at(0)
            .hang(2)
            .label(label, title)
            .text(": ")
            .text(rest),
    )
}

pub(super) fn list(out: &mut Out<'_>, title: &Line, items: &[Safe], all: bool) -> io::Result<()> {
    out.blank()?;
    let mut line = Line::at(0).hang(2);
    line.append(title);
    out.line(&line)?;
    let shown = if all {
        items.len()
    } else {
        items.len().min(LISTED)
    };
    for item in &items[..shown] {
        out.line(&Line::at(2).hang(4).text(item.clone()))?;
    }
    if shown < items.len() {
        let more = Safe::new(format_args!(
            "and {} more; -v lists all",
            items.len() - shown
        ));
        out.line(&Line::at(2).label(Label::Faint, more))?;
    }
    Ok(())
}

/// The symbols that this plan uses.
fn legend(out: &mut Out<'_>, plan: &Plan) -> io::Result<()> {
    let mut present: BTreeSet<_> = plan
        .steps()
        .map(|step| Label::of(step.action).symbol())
        .collect();
    if !plan.unverified.is_empty() {
        present.insert(Label::Unverified.symbol());
    }
    let entries = SYMBOLS
        .into_iter()
        .filter(|(symbol, _, _)| present.contains(symbol));
    let mut line = Line::default().label(Label::Faint, "Symbols:");
    let mut sentences = Vec::new();
    for (symbol, label, meaning) in entries {
        if line.width() > 0 && !sentences.is_empty() {
            line.push(Label::Faint, ";");
        }
        sentences.push(std::mem::take(&mut line));
        line = line
            .label(label, symbol)
            .text(" ")
            .label(Label::Faint, meaning);
    }
    sentences.push(line);
    out.sentences("Symbols: ".len(), &sentences)
}

fn summary(plan: &Plan) -> Vec<Line> {
    let s = &plan.summary;
    let first = format!(
        "Plan: {} to add, {} to change, {} to destroy.",
        s.add, s.change, s.destroy
    );
    let mut sentences = vec![Line::default().label(Label::Strong, Safe::new(first))];
    if s.secrets > 0 {
        sentences.push(sentence(format!("Secrets: {} to write.", s.secrets)));
    }
    let (touched, declared) = (s.customers_touched, s.customers_declared);
    let all = plan.customers.iter().filter(|one| !one.steps.is_empty());
    let left = match (all.count() as u64).saturating_sub(touched) {
        0 => String::new(),
        left => format!(", and {left} that left the files"),
    };
    sentences.push(sentence(format!(
        "Customers: {touched} touched of {declared}{left}."
    )));
    sentences.extend(more(plan));
    sentences
}

fn unchanged(plan: &Plan) -> Vec<Line> {
    let mut sentences = vec![Line::default().label(Label::Good, "No changes.")];
    if plan.blocked.is_empty() {
        let customers = match plan.summary.customers_declared {
            1 => "1 customer is as the files say.".to_owned(),
            n => format!("{n} customers are as the files say."),
        };
        sentences.push(sentence(customers));
    }
    sentences.extend(more(plan));
    sentences
}

/// The counts that are worth a word only when they are not zero.
fn more(plan: &Plan) -> impl Iterator<Item = Line> {
    let counts = [
        ("Adopted", plan.summary.adopt),
        ("Blocked", plan.blocked.len() as u64),
        ("Not verified", plan.unverified.len() as u64),
    ];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    let counts = counts.map(|(what, count)| sentence(format!("{what}: {count}.")));
    let partial = plan
        .partial
        .then(|| sentence("Partial: the rest was left out.".to_owned()));
    counts.chain(partial)
}

pub(super) fn sentence(text: String) -> Line {
    Line::default().text(Safe::new(text))
}

#[cfg(test)]
mod tests {
    use super::super::line::Out;
    use super::super::sample::{self, golden};
    use crate::plan::Plan;

    fn shown(plan: &Plan, width: usize, colour: bool, all: bool) -> String {
        let mut bytes = Vec::new();
        super::plan(&mut Out::new(&mut bytes, width, colour), plan, all).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_rich_plan_at_80_and_120_columns_and_in_colour() {
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
