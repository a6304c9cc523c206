//! Lines of labelled text, and the one place where they are wrapped and written.
//!
//! A [`Line`] takes [`Safe`] parts only. An [`Out`] breaks lines at its width and looks once more
//! for CI commands in each physical line, because wrapping can put anything at its start.

use super::sanitize::{self, Safe};
use super::style::Label;
use std::io::{self, Write};
use std::ops::Range;
use textwrap::core::display_width;

/// One line of labelled text.
#[derive(Clone, Debug, Default)]
pub struct Line {
    text: String,
    /// Label and end of each part; a part starts where the one before it ends.
    parts: Vec<(Label, usize)>,
    indent: usize,
    hang: usize,
}

impl Line {
    /// An empty line that starts at a column, and so do its continuations.
    pub fn at(indent: usize) -> Self {
        Self {
            indent,
            hang: indent,
            ..Self::default()
        }
    }

    /// Where continuations start.
    #[must_use]
    pub fn hang(mut self, column: usize) -> Self {
        self.hang = column;
        self
    }

    /// Adds text.
    #[must_use]
    pub fn text(self, text: impl Into<Safe>) -> Self {
        self.label(Label::Plain, text)
    }

    /// Adds labelled text.
    #[must_use]
    pub fn label(mut self, label: Label, text: impl Into<Safe>) -> Self {
        self.push(label, text);
        self
    }

    /// Adds labelled text.
    pub fn push(&mut self, label: Label, text: impl Into<Safe>) {
        self.text.push_str(text.into().as_str());
        self.parts.push((label, self.text.len()));
    }

    /// Adds all of another line's text.
    pub fn append(&mut self, other: &Self) {
        let start = self.text.len();
        self.text.push_str(&other.text);
        let moved = other.parts.iter().map(|(label, end)| (*label, start + end));
        self.parts.extend(moved);
    }

    /// Adds blanks up to a column; one at least, unless nothing is there yet.
    #[must_use]
    pub fn pad_to(mut self, column: usize) -> Self {
        let have = self.indent + self.width();
        let blanks = column.saturating_sub(have).max(usize::from(have > 0));
        self.text.extend(std::iter::repeat_n(' ', blanks));
        self.parts.push((Label::Plain, self.text.len()));
        self
    }

    /// Columns that the widest word takes.
    pub fn widest_word(&self) -> usize {
        let widths = self.text.split(' ').map(display_width);
        widths.max().unwrap_or(0)
    }

    /// Columns that the text takes, without the indent.
    pub fn width(&self) -> usize {
        display_width(&self.text)
    }
}

/// Where lines go: a stream with a width and a choice about color.
pub struct Out<'a> {
    writer: Box<dyn Write + 'a>,
    width: usize,
    color: bool,
    gone: bool,
}

impl<'a> Out<'a> {
    /// Writes to `writer`, which should be buffered.
    pub fn new(writer: impl Write + 'a, width: usize, color: bool) -> Self {
        Self {
            writer: Box::new(writer),
            width,
            color,
            gone: false,
        }
    }

    /// Columns of a line.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether labels show as colors.
    pub fn color(&self) -> bool {
        self.color
    }

    /// An empty line.
    pub fn blank(&mut self) -> io::Result<()> {
        self.raw(b"\n")
    }

    /// A line of ordinary text.
    pub fn say(&mut self, text: impl Into<Safe>) -> io::Result<()> {
        self.line(&Line::at(0).text(text))
    }

    /// A line, wrapped at the width.
    pub fn line(&mut self, line: &Line) -> io::Result<()> {
        let room = |column: usize| self.width.saturating_sub(column).max(16);
        let pieces = wrap(&line.text, room(line.indent), room(line.hang));
        let mut bytes = Vec::with_capacity(line.text.len() + 16);
        for (index, piece) in pieces.into_iter().enumerate() {
            let column = if index == 0 { line.indent } else { line.hang };
            bytes.resize(bytes.len() + column, b' ');
            self.piece(&mut bytes, line, piece)?;
            bytes.push(b'\n');
        }
        self.raw(&bytes)
    }

    /// Sentences, as many on a line as fit, continued at a column; none is broken unless it is
    /// wider than a line.
    pub fn sentences(&mut self, hang: usize, sentences: &[Line]) -> io::Result<()> {
        let mut current = Line::default();
        for sentence in sentences {
            let fits = current.indent + current.width() + 1 + sentence.width() <= self.width;
            if current.width() > 0 && !fits {
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

    /// A script for a shell, byte for byte; of this program's own making, never anything else.
    pub fn script(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.raw(bytes)
    }

    /// What has been written so far reaches its reader.
    pub fn flush(&mut self) -> io::Result<()> {
        let flushed = self.writer.flush();
        self.forgive(flushed)
    }

    /// Bytes that are known to be safe: those of [`crate::render::json`] and of lines built here.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.gone {
            return Ok(());
        }
        let written = self.writer.write_all(bytes);
        self.forgive(written)
    }

    /// A reader that has seen enough (`| head`) is no error; what follows goes nowhere.
    fn forgive(&mut self, result: io::Result<()>) -> io::Result<()> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
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
            let inside = commands.iter().map(|at| piece.start + at);
            let inside: Vec<_> = inside
                .filter(|at| part.contains(at))
                .map(|at| at - part.start)
                .collect();
            let text = sanitize::break_at(&line.text[part], &inside);
            let style = label.style();
            if self.color && !style.is_plain() {
                write!(bytes, "{style}{text}{style:#}")?;
            } else {
                write!(bytes, "{text}")?;
            }
        }
        Ok(())
    }
}

