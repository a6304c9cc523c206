//! What `ledger rekey` did, as text.

use super::line::{Line, Out};
use super::sanitize::Safe;
use super::style::Label;
use super::words::counted;
use serde::Serialize;
use std::io;

/// What became of the ledger's fingerprints.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Rekeyed {
    /// Connectors whose fingerprints now have the new key.
    pub moved: usize,
    /// Connectors whose fingerprints had it before.
    pub already: usize,
    /// Connectors that were left alone, and why.
    pub left: Vec<Left>,
}

impl Rekeyed {
    /// Notes a connector that is left alone.
    pub fn left(&mut self, address: &impl ToString, why: String) {
        let address = address.to_string();
        self.left.push(Left { address, why });
    }
}

/// A connector that was left alone.
#[derive(Clone, Debug, Serialize)]
pub struct Left {
    /// Which.
    pub address: String,
    /// Why.
    pub why: String,
}

/// Writes it.
pub fn rekeyed(out: &mut Out<'_>, rekeyed: &Rekeyed) -> io::Result<()> {
    for left in &rekeyed.left {
        let line = Line::at(0).hang(2).label(Label::Warning, "left: ");
        let line = line.label(Label::Strong, Safe::new(&left.address));
        out.line(&line.text(": ").text(Safe::new(&left.why)))?;
    }
    let mut text = format!(
        "Moved to the new key: {}.",
        counted(rekeyed.moved, "connector")
    );
    for (what, count) in [
        ("Already there", rekeyed.already),
        ("Left", rekeyed.left.len()),
    ] {
        if count > 0 {
            text = format!("{text} {what}: {count}.");
        }
    }
    out.line(&Line::at(0).hang(2).text(Safe::new(text)))?;
    out.flush()
}
