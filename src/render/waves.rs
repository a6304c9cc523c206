//! Responsible for showing the waves of an apply before it starts.

use super::labels::counted;
use super::messages::print_note;
use super::{Label, Line, Safe, Ui};
use crate::plan::{Rollout, RolloutWave};
use std::io;

/// The customers without a wave that are listed, unless `-v` is given.
const LISTED: usize = 5;

/// Says how many customers each wave has, and lists the customers that no wave selects.
pub(crate) fn waves(ui: &Ui, rollout: &Rollout) -> io::Result<()> {
    let waves: Vec<String> = rollout.waves.iter().map(wave).collect();
    if !waves.is_empty() {
        print_note(ui, &format!("waves: {}", waves.join(", then ")))?;
    }
    let unselected = &rollout.unselected;
    if unselected.is_empty() {
        return Ok(());
    }
    let mut out = ui.status();
    let customers = counted(unselected.len(), "customer");
    let heading = Safe::new(format_args!("In no wave ({customers})"));
    let line = Line::at(0).hang(2).label(Label::Warning, heading);
    out.line(&line.text(": this run does not change them"))?;
    let shown = if ui.verbosity().lists_all() {
        unselected.len()
    } else {
        unselected.len().min(LISTED)
    };
    for customer in &unselected[..shown] {
        let changes = counted(customer.steps.len(), "change");
        let line = Line::at(2)
            .hang(4)
            .label(Label::Strong, Safe::name(&customer.name));
        out.line(&line.text(Safe::new(format_args!(": {changes}"))))?;
    }
    if shown < unselected.len() {
        let more = Safe::new(format_args!(
            "and {} more; -v lists all",
            unselected.len() - shown
        ));
        out.line(&Line::at(2).label(Label::Faint, more))?;
    }
    out.flush()
}

fn wave(wave: &RolloutWave) -> String {
    let customers = counted(wave.customers.len(), "customer");
    let removed = if wave.removes { " to remove" } else { "" };
    format!("{customers}{removed} ({})", Safe::new(&wave.wave))
}
