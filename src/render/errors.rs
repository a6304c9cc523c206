//! Responsible for the message of a run that cannot continue.

use super::{Label, Line, Out, Safe, Ui};
use crate::failure::{Exit, Failure};
use std::io;

/// Writes a failure with its hints.
pub fn write_failure(out: &mut Out<'_>, failure: &Failure) -> io::Result<()> {
    let title = Safe::new(format_args!("error[{}]", failure.code));
    let mut lines = Safe::lines(&failure.message);
    let first = lines.next().unwrap_or_default();
    let line = Line::at(0).hang(2).label(Label::Error, title);
    out.line(&line.text(": ").text(first))?;
    for continuation in lines {
        out.line(&Line::at(2).text(continuation))?;
    }
    for hint in &failure.hints {
        let line = Line::at(2).hang(8).label(Label::Strong, "hint: ");
        out.line(&line.text(Safe::new(hint)))?;
    }
    Ok(())
}

/// Answers a command line without a command to run: help and version go to stdout, errors to
/// stderr. Arguments may hold any text, so the message is neutralized.
pub fn usage(answer: &clap::Error) -> Exit {
    if !answer.use_stderr() {
        // Help consists of this program's text, and clap brings its own colors.
        let _ = answer.print();
        return Exit::Success;
    }
    let mut status = Ui::without_flags().status();
    for line in Safe::lines(&answer.render().to_string()) {
        let _ = status.line(&Line::at(0).hang(2).text(line));
    }
    Exit::Usage
}

/// Reports a panic by its place only, because the message may quote a secret.
pub fn defect(location: Option<&std::panic::Location<'_>>) {
    let place = location.map(|at| format!(" at {}:{}", at.file(), at.line()));
    let message = format!("a defect of airlift{}", place.unwrap_or_default());
    let failure = Failure::internal(message);
    Ui::without_flags().failure(&failure.hint("please report it with this line and the command"));
}
