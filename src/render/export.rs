//! Responsible for what `export` prints.

use super::labels::counted;
use super::messages::note;
use super::{Line, Out, Safe, Ui};
use std::io;

/// Notes before the rest is counted, unless all are asked for.
const NOTES: usize = 20;

/// Writes YAML in which nothing is left that a terminal or a CI runner obeys.
pub fn yaml(out: &mut Out<'_>, text: &str) -> io::Result<()> {
    out.raw(text.as_bytes())?;
    out.flush()
}

/// What an export left out, and how many placeholders are to be filled in.
pub fn left_out(ui: &Ui, notes: &[String], placeholders: usize) -> io::Result<()> {
    let shown = if ui.verbose() > 0 {
        notes.len()
    } else {
        notes.len().min(NOTES)
    };
    for text in &notes[..shown] {
        note(ui, text)?;
    }
    if shown < notes.len() {
        let more = notes.len() - shown;
        note(ui, &format!("{more} more are left out; -v names them"))?;
    }
    if placeholders == 0 {
        return Ok(());
    }
    let text = format!("placeholders to be filled in before the next apply: {placeholders}");
    note(ui, &text)
}

/// What was written.
pub fn written(ui: &Ui, files: usize, directory: &str) -> io::Result<()> {
    let mut out = ui.out();
    let text = format!("wrote {} below {directory}", counted(files, "file"));
    out.line(&Line::at(0).hang(2).text(Safe::new(text)))?;
    let next = format!("Next: airlift plan -f {directory}");
    out.line(&Line::at(0).hang(2).text(Safe::new(next)))?;
    out.flush()
}
