//! Responsible for labeled text that has no layout yet.

use crate::render::{Label, Safe};

/// Pieces of safe text, each with its label.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Phrase(Vec<(Label, Safe)>);

impl Phrase {
    /// A phrase of one labeled piece.
    pub(crate) fn new(label: Label, text: impl Into<Safe>) -> Self {
        Self::default().label(label, text)
    }

    /// A phrase of one ordinary piece.
    pub(crate) fn plain(text: impl Into<Safe>) -> Self {
        Self::new(Label::Plain, text)
    }

    #[must_use]
    pub(crate) fn label(mut self, label: Label, text: impl Into<Safe>) -> Self {
        self.0.push((label, text.into()));
        self
    }

    #[must_use]
    pub(crate) fn text(self, text: impl Into<Safe>) -> Self {
        self.label(Label::Plain, text)
    }

    /// The text without labels.
    pub(crate) fn plain_text(&self) -> String {
        self.0.iter().map(|(_, piece)| piece.as_str()).collect()
    }

    pub(crate) fn pieces(&self) -> &[(Label, Safe)] {
        &self.0
    }
}
