//! Responsible for `man`: writes a manual page for each command.

use crate::app::{self, Invocation};
use crate::cli::{self, ManArgs};
use crate::failure::{Exit, Failure};
use crate::render;
use clap::Command;

pub(super) fn run(invocation: Invocation<'_>, args: &ManArgs) -> Result<Exit, Failure> {
    let mut pages = Vec::new();
    add_pages(&cli::command(80), &mut pages)?;
    app::write_manual(&args.out, &pages)?;
    let directory = args.out.display().to_string();
    render::manual(invocation.ui, pages.len(), &directory)?;
    Ok(Exit::Success)
}

/// Adds the page of a command and those of its subcommands, as file names and contents.
fn add_pages(command: &Command, pages: &mut Vec<(String, String)>) -> Result<(), Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    let text = String::from_utf8(page)
        .map_err(|error| Failure::internal(format!("a manual page is not UTF-8: {error}")))?;
    // The definition of the command line has `airlift-plan` for the command `plan`.
    let name = command.get_display_name().unwrap_or(command.get_name());
    pages.push((format!("{name}.1"), text));
    let own = command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help");
    for subcommand in own {
        add_pages(subcommand, pages)?;
    }
    Ok(())
}