/// Breaks a text at blanks so that no piece is wider than its room; a word that is wider than
/// that is broken where the room ends.
fn wrap(text: &str, first: usize, rest: usize) -> Vec<Range<usize>> {
    if display_width(text) <= first {
        return std::iter::once(0..text.trim_end().len()).collect();
    }
    let mut pieces = Vec::new();
    let (mut start, mut room) = (0, first);
    while start < text.len() {
        let end = start + fitting(&text[start..], room);
        pieces.push(start..start + text[start..end].trim_end().len());
        start = end + (text[end..].len() - text[end..].trim_start().len());
        room = rest;
    }
    pieces
}

/// How many bytes of a text go on a line.
fn fitting(text: &str, room: usize) -> usize {
    let mut column = 0;
    let mut last_blank = None;
    for (at, character) in text.char_indices() {
        if character == ' ' && !text[..at].trim_start().is_empty() {
            last_blank = Some(at);
        }
        column += display_width(character.encode_utf8(&mut [0; 4]));
        if column > room {
            return last_blank.unwrap_or_else(|| at.max(character.len_utf8()));
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{Label, Line, Out, Safe};
    use proptest::prelude::*;

    fn written(line: &Line, width: usize, color: bool) -> String {
        let mut bytes = Vec::new();
        Out::new(&mut bytes, width, color).line(line).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn lines_wrap_at_blanks_and_hang() {
        let line = Line::at(2).hang(4).text("one two three four five");
        assert_eq!(
            written(&line, 18, false),
            "  one two three\n    four five\n"
        );
        let line = Line::at(0).text("abcdefghijklmnopqrstuvwxyz");
        assert_eq!(written(&line, 20, false), "abcdefghijklmnopqrst\nuvwxyz\n");
    }

    #[test]
    fn a_command_is_broken_wherever_it_comes_to_stand() {
        let line = Line::at(2).text(Safe::new("::error::x"));
        assert_eq!(written(&line, 80, false), "  \\u{3a}:error::x\n");
        let line = Line::at(0).text(Safe::new("aaaa bbbb cccc ::set-env"));
        assert_eq!(
            written(&line, 16, false),
            "aaaa bbbb cccc\n\\u{3a}:set-env\n"
        );
        let line = Line::at(0).text("#").label(Label::Strong, "#[group]");
        assert_eq!(written(&line, 80, false), "\\u{23}#[group]\n");
        let line = Line::at(0).text("###").label(Label::Strong, "[");
        assert!(!written(&line, 20, false).contains("##["));
    }

    #[test]
    fn color_is_added_around_parts() {
        let line = Line::at(1).label(Label::Create, "+").text(" x");
        assert_eq!(written(&line, 80, true), " \u{1b}[32m+\u{1b}[0m x\n");
        assert_eq!(written(&line, 80, false), " + x\n");
    }

    #[test]
    fn a_reader_that_left_is_no_error() {
        struct Gone;
        impl std::io::Write for Gone {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
        }
        let mut out = Out::new(Gone, 80, false);
        assert!(out.say("x").is_ok() && out.say("y").is_ok() && out.flush().is_ok());
    }

    proptest! {
        #[test]
        fn every_character_survives_and_no_line_is_too_wide(
            text in "[a-z 日é]{0,200}", width in 20_usize..100,
        ) {
            let shown = written(&Line::at(2).hang(4).text(Safe::new(&text)), width, false);
            let letters = |text: &str| text.replace([' ', '\n'], "");
            prop_assert_eq!(letters(&shown), letters(&text));
            let widest = shown.lines().map(textwrap::core::display_width).max();
            prop_assert!(widest.unwrap_or(0) <= width);
        }

        #[test]
        fn no_line_is_a_command(
            parts in proptest::collection::vec("[ :#\\[a-z]{0,12}", 0..8), width in 20_usize..40,
        ) {
            let mut line = Line::at(0);
            for part in &parts {
                line.push(Label::Strong, Safe::new(part));
            }
            for line in written(&line, width, false).lines() {
                prop_assert!(!line.trim_start().starts_with("::"));
                prop_assert!(!line.contains("##[") && !line.contains("##vso["));
            }
        }
    }
}
