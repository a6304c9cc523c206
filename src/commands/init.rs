//! Responsible for `init`: creates an example project. Overwrites nothing.

use crate::app::{self, Invocation};
use crate::cli::{Format, InitArgs};
use crate::failure::{Exit, Failure};
use crate::render::{self, json};

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
    let next = [
        command(&["validate"]),
        command(&["plan", "--sandbox"]),
        command(&["apply", "--sandbox"]),
    ];
    let ui = invocation.ui;
    match invocation.global.format {
        Format::Json => json::written(&mut ui.out(), &directory, &files, &next)?,
        _ => render::initialized(ui, &files, &next)?,
    }
    Ok(Exit::Success)
}
