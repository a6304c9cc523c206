//! Responsible for drawing the table of `ledger sign` as text.

use super::add;
use crate::render::view::signing::{Signing, SigningView};
use crate::render::{Line, Out};
use std::io;

/// Writes the table.
pub fn signing(out: &mut Out<'_>, signing: &Signing) -> io::Result<()> {
    for (indent, phrase) in &SigningView::new(signing).lines {
        out.line(&add(Line::at(*indent).hang(2), phrase))?;
    }
    out.flush()
}
