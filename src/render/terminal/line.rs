//! Responsible for lines of labeled text: how they are wrapped at a width and written.
//!
//! A [`Line`] takes [`SafeText`] only. An [`Out`] wraps lines at its width and checks each
//! physical line for CI commands again, because wrapping can put any text at the start of a line.

use super::Color;
use super::repeated::RepeatedOptions;
use super::sanitize::{self, SafeText};
use super::style::Label;
use super::wrap::{display_width, wrap};
use crate::render::ndjson::EventStream;
use std::io::{self, Write};
use std::ops::Range;

/// The bytes of most lines. A line allocates memory for them once.
const USUAL_WIDTH: usize = 96;
/// The parts of most lines.
const USUAL_PARTS: usize = 8;

/// One line of labeled text.
#[derive(Clone, Debug, Default)]
pub struct Line {
    text: String,
    /// Label and end of each part; a part starts where the one before it ends.
    parts: Vec<(Label, usize)>,
    indent: usize,
    hang: usize,
    wrapping: Wrapping,
}

/// Whether a line, or every line of a stream, is wrapped.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Wrapping {
    /// At the width of the stream.
    #[default]
    AtWidth,
    /// Never: the line is a command, which a reader copies, or the stream is a pipe or a file.
    Never,
}

impl Line {
    /// An empty line. It and its continuations start at a column.
    pub fn at(indent: usize) -> Self {
        Self {
            text: String::with_capacity(USUAL_WIDTH),
            parts: Vec::with_capacity(USUAL_PARTS),
            indent,
            hang: indent,
            wrapping: Wrapping::default(),
        }
    }

    /// Sets the column at which continuations start.
    #[must_use]
    pub fn hang(mut self, column: usize) -> Self {
        self.hang = column;
        self
    }

    /// Never wraps the line.
    #[must_use]
    pub fn unwrapped(mut self) -> Self {
        self.wrapping = Wrapping::Never;
        self
    }

    /// Adds text.
    #[must_use]
    pub fn text(self, text: impl SafeText) -> Self {
        self.label(Label::Plain, text)
    }

    /// Adds labeled text.
    #[must_use]
    pub fn label(mut self, label: Label, text: impl SafeText) -> Self {
        self.push(label, text);
        self
    }

    /// Adds labeled text.
    pub fn push(&mut self, label: Label, text: impl SafeText) {
        text.append_to(&mut self.text);
        self.parts.push((label, self.text.len()));
    }

    /// Adds the text of another line.
    pub fn append(&mut self, other: &Self) {
        let start = self.text.len();
        self.text.push_str(&other.text);
        let parts = other.parts.iter().map(|(label, end)| (*label, start + end));
        self.parts.extend(parts);
    }

    /// Adds blanks up to a column. A line that is not empty gets at least one blank.
    #[must_use]
    pub fn pad_to(mut self, column: usize) -> Self {
        let width = self.indent + self.width();
        let blanks = column.saturating_sub(width).max(usize::from(width > 0));
        self.text.extend(std::iter::repeat_n(' ', blanks));
        self.parts.push((Label::Plain, self.text.len()));
        self
    }

    /// The text without the indent.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Inserts safe text before a byte, into the part of this byte.
    pub(super) fn insert(&mut self, at: usize, safe: &str) {
        self.text.insert_str(at, safe);
        let later = self.parts.iter_mut().filter(|(_, end)| *end > at);
        later.for_each(|(_, end)| *end += safe.len());
    }

    /// The columns of the widest word.
    pub fn widest_word(&self) -> usize {
        self.text.split(' ').map(display_width).max().unwrap_or(0)
    }

    /// The columns of the text, without the indent.
    pub fn width(&self) -> usize {
        display_width(&self.text)
    }
}

/// A stream for lines, with its width and its color.
pub struct Out<'a> {
    writer: Box<dyn Write + 'a>,
    width: usize,
    wrapping: Wrapping,
    color: Color,
    /// What suggested commands repeat.
    options: RepeatedOptions,
    /// Where documents go with `--json`.
    events: Option<EventStream>,
    /// The reader closed the pipe.
    is_closed: bool,
}

