//! Responsible for a plan as text, for the person who approves it: the steps of each customer, then
//! what is left alone, then the counts.

use super::{fields, sentences, write_group};
use crate::plan::Plan;
use crate::render::terminal::style::Symbol;
use crate::render::view::plan::{CustomerView, PlanView};
use crate::render::view::plan_summary::MissingSecrets;
use crate::render::view::step::{StepView, WarningView};
use crate::render::{Label, Line, Out, Safe, Verbosity};
use std::io;

/// Writes a plan.
pub fn plan(out: &mut Out<'_>, plan: &Plan, verbosity: Verbosity) -> io::Result<()> {
    plan_before_apply(out, plan, verbosity, MissingSecrets::Stop)
}

/// Writes the plan of a run that executes it.
pub fn plan_before_apply(
    out: &mut Out<'_>,
    plan: &Plan,
    verbosity: Verbosity,
    missing: MissingSecrets,
) -> io::Result<()> {
    let view = PlanView::new(plan, verbosity, missing);
    if let Some(name) = &plan.environment {
        let title = Line::default().text("Environment: ");
        out.line(&title.text(Safe::short_name(name)))?;
        out.blank()?;
    }
    if !view.has_changes {
        sentences(out, &view.summary)?;
        write_groups(out, &view, verbosity)?;
        return out.flush();
    }
    for (index, customer) in view.customers().enumerate() {
        if index > 0 {
            out.blank()?;
        }
        write_customer(out, &customer)?;
    }
    write_groups(out, &view, verbosity)?;
    out.blank()?;
    if !view.legend.is_empty() {
        write_legend(out, &view.legend)?;
        out.blank()?;
    }
    sentences(out, &view.summary)?;
    out.flush()
}

fn write_groups(out: &mut Out<'_>, view: &PlanView<'_>, verbosity: Verbosity) -> io::Result<()> {
    // A plan that only adopts has no line before its first group.
    let mut follows_text = !view.has_changes || view.customers().next().is_some();
    for group in &view.groups {
        if std::mem::replace(&mut follows_text, true) {
            out.blank()?;
        }
        write_group(out, group, verbosity)?;
    }
    Ok(())
}

fn write_customer(out: &mut Out<'_>, customer: &CustomerView<'_>) -> io::Result<()> {
    let mut line = Line::at(0).hang(2).label(Label::Strong, &customer.name);
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
        .label(Label::Strong, &step.address)
        .text(" (")
        .text(&step.kind)
        .text(")");
    for (index, reason) in step.reasons.iter().enumerate() {
        line.push(Label::Plain, if index == 0 { ": " } else { "; " });
        line.push(Label::Plain, reason.text);
        if let Some(code) = &reason.code {
            line.push(Label::Faint, Safe::new(format_args!(" [{code}]")));
        }
    }
    out.line(&line)?;
    if let Some(execution) = &step.execution {
        let line = Line::at(6).hang(8).label(label, "=> ");
        out.line(&line.label(label, execution))?;
    }
    if let Some(warning) = &step.warning {
        write_warning(out, warning)?;
    }
    fields::write(out, &step.fields)
}

/// Writes each line of advice on a line of its own, so that the setting that it quotes is not broken.
fn write_warning(out: &mut Out<'_>, warning: &WarningView) -> io::Result<()> {
    let code = Safe::new(format_args!(" [{}]", warning.code));
    let line = Line::at(6).hang(8).label(Label::Warning, "warning: ");
    out.line(&line.text(&warning.problem).label(Label::Faint, code))?;
    warning
        .advice
        .iter()
        .try_for_each(|advice| out.line(&Line::at(8).hang(10).text(advice)))
}

