//! Responsible for lists under a heading.

use super::Phrase;
use crate::render::{Label, Safe};
use std::fmt::Display;

/// A list under a heading.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// A label whose symbol stands before the title.
    pub(crate) symbol: Option<Label>,
    pub(crate) label: Label,
    pub(crate) title: &'static str,
    /// The number of rows with their noun.
    pub(crate) count: Option<String>,
    pub(crate) meaning: &'static str,
    pub(crate) rows: Vec<Row>,
    pub(crate) listing: Listing,
}

/// One entry of a group.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) text: Phrase,
    /// A second line.
    pub(crate) detail: Option<Safe>,
}

/// Which rows a short form lists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Listing {
    /// Every row, because each says something else.
    All,
    /// The first few; the rest is counted.
    First,
    /// None; the heading counts them.
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
