//! Responsible for the two streams: their width, their color and how much they say.

use super::Out;
use super::streams::{Captured, Streams};
use crate::failure::Failure;
use crate::render::write_failure;
use std::io::{self, BufWriter, IsTerminal};

/// Columns when nothing tells how many there are.
const DEFAULT_WIDTH: usize = 80;
/// Longer lines are hard to read, however wide the terminal.
const MAX_WIDTH: usize = 120;
/// Narrower than this the layout falls apart.
const MIN_WIDTH: usize = 40;

/// What the environment wishes about color.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ColorChoice {
    /// As the terminal can.
    #[default]
    Auto,
    /// `NO_COLOR` is set and not empty.
    Never,
    /// `CLICOLOR_FORCE` is set and not `0`.
    Always,
}

impl ColorChoice {
    fn read() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        if set("NO_COLOR").is_some() {
            Self::Never
        } else if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
            Self::Always
        } else {
            Self::Auto
        }
    }
}

/// What the environment says about output, read once.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// What the environment wishes.
    pub color: ColorChoice,
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
            color: ColorChoice::read(),
            columns: columns.or_else(|| asked().map(|(_, columns)| columns.into())),
            log: wants_log(std::env::var("AIRLIFT_LOG").ok().as_deref()),
            out_is_terminal,
            stderr_is_terminal: io::stderr().is_terminal(),
        }
    }

    fn color(&self, flag_forbids: bool, is_terminal: bool) -> bool {
        !flag_forbids
            && match self.color {
                ColorChoice::Auto => is_terminal,
                ColorChoice::Never => false,
                ColorChoice::Always => true,
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
    color_out: bool,
    pub(super) color_stderr: bool,
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
            color_out: around.color(no_color, around.out_is_terminal),
            color_stderr: around.color(no_color, around.stderr_is_terminal),
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
        let stream = BufWriter::new(self.streams.out(choice(self.color_out)));
        Out::new(stream, self.width, self.color_out)
    }

    /// Status messages: stderr, locked.
    pub fn status(&self) -> Out<'static> {
        let stream = self.streams.stderr(choice(self.color_stderr));
        Out::new(stream, self.width, self.color_stderr)
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

/// Columns of a line, from what is around.
pub fn width() -> usize {
    Surroundings::read().width()
}

fn choice(color: bool) -> anstream::ColorChoice {
    if color {
        anstream::ColorChoice::Always
    } else {
        anstream::ColorChoice::Never
    }
}

#[cfg(test)]
mod tests {
    use super::{ColorChoice, Surroundings};

    #[test]
    fn color_is_chosen_by_flag_then_environment_then_terminal() {
        let chosen = |color, flag, terminal| {
            let around = Surroundings {
                color,
                ..Surroundings::default()
            };
            around.color(flag, terminal)
        };
        assert!(!chosen(ColorChoice::Auto, false, false));
        assert!(chosen(ColorChoice::Auto, false, true));
        assert!(chosen(ColorChoice::Always, false, false));
        assert!(!chosen(ColorChoice::Never, false, true));
        assert!(!chosen(ColorChoice::Always, true, true));
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
