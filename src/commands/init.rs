//! Responsible for `init`: creates an example project. Overwrites nothing.

use crate::app::{self, Invocation};
use crate::cli::{Format, InitArgs};
use crate::failure::{Exit, Failure};
use crate::render::{self, json};
use std::io::{IsTerminal as _, stdin};

pub(super) fn run(invocation: Invocation<'_>, args: &InitArgs) -> Result<Exit, Failure> {
    let files = app::write_starter(args)?;
    let directory = args.directory.display().to_string();
    let command = |words: &[&str]| {
        let place: &[&str] = if directory == "." {
            &[]
        } else {
            &["-f", &directory]
        };
        render::command_line(&[&["airlift"], words, place].concat())
    };
    let apply: &[&str] = if stdin().is_terminal() {
        &["apply", "--sandbox"]
    } else {
        // Nobody can approve the plan.
        &["apply", "--sandbox", "--auto-approve"]
    };
    let next = [
        command(&["validate"]),
        command(&["plan", "--sandbox"]),
        command(apply),
    ];
    let ui = invocation.ui;
    match invocation.global.format {
        Format::Json => json::written(&mut ui.out(), &directory, &files, &next)?,
        _ => render::initialized(ui, &files, &next)?,
    }
    Ok(Exit::Success)
}
