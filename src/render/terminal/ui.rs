//! Responsible for the two streams: their width, their color and their verbosity.

use super::bar_terminal::{AboveBar, PresentBar};
use super::line::Wrapping;
use super::output_environment::{ColorChoice, OutReader, OutputEnvironment};
use super::streams::{Captured, Streams};
use super::{Color, Out, RepeatedOptions};
use crate::events::Sink;
use crate::failure::Failure;
use crate::render::ndjson::EventStream;
use crate::render::write_failure;
use std::fmt;
use std::io::{BufWriter, Write};
use std::sync::Arc;
use uuid::Uuid;

/// How much a command prints, by the number of `-v` flags.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Verbosity {
    /// `--quiet`: no progress.
    Quiet,
    /// Long lists are cut.
    Normal,
    /// `-v`: every row is listed, and every finished step.
    Verbose,
    /// `-vv`: every request is logged too.
    Requests,
}

impl Verbosity {
    /// The verbosity that so many `-v` flags ask for.
    pub fn from_count(flags: u8) -> Self {
        match flags {
            0 => Self::Normal,
            1 => Self::Verbose,
            _ => Self::Requests,
        }
    }

    /// Whether long lists are printed in full.
    pub fn lists_all(self) -> bool {
        self >= Self::Verbose
    }
}

/// The two streams, with their layout.
#[derive(Clone, Debug)]
pub struct Ui {
    width: usize,
    out_wrapping: Wrapping,
    stderr_wrapping: Wrapping,
    out_color: Color,
    pub(super) stderr_color: Color,
    stderr_is_terminal: bool,
    out_reader: OutReader,
    verbosity: Verbosity,
    log: bool,
    streams: Streams,
    options: RepeatedOptions,
    /// The events of `--json`.
    events: Option<EventStream>,
    observer: Observer,
    pub(super) bar: PresentBar,
}

/// A further receiver of events.
#[derive(Clone, Default)]
struct Observer(Option<Arc<dyn Sink>>);

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observer").field(&self.0.is_some()).finish()
    }
}

impl Ui {
    /// The streams of this process. `color` and `verbosity` come from the command line.
    pub fn new(color: ColorChoice, verbosity: Verbosity, environment: &OutputEnvironment) -> Self {
        Self {
            width: environment.width(),
            out_wrapping: environment.out_wrapping,
            stderr_wrapping: environment.stderr_wrapping,
            out_color: environment.out_color(color),
            stderr_color: environment.stderr_color(color),
            stderr_is_terminal: environment.stderr_is_terminal,
            out_reader: environment.out_reader,
            verbosity,
            log: verbosity == Verbosity::Requests || environment.log,
            streams: Streams::Process,
            options: RepeatedOptions::default(),
            events: None,
            observer: Observer::default(),
            bar: PresentBar::default(),
        }
    }

    /// Streams that are written before the command line is understood, or after a panic.
    pub(crate) fn without_flags() -> Self {
        let environment = OutputEnvironment::read();
        Self::new(ColorChoice::Auto, Verbosity::Normal, &environment)
    }

    /// The same, captured in memory instead of written to this process's streams.
    #[must_use]
    pub fn captured(mut self) -> (Self, Captured) {
        let captured = Captured::default();
        self.streams = Streams::Memory(captured.clone());
        (self, captured)
    }

    /// The same, with options that suggested commands repeat.
    #[must_use]
    pub fn with_options(self, options: RepeatedOptions) -> Self {
        Self { options, ..self }
    }

    /// The same, with stdout as events.
    #[must_use]
    pub(crate) fn with_events(self, run_id: Uuid) -> Self {
        let events = EventStream::start(run_id, self.streams.clone());
        Self {
            events: Some(events.with_options(self.options.clone())),
            ..self
        }
    }

    /// The same, with a further receiver of events.
    #[cfg(feature = "otel")]
    #[must_use]
    pub(crate) fn with_observer(self, observer: Arc<dyn Sink>) -> Self {
        Self {
            observer: Observer(Some(observer)),
            ..self
        }
    }

    /// The further receiver of events.
    pub(crate) fn observer(&self) -> Option<Box<dyn Sink>> {
        let observer = self.observer.0.clone()?;
        Some(Box::new(observer))
    }

    /// The events of `--json`.
    pub(crate) fn events(&self) -> Option<&EventStream> {
        self.events.as_ref()
    }

    /// Results: stdout, locked and buffered. The caller flushes it.
    pub fn out(&self) -> Out<'static> {
        let stream = BufWriter::new(self.streams.out(self.out_color.into()));
        Out::new(stream, self.width, self.out_color)
            .with_wrapping(self.out_wrapping)
            .with_options(self.options.clone())
            .with_events(self.events.clone())
    }

    /// Whether a result was written, or a part of one.
    pub(crate) fn has_result(&self) -> bool {
        self.streams.has_written()
    }

    /// Status messages: stderr, locked, or one line at a time above a bar that is drawn now.
    pub fn status(&self) -> Out<'static> {
        let choice = self.stderr_color.into();
        let stream: Box<dyn Write> = match self.bar.get() {
            Some(bar) => Box::new(AboveBar {
                bar,
                streams: self.streams.clone(),
                choice,
            }),
            None => self.streams.stderr(choice),
        };
        Out::new(stream, self.width, self.stderr_color)
            .with_wrapping(self.stderr_wrapping)
            .with_options(self.options.clone())
    }

    /// Clears the present line of a terminal, on which the `^C` of the keyboard may stand. A message above a
    /// bar clears it, too.
    pub(crate) fn clear_line(&self) {
        if self.stderr_is_terminal && self.bar.get().is_none() {
            // The message that follows is readable on a line with other text, too.
            let _ = console::Term::stderr().clear_line();
        }
    }

    /// Clears the bar for good, because the process ends.
    pub(crate) fn remove_bar(&self) {
        self.bar.replace(None);
    }

    /// Whether stderr is a terminal.
    pub fn stderr_is_terminal(&self) -> bool {
        self.stderr_is_terminal
    }

    /// Who reads stdout.
    pub fn out_reader(&self) -> OutReader {
        self.out_reader
    }

    /// How much is printed.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Whether each request is logged on stderr.
    pub fn logs_requests(&self) -> bool {
        self.log
    }

    /// Writes the failure that stopped a run to stderr.
    pub fn failure(&self, failure: &Failure) {
        // A stderr that cannot be written leaves no place for a message about it.
        let _ = write_failure(&mut self.status(), failure);
    }
}
