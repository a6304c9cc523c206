//! Responsible for showing the waves of an apply before it starts.

use super::labels::counted;
use super::messages::print_note;
use super::{Safe, Ui};
use crate::plan::{Rollout, RolloutWave};
use std::io;

/// The customers without a wave that a note names.
const NAMED: usize = 3;

/// Says how many customers each wave has, and which customers no wave selects.
pub(crate) fn waves(ui: &Ui, rollout: &Rollout) -> io::Result<()> {
    let waves: Vec<String> = rollout.waves.iter().map(wave).collect();
    if !waves.is_empty() {
        print_note(ui, &format!("waves: {}", waves.join(", then ")))?;
    }
    let unselected = &rollout.unselected;
    if unselected.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = unselected
        .iter()
        .take(NAMED)
        .map(|customer| Safe::new(&customer.name).to_string())
        .collect();
    let more = match unselected.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let text = format!(
        "no wave selects {} of the plan, so this run does not change them: {}{more}",
        counted(unselected.len(), "customer"),
        names.join(", ")
    );
    print_note(ui, &text)
}

fn wave(wave: &RolloutWave) -> String {
    let customers = counted(wave.customers.len(), "customer");
    let removed = if wave.removes { " to remove" } else { "" };
    format!("{customers}{removed} ({})", Safe::new(&wave.wave))
}
