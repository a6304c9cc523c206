//! Responsible for the result of `ledger rekey` and its view.

use super::Phrase;
use crate::render::labels::counted;
use crate::render::{Label, Safe};
use serde::Serialize;

/// The result of `ledger rekey`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Rekeyed {
    /// Connectors whose fingerprints were moved to the new key.
    pub moved: usize,
    /// Connectors whose fingerprints already had the new key.
    pub already: usize,
    /// Connectors whose fingerprints keep the old key.
    pub left: Vec<Left>,
}

impl Rekeyed {
    /// Adds a connector whose fingerprints keep the old key.
    pub fn left(&mut self, address: &impl ToString, why: String) {
        let address = address.to_string();
        self.left.push(Left { address, why });
    }
}

/// A connector whose fingerprints keep the old key.
#[derive(Clone, Debug, Serialize)]
pub struct Left {
    /// `customer/connector`.
    pub address: String,
    /// The reason, as a lower-case fragment.
    pub why: String,
}

/// The view of a [`Rekeyed`].
#[derive(Debug)]
pub(crate) struct RekeyedView {
    /// Connectors whose fingerprints keep the old key.
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
        .label(Label::Strong, Safe::name(&left.address))
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
