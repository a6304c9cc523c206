//! Responsible for the output of `export`.

use super::json;
use super::labels::counted;
use super::messages::{next_command, print_note};
use super::{Line, Out, Safe, Ui};
use std::io;

/// Notes that are written before the rest is counted, unless `-v` is given.
const NOTES: usize = 20;

/// Writes YAML of this program, in which dangerous characters are already escaped.
pub fn yaml(out: &mut Out<'_>, text: &str) -> io::Result<()> {
    out.raw(text.as_bytes())?;
    out.flush()
}

/// Says what an export left out, and how many placeholders the files contain.
pub fn left_out(ui: &Ui, notes: &[String], placeholders: usize) -> io::Result<()> {
    let shown = if ui.verbosity().lists_all() {
        notes.len()
    } else {
        notes.len().min(NOTES)
    };
    for text in &notes[..shown] {
        print_note(ui, text)?;
    }
    if shown < notes.len() {
        let more = notes.len() - shown;
        print_note(ui, &format!("{more} more are left out; -v lists them"))?;
    }
    self::placeholders(ui, placeholders)
}

/// Says how many placeholders were written.
pub(super) fn placeholders(ui: &Ui, count: usize) -> io::Result<()> {
    if count == 0 {
        return Ok(());
    }
    let text = format!("placeholders to replace before the next apply: {count}");
    print_note(ui, &text)
}

/// Counts the written files, and names the next command.
pub fn written(ui: &Ui, files: usize, directory: &str, next: &str) -> io::Result<()> {
    let mut out = ui.out();
    if out.events().is_some() {
        return json::exported(&mut out, directory, files, next);
    }
    let text = format!("wrote {} below {directory}", counted(files, "file"));
    out.line(&Line::at(0).hang(2).text(Safe::new(text)))?;
    out.line(&next_command(next))?;
    out.flush()
}
