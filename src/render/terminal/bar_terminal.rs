//! Responsible for the terminal of a bar, which leaves columns free for the `^C` of the keyboard, and for messages
//! that are written while a bar is drawn.

use super::streams::Streams;
use crate::model::LockUnpoisoned;
use anstream::ColorChoice;
use console::Term;
use indicatif::{ProgressBar, TermLike};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// Columns at the end of the line that a bar leaves free. The cursor stands there. The terminal writes `^C`
/// at the cursor: without a free column, the `^C` would end the line, and the bar could not be cleared anymore.
const FREE_COLUMNS: u16 = 3;

/// stderr, narrower than it is.
#[derive(Debug)]
pub(super) struct BarTerminal(Term);

impl BarTerminal {
    pub(super) fn new() -> Self {
        Self(Term::buffered_stderr())
    }
}

/// The columns of a bar on a terminal.
fn bar_columns(columns: u16) -> u16 {
    columns.saturating_sub(FREE_COLUMNS).max(1)
}

impl TermLike for BarTerminal {
    fn width(&self) -> u16 {
        bar_columns(self.0.size().1)
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        self.0.write_line(s)
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        self.0.write_str(s)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The bar that is drawn now, if any. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct PresentBar(Arc<Mutex<Option<ProgressBar>>>);

impl PresentBar {
    /// Replaces the bar. The one before is cleared.
    pub(super) fn replace(&self, bar: Option<ProgressBar>) {
        let before = std::mem::replace(&mut *self.0.lock_unpoisoned(), bar);
        if let Some(before) = before {
            before.finish_and_clear();
        }
    }

    pub(super) fn get(&self) -> Option<ProgressBar> {
        self.0.lock_unpoisoned().clone()
    }
}

/// Writes to stderr above a bar, which is cleared before each write and drawn again after it.
pub(super) struct AboveBar {
    pub(super) bar: ProgressBar,
    pub(super) streams: Streams,
    pub(super) choice: ColorChoice,
}

impl Write for AboveBar {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The thread that draws the bar locks the bar first, then stderr.
        let write = || self.streams.stderr(self.choice).write_all(bytes);
        self.bar.suspend(write)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{FREE_COLUMNS, PresentBar, bar_columns};
    use indicatif::ProgressBar;

    #[test]
    fn bar_columns_of_any_terminal_are_some_and_leave_columns_for_a_key() {
        assert_eq!(bar_columns(80), 80 - FREE_COLUMNS);
        assert_eq!(bar_columns(2), 1);
    }

    #[test]
    fn present_bar_that_is_replaced_is_finished() {
        let bar = ProgressBar::hidden();
        let present = PresentBar::default();
        present.replace(Some(bar.clone()));
        assert!(present.get().is_some() && !bar.is_finished());
        present.replace(None);
        assert!(present.get().is_none() && bar.is_finished());
    }
}
