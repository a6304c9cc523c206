//! Responsible for positions and spans in a text, as the scanner counts them.

use saphyr_parser::Marker;

/// A line, counted from 1, and a column, counted from 0 in characters.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Ord, PartialOrd)]
pub(in crate::config) struct Mark {
    pub(in crate::config) line: u32,
    pub(in crate::config) column: u32,
}

/// The start and the end of a node.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::config) struct Span {
    pub(in crate::config) start: Mark,
    pub(in crate::config) end: Mark,
}

impl From<Marker> for Mark {
    fn from(marker: Marker) -> Self {
        Self {
            line: u32::try_from(marker.line()).unwrap_or(u32::MAX),
            column: u32::try_from(marker.col()).unwrap_or(u32::MAX),
        }
    }
}

impl From<saphyr_parser::Span> for Span {
    fn from(span: saphyr_parser::Span) -> Self {
        Self {
            start: span.start.into(),
            end: span.end.into(),
        }
    }
}

impl Mark {
    /// The span of the character at this position.
    pub(super) fn character(self) -> Span {
        let end = Self {
            column: self.column.saturating_add(1),
            ..self
        };
        Span { start: self, end }
    }
}