impl<'a> Out<'a> {
    /// Writes to `writer`, which should be buffered.
    pub fn new(writer: impl Write + 'a, width: usize, color: Color) -> Self {
        Self {
            writer: Box::new(writer),
            width,
            wrapping: Wrapping::AtWidth,
            color,
            options: RepeatedOptions::default(),
            events: None,
            is_closed: false,
        }
    }

    /// Repeats options in the commands that lines suggest.
    #[must_use]
    pub fn with_options(self, options: RepeatedOptions) -> Self {
        Self { options, ..self }
    }

    /// Sets whether lines are wrapped.
    #[must_use]
    pub(super) fn with_wrapping(self, wrapping: Wrapping) -> Self {
        Self { wrapping, ..self }
    }

    /// Writes documents as events.
    #[must_use]
    pub(super) fn with_events(self, events: Option<EventStream>) -> Self {
        Self { events, ..self }
    }

    /// Where documents go with `--json`.
    pub(in crate::render) fn events(&self) -> Option<&EventStream> {
        self.events.as_ref()
    }

    /// The text with the options in the commands that it suggests.
    pub(in crate::render) fn completed(&self, text: String) -> String {
        self.options.completed(text)
    }

    /// The columns of a line.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether labels are written as colors.
    pub fn color(&self) -> Color {
        self.color
    }

    /// Writes an empty line.
    pub fn blank(&mut self) -> io::Result<()> {
        self.raw(b"\n")
    }

    /// Writes a line of ordinary text.
    pub fn say(&mut self, text: impl SafeText) -> io::Result<()> {
        self.line(&Line::at(0).text(text))
    }

    /// Writes a line, wrapped at the width.
    pub fn line(&mut self, line: &Line) -> io::Result<()> {
        let completed = self.options.complete(line);
        let line = completed.as_ref().unwrap_or(line);
        let width_from = |column: usize| match (line.wrapping, self.wrapping) {
            (Wrapping::AtWidth, Wrapping::AtWidth) => self.width.saturating_sub(column).max(16),
            _ => usize::MAX,
        };
        let pieces = wrap(&line.text, width_from(line.indent), width_from(line.hang));
        let mut bytes = Vec::with_capacity(line.text.len() + 16);
        for (index, piece) in pieces.into_iter().enumerate() {
            let column = if index == 0 { line.indent } else { line.hang };
            bytes.resize(bytes.len() + column, b' ');
            self.piece(&mut bytes, line, piece)?;
            bytes.push(b'\n');
        }
        self.raw(&bytes)
    }

    /// Writes as many sentences on a line as fit, continued at a column. Only a sentence that is
    /// wider than a line is broken.
    pub fn sentences(&mut self, hang: usize, sentences: &[Line]) -> io::Result<()> {
        let mut current = Line::default().hang(hang);
        for sentence in sentences {
            let width = current.indent + current.width() + 1 + sentence.width();
            if current.width() > 0 && width > self.width {
                self.line(&std::mem::replace(&mut current, Line::at(hang)))?;
            }
            if current.width() > 0 {
                current.push(Label::Plain, " ");
            } else {
                current.indent = current.indent.max(sentence.indent);
            }
            current.append(sentence);
        }
        self.line(&current)
    }

    /// Writes a shell script of this program byte for byte.
    pub fn script(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.raw(bytes)
    }

    /// Flushes the stream.
    pub fn flush(&mut self) -> io::Result<()> {
        let result = self.writer.flush();
        self.ignore_closed_pipe(result)
    }

