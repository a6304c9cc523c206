//! Responsible for masking a source line.
//!
//! Keeps keys, punctuation and harmless values. Everything else, comments included, becomes `•••`.
//! The fixed width hides a secret's length.

#[cfg(test)]
mod tests;

use super::diagnostic::{Excerpt, Location};
use super::redaction::nameable;
use super::yaml::{Span, Tree};
use crate::catalog;

pub(super) const MASK: &str = "•••";

/// Words of the grammar that are no secret wherever they stand.
const PUBLIC: [&str; 7] = ["active", "eu", "false", "inactive", "none", "true", "us"];

/// Whether a value is a word of the grammar, or the name of a type.
fn is_public(value: &str) -> bool {
    PUBLIC.contains(&value) || catalog::find(value).is_some()
}

/// A masked line, and the column in it of each original character.
pub(super) struct Masked {
    text: String,
    columns: Vec<u32>,
}

impl Masked {
    /// Keeps the spans that the tree marks as harmless, and the punctuation outside values.
    pub(super) fn by_tree(line: &str, tree: &Tree, number: u32) -> Self {
        let length = line.chars().count();
        let mut keep: Vec<Option<bool>> = vec![None; length];
        let mut paint = |span: Span, value: bool| {
            let first = if span.start.line < number {
                0
            } else {
                span.start.column as usize
            };
            let last = if span.end.line > number {
                length
            } else {
                span.end.column as usize
            };
            let slots = keep.iter_mut().take(last).skip(first);
            slots.for_each(|slot| *slot = Some(value));
        };
        tree.shown_on(number).for_each(|span| paint(span, true));
        tree.hidden_on(number).for_each(|span| paint(span, false));
        // Outside keys and values, `#` starts a comment.
        let comment = line
            .chars()
            .zip(&keep)
            .position(|(character, painted)| painted.is_none() && character == '#');
        let slots = keep.iter_mut().skip(comment.unwrap_or(length));
        slots.for_each(|slot| *slot = Some(false));
        Self::build(line, |index, character| {
            let structural = " \t:-,{}[]?".contains(character);
            keep.get(index).copied().flatten().unwrap_or(structural)
        })
    }

    /// Masks a line without a tree: keeps the indentation, the first key if it looks like a name, and its value if it is a
    /// public word.
    pub(super) fn by_key(line: &str) -> Self {
        let lead = |c: char| c == ' ' || c == '-' || c == '\t';
        let body = line.trim_start_matches(lead);
        let indent = line.chars().count() - body.chars().count();
        let key = body.split_once(':').map(|(key, _)| key);
        let shown = key.filter(|key| nameable(key));
        let mut shown_width = indent + shown.map_or(0, |key| key.chars().count() + 1);
        let value = shown.map(|key| &body[key.len() + 1..]);
        if value.is_some_and(|value| value.starts_with(' ') && is_public(value.trim())) {
            shown_width = line.chars().count();
        }
        Self::build(line, |index, character| {
            index < shown_width || character == ' ' && index == shown_width
        })
    }

    fn build(line: &str, keep: impl Fn(usize, char) -> bool) -> Self {
        let mut masked = Self {
            text: String::new(),
            columns: Vec::new(),
        };
        let mut width = 0;
        let mut masking = false;
        for (index, character) in line.chars().enumerate() {
            if keep(index, character) {
                masked.columns.push(width);
                // A tab or a control character would move all columns after it.
                masked.text.push(if character.is_control() {
                    ' '
                } else {
                    character
                });
                width += 1;
                masking = false;
                continue;
            }
            if !masking {
                masked.text.push_str(MASK);
                width += 3;
            }
            masked.columns.push(width - 3);
            masking = true;
        }
        masked.columns.push(width);
        masked
    }

    pub(super) fn excerpt(self, location: &Location) -> Excerpt {
        let last = self.columns.last().copied().unwrap_or(0);
        let column = |number: u32| {
            let index = (number as usize).saturating_sub(1);
            self.columns.get(index).copied().unwrap_or(last)
        };
        let start = column(location.column);
        let text = self.text.trim_end();
        let width = u32::try_from(text.chars().count()).unwrap_or(last);
        let start = start.min(width);
        Excerpt {
            line: location.line,
            text: text.to_owned(),
            start,
            end: column(location.end_column).clamp(start, width.max(start)),
        }
    }
}
