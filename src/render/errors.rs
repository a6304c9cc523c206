//! Responsible for the message of a run that cannot continue.

use super::{Color, Label, Line, Out, Safe, Ui, json, ndjson};
use crate::failure::{Exit, Failure};
use clap::error::ErrorKind;
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
    for hint in failure.next_steps() {
        let line = Line::at(2).hang(8).label(Label::Strong, "hint: ");
        out.line(&line.text(Safe::new(hint)))?;
    }
    Ok(())
}

/// Answers a command line without a command to run: help and version go to stdout, errors to
/// stderr. Arguments may hold any text, so the message is neutralized.
pub fn usage(answer: &clap::Error) -> Exit {
    let ui = Ui::without_flags();
    if !answer.use_stderr() {
        let _ = write_help(&mut ui.out(), answer);
        return Exit::Success;
    }
    let mut status = ui.status();
    for line in Safe::lines(&answer.render().to_string()) {
        let _ = status.line(&Line::at(0).hang(2).text(line));
    }
    Exit::Usage
}

/// Help consists of this program's text, in colors of clap.
fn write_help(out: &mut Out<'_>, help: &clap::Error) -> io::Result<()> {
    let text = help.render();
    let text = match out.color() {
        Color::On => text.ansi().to_string(),
        Color::Off => text.to_string(),
    };
    out.raw(text.as_bytes())?;
    out.flush()
}

/// Answers such a command line with one JSON document on stdout.
pub fn usage_as_json(answer: &clap::Error) -> Exit {
    let text = answer.render().to_string();
    if !answer.use_stderr() {
        // A stdout that cannot be written leaves no place for a message about it.
        let _ = json::help(&mut Ui::without_flags().out(), &text);
        return Exit::Success;
    }
    usage(answer);
    let failure = usage_failure(answer.kind(), &text);
    failure_as_json(&failure);
    failure.exit()
}

/// Answers such a command line with events on stdout.
pub fn usage_as_events(answer: &clap::Error) -> Exit {
    let text = answer.render().to_string();
    if !answer.use_stderr() {
        ndjson::help(&text);
        return Exit::Success;
    }
    usage(answer);
    let failure = usage_failure(answer.kind(), &text);
    ndjson::failed(&failure);
    failure.exit()
}

/// Writes a failure as the only JSON document on stdout, outside of a command.
pub fn failure_as_json(failure: &Failure) {
    let ui = Ui::without_flags();
    if !ui.has_result() {
        let _ = json::failure(&mut ui.out(), failure);
    }
}

/// The failure that clap's text describes: what is wrong first, then what to do.
fn usage_failure(kind: ErrorKind, text: &str) -> Failure {
    if kind == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::usage("usage", "a command is missing")
            .hint("`airlift --help` lists the commands");
    }
    let mut paragraphs = text.split("\n\n").map(|paragraph| {
        let words: Vec<&str> = paragraph.split_whitespace().collect();
        words.join(" ")
    });
    let message = paragraphs.next().unwrap_or_default();
    let message = message.trim_start_matches("error: ");
    paragraphs
        .filter(|hint| !hint.is_empty())
        .fold(Failure::usage("usage", message), Failure::hint)
}

/// Reports a panic by its place only, because the message may quote a secret.
pub fn defect(location: Option<&std::panic::Location<'_>>) -> Failure {
    let place = location.map(|at| format!(" at {}:{}", at.file(), at.line()));
    let message = format!("a defect of airlift{}", place.unwrap_or_default());
    let failure =
        Failure::internal(message).hint("please report it with this line and the command");
    Ui::without_flags().failure(&failure);
    failure
}

#[cfg(test)]
mod tests {
    use super::usage_failure;
    use crate::cli;
    use std::ffi::OsString;

    #[test]
    fn usage_failure_separates_the_message_from_the_hints() {
        let arguments = ["airlift", "plan", "--nonsense"].map(OsString::from);
        let error = cli::parse(arguments.into_iter(), 80).unwrap_err();
        let failure = usage_failure(error.kind(), &error.render().to_string());
        assert_eq!(failure.message, "unexpected argument '--nonsense' found");
        assert!(
            failure
                .hints
                .iter()
                .any(|hint| hint.starts_with("Usage: airlift plan"))
        );
    }
}
