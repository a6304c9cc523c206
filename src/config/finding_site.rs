//! Responsible for the place of a finding, which outlives the tree of a file and the customer of a row.

use super::diagnostic::{Excerpt, Location, row_label};
use super::origin::{Origin, PathStep, Position};

/// The location of a finding whose message is built later.
#[derive(Clone, Debug)]
pub(super) struct FindingSite {
    pub(super) location: Location,
    /// The row of a table that the message starts with.
    pub(super) row: Option<usize>,
    /// The column that the message names after the row.
    pub(super) column: Option<String>,
    /// Whether many rows have the value, so that a finding is reported once.
    pub(super) is_shared: bool,
    pub(super) path: Option<String>,
    pub(super) excerpt: Option<Excerpt>,
    pub(super) steps: Vec<PathStep>,
}

impl From<Origin<'_>> for FindingSite {
    fn from(origin: Origin<'_>) -> Self {
        if let Some(site) = origin.row_site() {
            return Self {
                path: origin.path(),
                steps: origin.steps(),
                ..site
            };
        }
        let location = origin.location();
        Self {
            row: None,
            column: None,
            is_shared: false,
            excerpt: origin.excerpt(&location),
            location,
            path: origin.path(),
            steps: origin.steps(),
        }
    }
}

impl FindingSite {
    /// A place that is not in the tree of a file.
    pub(super) fn new(location: Location) -> Self {
        Self {
            location,
            row: None,
            column: None,
            is_shared: false,
            path: None,
            excerpt: None,
            steps: Vec::new(),
        }
    }

    /// The place in a row of a table.
    pub(super) fn in_row(self, row: usize) -> Self {
        Self {
            row: Some(row),
            ..self
        }
    }

    /// The place in a column of a table, whose name is quoted.
    pub(super) fn in_column(self, column: String) -> Self {
        Self {
            column: Some(column),
            ..self
        }
    }

    /// A message with the row and the column in front.
    pub(super) fn labeled(&self, message: String) -> String {
        match (self.row.map(row_label), &self.column) {
            (Some(row), Some(column)) => format!("{row}, column {column}: {message}"),
            (Some(row), None) => format!("{row}: {message}"),
            (None, _) => message,
        }
    }

    /// The place of a value that many rows have.
    pub(super) fn shared(self) -> Self {
        Self {
            is_shared: true,
            ..self
        }
    }

    pub(super) fn position(&self) -> Position {
        Position::new(&self.location)
    }
}
