//! Responsible for origins: the file location or JSON value that a finding points to.
//!
//! Checks navigate an origin by keys and positions, and do not depend on the kind of origin.

use super::diagnostic::{Excerpt, Location};
use super::findings::FindingSite;
use super::redaction::{NOT_NAMED, nameable};
use super::source::Source;
use super::template::{Expanded, RowContext};
use super::yaml::{NodeRef, NodeValue};
use serde_json::Value;
use std::sync::Arc;

/// The declaration of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin<'s> {
    /// A file without a tree: it is empty, or could not be parsed to its end.
    File(&'s Source),
    /// A node of a file's tree.
    Node(&'s Source, NodeRef<'s>),
    /// A part of a JSON value that is not in a file.
    Value(ValueRef<'s>),
}

/// A part of a JSON value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ValueRef<'s> {
    whole: &'s Value,
    part: &'s Value,
    /// The row of a table that the value comes from.
    row: Option<&'s RowContext<'s>>,
}

/// A position in a file that outlives the file's tree.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    /// `None` for a value that is not in a file.
    file: Option<Arc<str>>,
    line: u32,
    column: u32,
}

impl Position {
    /// The start of a location.
    pub(super) fn new(location: &Location) -> Self {
        Self {
            file: Some(location.file.as_str().into()),
            line: location.line,
            column: location.column,
        }
    }

    /// The position as the end of a sentence: ` at FILE:LINE:COLUMN`.
    pub(super) fn at(&self) -> String {
        match (&self.file, self.line) {
            (None, _) => String::new(),
            (Some(file), 0) => format!(" at {file}"),
            (Some(file), line) => format!(" at {file}:{line}:{}", self.column),
        }
    }
}

/// One step from a value to a part of it. Fields sort in the order in which they are written.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub(crate) enum PathStep {
    Field { position: usize, name: String },
    Item(usize),
}

impl<'s> Origin<'s> {
    /// The origin of a value that is not in a file.
    pub(super) fn from_value(whole: &'s Value) -> Self {
        Self::Value(ValueRef {
            whole,
            part: whole,
            row: None,
        })
    }

    /// The origin of the customer of a row.
    pub(super) fn from_row(expanded: &'s Expanded<'s>) -> Self {
        Self::Value(ValueRef {
            whole: &expanded.customer,
            part: &expanded.customer,
            row: Some(&expanded.context),
        })
    }

    /// The place of a value that comes from a row of a table.
    pub(super) fn row_site(self) -> Option<FindingSite> {
        let Self::Value(value) = self else {
            return None;
        };
        let row = value.row?;
        Some(row.site(&value.steps()))
    }

    /// The place in a template of a value that a column of a table gives, and the column.
    pub(super) fn column(self) -> Option<(FindingSite, &'s str)> {
        let Self::Value(value) = self else {
            return None;
        };
        value.row?.column(&value.steps())
    }

    /// Whether the value comes from a row of a table.
    pub(super) fn is_from_row(self) -> bool {
        matches!(self, Self::Value(value) if value.row.is_some())
    }

