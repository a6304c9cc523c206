//! Responsible for the result of `ledger rekey` as text.

use super::add;
use crate::render::view::rekey::{Rekeyed, RekeyedView};
use crate::render::{Line, Out};
use std::io;

/// Writes the result of `ledger rekey`.
pub fn rekeyed(out: &mut Out<'_>, rekeyed: &Rekeyed) -> io::Result<()> {
    let view = RekeyedView::new(rekeyed);
    for left in &view.left {
        out.line(&add(Line::at(0).hang(2), left))?;
    }
    out.line(&Line::at(0).hang(2).text(view.summary))?;
    out.flush()
}
