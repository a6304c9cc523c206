//! Responsible for what `ledger rekey` did, as a reader sees it.

use super::Phrase;
use crate::render::labels::counted;
use crate::render::{Label, Safe};
use serde::Serialize;

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

/// What became of the fingerprints.
#[derive(Debug)]
pub(crate) struct RekeyedView {
    /// Connectors that were left alone.
    pub(crate) left: Vec<Phrase>,
    pub(crate) summary: Safe,
}

impl RekeyedView {
    pub(crate) fn new(rekeyed: &Rekeyed) -> Self {
        Self {
            left: rekeyed.left.iter().map(left).collect(),
            summary: summary(rekeyed),
        }
    }
}

fn left(left: &Left) -> Phrase {
    Phrase::new(Label::Warning, "left: ")
        .label(Label::Strong, Safe::new(&left.address))
        .text(": ")
        .text(Safe::new(&left.why))
}

fn summary(rekeyed: &Rekeyed) -> Safe {
    let moved = counted(rekeyed.moved, "connector");
    let counts = [
        ("Already there", rekeyed.already),
        ("Left", rekeyed.left.len()),
    ];
    let sentences: Vec<String> = counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| format!(" {what}: {count}."))
        .collect();
    Safe::new(format_args!(
        "Moved to the new key: {moved}.{}",
        sentences.concat()
    ))
}
