//! Responsible for lists under a heading.

use super::Phrase;
use crate::model::Address;
use crate::render::{Label, Safe};

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
    /// What rows with the same cause have in common.
    pub(crate) cause: Option<String>,
}

/// Which rows are listed without `-v`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Listing {
    /// Every row, because the rows differ.
    All,
    /// The first few. The rest is counted.
    First,
    /// The first few of each cause. The rest of each cause is counted.
    FirstOfEachCause,
    /// None. The heading counts them.
    None,
}

impl Row {
    pub(crate) fn new(text: Phrase) -> Self {
        Self {
            text,
            detail: None,
            cause: None,
        }
    }

    /// The same row, which is listed beside the others of its cause.
    #[must_use]
    pub(crate) fn with_cause(mut self, cause: String) -> Self {
        self.cause = Some(cause);
        self
    }

    /// A row for each customer.
    pub(crate) fn names(names: &[String]) -> Vec<Self> {
        names
            .iter()
            .map(|name| Self::new(Phrase::plain(Safe::name(name))))
            .collect()
    }

    /// A row for each address.
    pub(crate) fn addresses(addresses: &[&Address]) -> Vec<Self> {
        addresses
            .iter()
            .map(|address| Self::new(Phrase::plain(Safe::address(address))))
            .collect()
    }
}
