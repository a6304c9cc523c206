//! Responsible for drawing the table of `ledger sign` as text.

use super::add;
use crate::render::view::signing::{Signing, SigningView};
use crate::render::{Label, Line, Out, Safe};
use std::io;

/// Writes the table.
pub fn signing(out: &mut Out<'_>, signing: &Signing) -> io::Result<()> {
    for (indent, phrase) in &SigningView::new(signing).lines {
        out.line(&add(Line::at(*indent).hang(2), phrase))?;
    }
    out.flush()
}

/// Counts what was signed, and names the next command.
pub fn signed(out: &mut Out<'_>, signing: &Signing) -> io::Result<()> {
    let signed = signing.entries.iter().filter(|entry| entry.signed).count();
    let removed = signing.entries.len() - signed;
    let removed = if removed == 0 {
        String::new()
    } else {
        format!(" Removed: {}.", entries(removed))
    };
    let text = format!("Signed: {}.{removed} Next: `airlift plan`", entries(signed));
    out.line(&Line::at(0).hang(2).label(Label::Strong, Safe::new(text)))?;
    out.flush()
}

fn entries(count: usize) -> String {
    match count {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    }
}
