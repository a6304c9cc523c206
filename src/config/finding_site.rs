//! Responsible for the place of a finding, which outlives the tree of a file and the customer of a row.

use super::diagnostic::{Excerpt, Location};
use super::origin::{Origin, PathStep, Position};

/// The location of a finding whose message is built later.
#[derive(Clone, Debug)]
pub(super) struct FindingSite {
    pub(super) location: Location,
    /// What the message starts with: the row and the column.
    pub(super) label: Option<String>,
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
            label: None,
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
            label: None,
            is_shared: false,
            path: None,
            excerpt: None,
            steps: Vec::new(),
        }
    }

    /// The place with a label that starts the message.
    pub(super) fn with_label(self, label: String) -> Self {
        Self {
            label: Some(label),
            ..self
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