/// Writes the symbols that the plan uses, with their meanings.
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
    use crate::model::{Address, UnverifiedCause, WorkspaceId};
    use crate::plan::{Action, BlockReason, Blocked, Plan, PlanWarning};
    use crate::render::sample::{self, golden};
    use crate::render::{Color, Out, Verbosity};
    use uuid::Uuid;

    fn shown(plan: &Plan, width: usize, color: Color, verbosity: Verbosity) -> String {
        let mut bytes = Vec::new();
        let mut out = Out::new(&mut bytes, width, color);
        super::plan(&mut out, plan, verbosity).unwrap();
        drop(out);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn plan_with_everything_matches_its_golden_files() {
        for width in [80, 120] {
            let text = shown(&sample::rich(), width, Color::Off, Verbosity::Normal);
            let widest = text.lines().map(textwrap::core::display_width).max();
            assert!(widest.unwrap() <= width);
            golden(&format!("plan-{width}.txt"), &text);
        }
        golden(
            "plan-color.txt",
            &shown(&sample::rich(), 80, Color::On, Verbosity::Verbose),
        );
    }

    #[test]
    fn plan_with_many_equal_blocks_counts_those_it_does_not_list() {
        let blocked = |n: usize, reason| Blocked {
            address: format!("customer-{n}/GitHub").parse().unwrap(),
            reason,
        };
        let mut plan = sample::empty();
        plan.blocked = (0..3_000)
            .map(|n| blocked(n, BlockReason::AmbiguousConnector))
            .collect();
        plan.blocked
            .insert(7, blocked(9_999, BlockReason::RenameConflict));
        let text = shown(&plan, 80, Color::Off, Verbosity::Normal);
        assert!(
            text.contains("customer-9999/GitHub [rename_conflict]"),
            "{text}"
        );
        assert!(text.contains("\n  and 2995 more; -v lists all\n"), "{text}");
        let all = shown(&plan, 80, Color::Off, Verbosity::Verbose);
        assert_eq!(all.matches("[ambiguous_match]").count(), 3_000);
    }

    #[test]
    fn plan_with_many_unverified_entries_counts_those_it_does_not_list() {
        let id = |n: u128| WorkspaceId(Uuid::from_u128(n));
        let blocked = |n: u128, address: String| Blocked {
            address: Address::customer(&address),
            reason: BlockReason::LedgerUnverified {
                workspace_id: Some(id(n)),
                cause: Some(UnverifiedCause::BadMac),
            },
        };
        let mut plan = sample::empty();
        plan.blocked = (0..300).map(|n| blocked(n, id(n).to_string())).collect();
        plan.blocked.insert(0, blocked(300, "acme".to_owned()));
        let text = shown(&plan, 120, Color::Off, Verbosity::Normal);
        let named = format!("acme [ledger_unverified]: workspace {}", id(300));
        assert!(text.contains(&named), "{text}");
        assert!(text.contains("\n  and 296 more; -v lists all\n"), "{text}");
        assert_eq!(text.matches("[ledger_entry_altered]").count(), 1, "{text}");
    }

    #[test]
    fn plan_that_only_adopts_starts_with_its_heading() {
        let mut plan = sample::rich();
        for customer in &mut plan.customers {
            customer.steps.retain(|step| step.action == Action::Adopt);
        }
        let text = shown(&plan, 80, Color::Off, Verbosity::Normal);
        assert!(text.starts_with("= Adopt ("), "{text}");
    }

    #[test]
    fn plan_without_steps_says_so_first() {
        let text = shown(&sample::empty(), 80, Color::Off, Verbosity::Normal);
        assert_eq!(
            text,
            "No changes. All 2 customers and 3 connectors match the files.\n"
        );
    }

    #[test]
    fn plan_with_everything_ends_with_its_counts() {
        let text = shown(&sample::rich(), 80, Color::Off, Verbosity::Normal);
        assert!(text.contains("\nPlan: 4 to add, 4 to change, 4 to destroy. Secrets: 4 to write."));
    }

    #[test]
    fn plan_with_many_resembling_objects_counts_those_it_does_not_write() {
        let mut plan = sample::rich();
        plan.warnings = (0..25)
            .map(|number| PlanWarning::ProbableRename {
                address: Address::customer(format!("customer-{number}")),
                previous: Vec::new(),
            })
            .collect();
        let count = "5 more warnings of new objects; -v writes each below its step";
        let text = shown(&plan, 120, Color::Off, Verbosity::Normal);
        assert!(text.contains(count), "{text}");
        let text = shown(&plan, 120, Color::Off, Verbosity::Verbose);
        assert!(!text.contains("more warnings"), "{text}");
    }
}