    /// Writes bytes that are known to be safe: those of [`crate::render::json`] and of lines.
    /// With `--json`, stdout has events only.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.is_closed || self.events.is_some() {
            return Ok(());
        }
        let result = self.writer.write_all(bytes);
        self.ignore_closed_pipe(result)
    }

    /// A reader that closes the pipe (`| head`) is not an error. Later output is dropped.
    fn ignore_closed_pipe(&mut self, result: io::Result<()>) -> io::Result<()> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            other => other,
        }
    }

    fn piece(&self, bytes: &mut Vec<u8>, line: &Line, piece: Range<usize>) -> io::Result<()> {
        let commands = sanitize::commands(&line.text[piece.clone()]);
        let mut start = 0;
        for &(label, end) in &line.parts {
            let part = start.max(piece.start)..end.min(piece.end);
            start = end;
            if part.is_empty() {
                continue;
            }
            let in_part: Vec<_> = commands
                .iter()
                .map(|at| piece.start + at)
                .filter(|at| part.contains(at))
                .map(|at| at - part.start)
                .collect();
            let text = sanitize::break_at(&line.text[part], &in_part);
            let style = label.style();
            if self.color == Color::On && !style.is_plain() {
                write!(bytes, "{style}{text}{style:#}")?;
            } else {
                bytes.extend_from_slice(text.as_bytes());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Color, Label, Line, Out, sanitize::Safe};
    use proptest::prelude::*;

    fn written(line: &Line, width: usize, color: Color) -> String {
        let mut bytes = Vec::new();
        Out::new(&mut bytes, width, color).line(line).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn line_too_wide_wraps_at_blanks_and_hangs() {
        let line = Line::at(2).hang(4).text("one two three four five");
        assert_eq!(
            written(&line, 18, Color::Off),
            "  one two three\n    four five\n"
        );
    }

    #[test]
    fn line_of_one_long_word_is_not_broken() {
        let line = Line::at(0).text("abcdefghijklmnopqrstuvwxyz");
        let expected = "abcdefghijklmnopqrstuvwxyz\n";
        assert_eq!(written(&line, 20, Color::Off), expected);
    }

    #[test]
    fn line_that_starts_with_a_ci_command_is_broken() {
        let line = Line::at(2).text(Safe::new("::error::x"));
        assert_eq!(written(&line, 80, Color::Off), "  \\u{3a}:error::x\n");
    }

    #[test]
    fn line_wrapped_before_a_ci_command_is_broken() {
        let line = Line::at(0).text(Safe::new("aaaa bbbb cccc ::set-env"));
        assert_eq!(
            written(&line, 16, Color::Off),
            "aaaa bbbb cccc\n\\u{3a}:set-env\n"
        );
    }

    #[test]
    fn line_whose_parts_form_a_ci_command_is_broken() {
        let line = Line::at(0).text("#").label(Label::Strong, "#[group]");
        assert_eq!(written(&line, 80, Color::Off), "\\u{23}#[group]\n");
        let line = Line::at(0).text("###").label(Label::Strong, "[");
        assert!(!written(&line, 20, Color::Off).contains("##["));
    }

    #[test]
    fn line_with_color_has_styles_around_its_parts() {
        let line = Line::at(1).label(Label::Create, "+").text(" x");
        assert_eq!(written(&line, 80, Color::On), " \u{1b}[32m+\u{1b}[0m x\n");
        assert_eq!(written(&line, 80, Color::Off), " + x\n");
    }

    #[test]
    fn out_with_a_closed_pipe_reports_no_error() {
        struct ClosedPipe;
        impl std::io::Write for ClosedPipe {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
        }
        let mut out = Out::new(ClosedPipe, 80, Color::Off);
        assert!(out.say("x").is_ok() && out.say("y").is_ok() && out.flush().is_ok());
    }

    proptest! {
        #[test]
        fn line_of_any_text_keeps_every_character_and_only_a_word_is_wider(
            text in "[a-z 日é]{0,200}", width in 20_usize..100,
        ) {
            let shown = written(&Line::at(2).hang(4).text(Safe::new(&text)), width, Color::Off);
            let letters = |text: &str| text.replace([' ', '\n'], "");
            prop_assert_eq!(letters(&shown), letters(&text));
            for line in shown.lines() {
                let is_word = !line.trim().contains(' ');
                prop_assert!(textwrap::core::display_width(line) <= width || is_word);
            }
        }

        #[test]
        fn line_of_any_parts_holds_no_ci_command(
            parts in proptest::collection::vec("[ :#\\[a-z]{0,12}", 0..8), width in 20_usize..40,
        ) {
            let mut line = Line::at(0);
            for part in &parts {
                line.push(Label::Strong, Safe::new(part));
            }
            for line in written(&line, width, Color::Off).lines() {
                prop_assert!(!line.trim_start().starts_with("::"));
                prop_assert!(!line.contains("##[") && !line.contains("##vso["));
            }
        }
    }
}
