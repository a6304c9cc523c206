//! `completions`: a shell's completion script, from the command line's own types.

use crate::cli::Cli;
use crate::failure::{Exit, Failure};
use crate::render::Ui;
use clap::CommandFactory;
use clap_complete::Shell;

/// Prints the script.
pub(super) fn run(shell: Shell, ui: &Ui) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "airlift", &mut script);
    let mut out = ui.out();
    out.script(&script)?;
    out.flush()?;
    Ok(Exit::Done)
}
