//! Responsible for layout, escaping and formats of all that a person or a script reads.
//!
//! A result becomes a `view` (grouped, counted and worded data), which `text` and `json` draw.
//! Results go to stdout, status messages to stderr. All text passes through [`Safe`], which
//! neutralizes what came from files or the API. Does not decide anything, and never sees a
//! secret's value.

pub mod explain;
mod export;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
pub mod json;
mod line;
mod log;
mod messages;
mod progress;
#[cfg(test)]
mod sample;
pub(crate) mod sanitize;
pub mod sinks;
mod streams;
mod style;
mod text;
mod topics;
mod view;
mod words;

pub use export::{left_out, written, yaml};
pub use line::{Line, Out};
pub use messages::{
    aborted, ask, doubtful, draining, initialised, left_for_apply, note, serving, target, valid,
};
#[cfg(test)]
pub(crate) use sample::golden;
pub use sanitize::Safe;
pub use streams::Captured;
pub use style::Label;
pub use text::{doctor, drift, findings, one_type, plan, rekeyed, report, types};
pub use view::rekey::Rekeyed;

use crate::failure::{Exit, Failure};
use std::io::{self, BufWriter, IsTerminal};
use streams::Streams;

/// Columns when nothing tells how many there are.
const DEFAULT_WIDTH: usize = 80;
/// Longer lines are hard to read, however wide the terminal.
const MAX_WIDTH: usize = 120;
/// Narrower than this the layout falls apart.
const MIN_WIDTH: usize = 40;

/// What the environment wishes about colour.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ColourWish {
    /// As the terminal can.
    #[default]
    AsTerminal,
    /// `NO_COLOR` is set and not empty.
    Never,
    /// `CLICOLOR_FORCE` is set and not `0`.
    Always,
}

impl ColourWish {
    fn read() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        if set("NO_COLOR").is_some() {
            Self::Never
        } else if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
            Self::Always
        } else {
            Self::AsTerminal
        }
    }
}

/// What the environment says about output, read once.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// What the environment wishes.
    pub colour: ColourWish,
    /// `COLUMNS`, or the terminal's width.
    pub columns: Option<usize>,
    /// `AIRLIFT_LOG` asks for the log of requests.
    pub log: bool,
    /// stdout is a terminal.
    pub out_is_terminal: bool,
    /// stderr is a terminal.
    pub stderr_is_terminal: bool,
}

impl Surroundings {
    /// Reads the environment and asks the terminal.
    pub fn read() -> Self {
        let out_is_terminal = io::stdout().is_terminal();
        let columns = std::env::var("COLUMNS").ok();
        let columns = columns.and_then(|columns| columns.parse().ok());
        let size = || console::Term::stdout().size_checked();
        let asked = || size().filter(|_| out_is_terminal);
        Self {
            colour: ColourWish::read(),
            columns: columns.or_else(|| asked().map(|(_, columns)| columns.into())),
            log: wants_log(std::env::var("AIRLIFT_LOG").ok().as_deref()),
            out_is_terminal,
            stderr_is_terminal: io::stderr().is_terminal(),
        }
    }

    fn colour(&self, flag_forbids: bool, is_terminal: bool) -> bool {
        !flag_forbids
            && match self.colour {
                ColourWish::AsTerminal => is_terminal,
                ColourWish::Never => false,
                ColourWish::Always => true,
            }
    }

    fn width(&self) -> usize {
        let width = self.columns.unwrap_or(DEFAULT_WIDTH);
        width.clamp(MIN_WIDTH, MAX_WIDTH)
    }
}

/// The two streams, with what is known about them.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about two streams"
)]
pub struct Ui {
    width: usize,
    colour_out: bool,
    colour_stderr: bool,
    stderr_is_terminal: bool,
    verbose: u8,
    log: bool,
    streams: Streams,
}

impl Ui {
    /// From the flags `--no-color` and `-v`, and what is around.
    pub fn new(no_color: bool, verbose: u8, around: &Surroundings) -> Self {
        Self {
            width: around.width(),
            colour_out: around.colour(no_color, around.out_is_terminal),
            colour_stderr: around.colour(no_color, around.stderr_is_terminal),
            stderr_is_terminal: around.stderr_is_terminal,
            verbose,
            log: verbose > 1 || around.log,
            streams: Streams::Process,
        }
    }

    /// The same, kept in memory instead of written to this process's streams.
    #[must_use]
    pub fn captured(mut self) -> (Self, Captured) {
        let captured = Captured::default();
        self.streams = Streams::Memory(captured.clone());
        (self, captured)
    }

    /// Data: stdout, locked and buffered; flush it at the end.
    pub fn out(&self) -> Out<'static> {
        let stream = BufWriter::new(self.streams.out(choice(self.colour_out)));
        Out::new(stream, self.width, self.colour_out)
    }

    /// Status messages: stderr, locked.
    pub fn status(&self) -> Out<'static> {
        let stream = self.streams.stderr(choice(self.colour_stderr));
        Out::new(stream, self.width, self.colour_stderr)
    }

    /// Whether stderr is a terminal.
    pub fn stderr_is_terminal(&self) -> bool {
        self.stderr_is_terminal
    }

    /// How often `-v` was given.
    pub fn verbose(&self) -> u8 {
        self.verbose
    }

    /// Whether each request is told of.
    pub fn logs_requests(&self) -> bool {
        self.log
    }

    /// Tells what stopped a run, on stderr.
    pub fn failure(&self, failure: &Failure) {
        // A stderr that cannot be written leaves nobody to tell.
        let _ = write_failure(&mut self.status(), failure);
    }
}

/// The names that other tools have for it are understood, too.
fn wants_log(value: Option<&str>) -> bool {
    matches!(value, Some("requests" | "debug" | "trace"))
}

fn choice(colour: bool) -> anstream::ColorChoice {
    if colour {
        anstream::ColorChoice::Always
    } else {
        anstream::ColorChoice::Never
    }
}

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

/// Columns of a line, from what is around.
pub fn width() -> usize {
    Surroundings::read().width()
}

/// Answers a command line that names no verb to run: help and the version on stdout, what is
/// wrong with it on stderr. The arguments may come from anywhere, so they are neutralised too.
pub fn usage(answer: &clap::Error) -> Exit {
    let ui = Ui::new(false, 0, &Surroundings::read());
    if !answer.use_stderr() {
        // Help holds nothing but this program's words, and clap brings its own colours.
        let _ = answer.print();
        return Exit::Done;
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

#[cfg(test)]
mod tests {
    use super::{ColourWish, Surroundings};

    #[test]
    fn colour_is_chosen_by_flag_then_environment_then_terminal() {
        let chosen = |colour, flag, terminal| {
            let around = Surroundings {
                colour,
                ..Surroundings::default()
            };
            around.colour(flag, terminal)
        };
        assert!(!chosen(ColourWish::AsTerminal, false, false));
        assert!(chosen(ColourWish::AsTerminal, false, true));
        assert!(chosen(ColourWish::Always, false, false));
        assert!(!chosen(ColourWish::Never, false, true));
        assert!(!chosen(ColourWish::Always, true, true));
    }

    #[test]
    fn width_has_bounds() {
        let width = |columns| {
            let around = Surroundings {
                columns,
                ..Surroundings::default()
            };
            around.width()
        };
        assert_eq!(
            [None, Some(9), Some(100), Some(300)].map(width),
            [80, 40, 100, 120]
        );
    }
}