    /// The file of the value, if any.
    pub(super) fn source(self) -> Option<&'s Source> {
        match self {
            Self::File(source) | Self::Node(source, _) => Some(source),
            Self::Value(_) => None,
        }
    }

    /// The origin of the value under a key, or `self` if the key is absent.
    pub(super) fn key(self, name: &str) -> Self {
        match self {
            Self::File(_) => self,
            Self::Node(source, node) => Self::Node(source, node.key(name)),
            Self::Value(value) => value.to(value.part.get(name)),
        }
    }

    /// The origin of a list's item, or `self` if the position is absent.
    pub(super) fn index(self, position: usize) -> Self {
        match self {
            Self::File(_) => self,
            Self::Node(source, node) => Self::Node(source, node.index(position)),
            Self::Value(value) => value.to(value.part.get(position)),
        }
    }

    /// The keys and values of a mapping.
    pub(super) fn entries(self) -> Vec<(&'s str, Self)> {
        match self {
            Self::File(_) => Vec::new(),
            Self::Node(source, node) => node
                .entries()
                .map(|(name, node)| (name, Self::Node(source, node)))
                .collect(),
            Self::Value(value) => value
                .part
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, part)| (name.as_str(), value.to(Some(part))))
                .collect(),
        }
    }

    /// The values of a mapping, indexed by key. Faster than `key` for more than a few keys.
    pub(super) fn fields(self) -> FieldOrigins<'s> {
        let mut by_name = self.entries();
        by_name.sort_by_key(|(name, _)| *name);
        FieldOrigins {
            whole: self,
            by_name,
        }
    }

    /// The items of a list.
    pub(super) fn items(self) -> Vec<Self> {
        match self {
            Self::File(_) => Vec::new(),
            Self::Node(source, node) => node.items().map(|node| Self::Node(source, node)).collect(),
            Self::Value(value) => value
                .part
                .as_array()
                .into_iter()
                .flatten()
                .map(|part| value.to(Some(part)))
                .collect(),
        }
    }

    /// The value as JSON, with the types that YAML's core schema gives to plain scalars.
    pub(super) fn to_json(self) -> Value {
        match self {
            Self::File(_) => Value::Null,
            Self::Node(_, node) => node.to_json(),
            Self::Value(value) => value.part.clone(),
        }
    }

    /// Whether the value is null or absent.
    pub(super) fn is_null(self) -> bool {
        match self {
            Self::File(_) => true,
            Self::Node(_, node) => node.value() == NodeValue::Null,
            Self::Value(value) => value.part.is_null(),
        }
    }

    /// The masked line at a location of this value.
    pub(super) fn excerpt(self, location: &Location) -> Option<Excerpt> {
        match self {
            Self::File(source) => source.excerpt(location, source.tree.as_ref()),
            Self::Node(source, node) => source.excerpt(location, Some(node.tree())),
            Self::Value(_) => None,
        }
    }

    /// The position in a file.
    pub(super) fn position(self) -> Position {
        if let Some(site) = self.row_site() {
            return site.position();
        }
        let (line, column) = match self {
            Self::File(_) | Self::Value(_) => (0, 0),
            Self::Node(_, node) => {
                let start = node.span().start;
                (start.line, start.column.saturating_add(1))
            }
        };
        let file = self.source().map(|source| Arc::clone(&source.name));
        Position { file, line, column }
    }

    /// The location in a file.
    pub(super) fn location(self) -> Location {
        match self {
            Self::File(source) => source.whole(),
            Self::Node(source, node) => source.location(node.span()),
            Self::Value(_) => Location::default(),
        }
    }

    /// The line and the columns of the location.
    pub(super) fn columns(self) -> (u32, u32, u32) {
        match self {
            Self::File(_) => (0, 0, 0),
            // Customers and connectors stand at the row.
            Self::Value(value) => value.row.map_or((0, 0, 0), |row| {
                let at = row.location();
                (at.line, at.column, at.end_column)
            }),
            Self::Node(source, node) => source.columns(node.span()),
        }
    }

    /// The path of the field, such as `customers[0].connectors[1].type`, or `None` for a whole file.
    pub(super) fn path(self) -> Option<String> {
        match self {
            Self::File(_) => None,
            Self::Node(_, node) => node.path(),
            Self::Value(value) => value.path(),
        }
    }

    /// The steps from a value that is not in a file to this part.
    pub(super) fn steps(self) -> Vec<PathStep> {
        match self {
            Self::File(_) | Self::Node(..) => Vec::new(),
            Self::Value(value) => value.steps(),
        }
    }

    /// The field's name for a message, with its position if it is in a list.
    pub(super) fn label(self) -> String {
        let path = self.path();
        let key = path
            .as_deref()
            .map_or("", |path| match path.rsplit_once('.') {
                Some((_, key)) => key,
                None => path,
            });
        match key {
            "" => "the file".to_owned(),
            key if key.starts_with(NOT_NAMED) => key.to_owned(),
            key => format!("`{key}`"),
        }
    }
}

impl<'s> ValueRef<'s> {
    /// The value.
    pub(super) fn part(self) -> &'s Value {
        self.part
    }

    fn to(self, part: Option<&'s Value>) -> Origin<'s> {
        Origin::Value(Self {
            part: part.unwrap_or(self.part),
            ..self
        })
    }

    fn path(self) -> Option<String> {
        let step = |step: &PathStep| match step {
            PathStep::Field { name, .. } if nameable(name) => format!(".{name}"),
            PathStep::Field { .. } => format!(".{NOT_NAMED}"),
            PathStep::Item(position) => format!("[{position}]"),
        };
        let path: String = self.steps().iter().map(step).collect();
        let path = path.strip_prefix('.').unwrap_or(&path);
        (!path.is_empty()).then(|| path.to_owned())
    }

    fn steps(self) -> Vec<PathStep> {
        let mut steps = steps_to(self.part, self.whole).unwrap_or_default();
        steps.reverse();
        steps
    }
}

/// The steps from a part up to the whole, by search. Only findings need them, so speed does not
/// matter.
fn steps_to(part: &Value, whole: &Value) -> Option<Vec<PathStep>> {
    if std::ptr::eq(part, whole) {
        return Some(Vec::new());
    }
    let below = |step: PathStep, value: &Value| {
        let mut steps = steps_to(part, value)?;
        steps.push(step);
        Some(steps)
    };
    match whole {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(position, item)| below(PathStep::Item(position), item)),
        Value::Object(fields) => {
            let mut fields = fields.iter().enumerate();
            fields.find_map(|(position, (name, field))| {
                let name = name.clone();
                below(PathStep::Field { position, name }, field)
            })
        }
        _ => None,
    }
}

/// The values of a mapping, sorted by their keys. Most mappings are small, so that sorting is faster than hashing.
pub(super) struct FieldOrigins<'s> {
    whole: Origin<'s>,
    by_name: Vec<(&'s str, Origin<'s>)>,
}

impl<'s> FieldOrigins<'s> {
    /// The origin of the value under a key, or of the mapping if the key is absent.
    pub(super) fn key(&self, name: &str) -> Origin<'s> {
        let position = self.by_name.binary_search_by_key(&name, |(key, _)| key);
        position
            .ok()
            .and_then(|position| self.by_name.get(position))
            .map_or(self.whole, |(_, origin)| *origin)
    }
}
