//! Responsible for how a run that cannot go on says so.

use super::{Label, Line, Out, Safe, Surroundings, Ui};
use crate::failure::{Exit, Failure};
use std::io;

/// What stopped a run, with what to do about it.
pub fn write_failure(out: &mut Out<'_>, failure: &Failure) -> io::Result<()> {
    let title = Safe::new(format_args!("error[{}]", failure.code));
    let mut lines = Safe::lines(&failure.message);
    let first = lines.next().unwrap_or_default();
    let line = Line::at(0).hang(2).label(Label::Error, title);
    out.line(&line.text(": ").text(first))?;
    for more in lines {
        out.line(&Line::at(2).text(more))?;
    }
    for hint in &failure.hints {
        let line = Line::at(2).hang(8).label(Label::Strong, "hint: ");
        out.line(&line.text(Safe::new(hint)))?;
    }
    Ok(())
}

/// Answers a command line that names no verb to run: help and the version on stdout, what is
/// wrong with it on stderr. The arguments may come from anywhere, so they are neutralized too.
pub fn usage(answer: &clap::Error) -> Exit {
    let ui = Ui::new(false, 0, &Surroundings::read());
    if !answer.use_stderr() {
        // Help holds nothing but this program's labels, and clap brings its own colors.
        let _ = answer.print();
        return Exit::Success;
    }
    let mut status = ui.status();
    for line in Safe::lines(&answer.render().to_string()) {
        let _ = status.line(&Line::at(0).hang(2).text(line));
    }
    Exit::Usage
}

/// Tells of a defect: where, and never with what, because a panic's text may quote a value.
pub fn defect(location: Option<&std::panic::Location<'_>>) {
    let place = location.map(|at| format!(" at {}:{}", at.file(), at.line()));
    let message = format!("a defect of airlift{}", place.unwrap_or_default());
    let failure = Failure::internal(message);
    Ui::new(false, 0, &Surroundings::read())
        .failure(&failure.hint("please report it with this line and the command"));
}
