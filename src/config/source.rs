//! Responsible for one file's text: its lines, locations and masked excerpts.

use super::diagnostic::{Excerpt, Location};
use super::excerpt::Masked;
use super::origin::Origin;
use super::variables::Variables;
use super::yaml::{Mark, Span, Tree};
use std::sync::{Arc, OnceLock};

/// The text of one file.
#[derive(Debug)]
pub(super) struct Source {
    /// The file as the user would name it.
    pub(super) name: Arc<str>,
    /// The text without a byte order mark, so that columns agree with an editor's.
    pub(super) text: String,
    /// `None` if parsing stopped before the end of the text.
    pub(super) tree: Option<Tree>,
    /// The variables that values may contain. `None` before the project file is known: values keep them.
    variables: Option<Arc<Variables>>,
    /// The byte offset of each line. Only findings need them.
    starts: OnceLock<Vec<usize>>,
}

impl Source {
    pub(super) fn new(name: String, text: String) -> Self {
        Self {
            name: name.into(),
            text,
            tree: None,
            variables: None,
            starts: OnceLock::new(),
        }
    }

    /// The same text, whose values get those of the variables.
    pub(super) fn with_variables(self, variables: &Arc<Variables>) -> Self {
        Self {
            variables: Some(Arc::clone(variables)),
            ..self
        }
    }

    /// The same text, with the variables of another source.
    pub(super) fn with_variables_of(self, other: &Self) -> Self {
        Self {
            variables: other.variables.clone(),
            ..self
        }
    }

    /// The variables that values may contain.
    pub(super) fn variables(&self) -> Option<&Variables> {
        self.variables.as_deref()
    }

    /// Whether values have variables instead of their values.
    pub(super) fn lacks_values(&self) -> bool {
        self.variables.is_none() && Variables::are_in(&self.text)
    }

    fn starts(&self) -> &[usize] {
        self.starts.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let ends_line = |(index, byte): (usize, &u8)| {
                let lone_return = *byte == b'\r' && bytes.get(index + 1) != Some(&b'\n');
                (*byte == b'\n' || lone_return).then_some(index + 1)
            };
            let starts = bytes.iter().enumerate().filter_map(ends_line);
            std::iter::once(0).chain(starts).collect()
        })
    }

    /// The span of the character at a byte offset.
    pub(super) fn character(&self, byte: usize) -> Span {
        let starts = self.starts();
        let line = starts.partition_point(|start| *start <= byte);
        let start = line.checked_sub(1).and_then(|line| starts.get(line));
        let before = start.and_then(|start| self.text.get(*start..byte));
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let mark = Mark {
            line: narrow(line),
            column: narrow(before.map_or(0, |before| before.chars().count())),
        };
        Span {
            start: mark,
            end: mark,
        }
    }

    /// The characters that a condition holds for, each with its span.
    pub(super) fn characters(
        &self,
        is_wanted: impl Fn(char) -> bool,
    ) -> impl Iterator<Item = (Span, char)> {
        let mut next = Mark { line: 1, column: 0 };
        let mut characters = self.text.chars().peekable();
        std::iter::from_fn(move || {
            let character = characters.next()?;
            let at = next;
            let ends_line = match character {
                '\n' => true,
                '\r' => characters.peek() != Some(&'\n'),
                _ => false,
            };
            next = if ends_line {
                Mark {
                    line: at.line.saturating_add(1),
                    column: 0,
                }
            } else {
                Mark {
                    column: at.column.saturating_add(1),
                    ..at
                }
            };
            Some((Span { start: at, end: at }, character))
        })
        .filter(move |(_, character)| is_wanted(*character))
    }

    /// The location of a span. A span over several lines ends with its first line.
    pub(super) fn location(&self, span: Span) -> Location {
        let (line, column, end_column) = self.columns(span);
        Location {
            file: self.name.to_string(),
            line,
            column,
            end_column,
        }
    }

    /// The line, the first column and the column after the last one, as in a location.
    pub(super) fn columns(&self, span: Span) -> (u32, u32, u32) {
        let column = span.start.column.saturating_add(1);
        let end = if span.end.line == span.start.line {
            span.end.column.saturating_add(1)
        } else {
            let line = self.line(span.start.line).chars().count();
            u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1)
        };
        (span.start.line, column, end.max(column.saturating_add(1)))
    }

    /// The root of the tree, or the whole file if there is no tree.
    pub(super) fn root(&self) -> Origin<'_> {
        match self.tree.as_ref().and_then(Tree::root) {
            Some(root) => Origin::Node(self, root),
            None => Origin::File(self),
        }
    }

    /// The location of the whole file.
    pub(super) fn whole(&self) -> Location {
        Location::whole(&self.name)
    }

    fn line(&self, number: u32) -> &str {
        let index = (number as usize).saturating_sub(1);
        let starts = self.starts();
        let Some(start) = starts.get(index) else {
            return "";
        };
        let end = starts.get(index + 1).copied().unwrap_or(self.text.len());
        let line = self.text.get(*start..end).unwrap_or("");
        line.trim_end_matches(['\n', '\r'])
    }

    /// The masked line at a location. `tree` has the nodes of the line, unless the text could not be parsed.
    pub(super) fn excerpt(&self, location: &Location, tree: Option<&Tree>) -> Option<Excerpt> {
        // Masking a line of megabytes for each finding would be slow.
        const LONGEST: usize = 4096;
        let line = self.line(location.line);
        if location.line == 0 || line.is_empty() || line.len() > LONGEST {
            return None;
        }
        let masked = match tree {
            Some(tree) => Masked::by_tree(line, tree, location.line),
            None => Masked::by_key(line),
        };
        Some(masked.excerpt(location))
    }
}
