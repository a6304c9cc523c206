//! Responsible for lists under a heading.

use super::Phrase;
use crate::render::{Label, Safe};
use std::fmt::Display;

/// A list under a heading.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// The label whose symbol is written before the title.
    pub(crate) symbol: Option<Label>,
    pub(crate) label: Label,
    pub(crate) title: &'static str,
    /// The number of rows with their noun.
    pub(crate) count: Option<String>,
    pub(crate) meaning: &'static str,
    /// The code that `airlift explain` knows.
    pub(crate) code: Option<Safe>,
    pub(crate) rows: Vec<Row>,
    pub(crate) listing: Listing,
}

/// One row of a group.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) text: Phrase,
    /// A second line.
    pub(crate) detail: Option<Safe>,
}

/// Which rows are listed without `-v`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Listing {
    /// Every row, because the rows differ.
    All,
    /// The first few. The rest is counted.
    First,
    /// None. The heading counts them.
    None,
}

impl Row {
    pub(crate) fn new(text: Phrase) -> Self {
        Self { text, detail: None }
    }

    /// A row for each item.
    pub(crate) fn each<T: Display>(items: &[T]) -> Vec<Self> {
        items
            .iter()
            .map(|item| Self::new(Phrase::plain(Safe::new(item))))
            .collect()
    }
}
