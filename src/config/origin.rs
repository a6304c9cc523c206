//! Responsible for where a value is declared: what every finding is about.
//!
//! The checks ask an origin for its parts, and do not know what kind of origin it is.

use super::diagnostic::Location;
use super::redaction::{NOT_NAMED, nameable};
use super::source::Source;
use super::yaml::NodeRef;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Where a value is declared.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin<'s> {
    /// A file without a tree: one that could not be parsed to its end, or holds nothing.
    File(&'s Source),
    /// A place in a file.
    Node(&'s Source, NodeRef<'s>),
    /// A part of a value that stands in no file.
    Value(ValueRef<'s>),
}

/// A part of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ValueRef<'s> {
    whole: &'s Value,
    part: &'s Value,
}

/// A position in a file that outlives the file's tree.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    /// Nothing for a value that stands in no file.
    file: Option<Arc<str>>,
    line: u32,
    column: u32,
}

impl Position {
    /// The position for a sentence that ends with it.
    pub(super) fn at(&self) -> String {
        match (&self.file, self.line) {
            (None, _) => String::new(),
            (Some(file), 0) => format!(" at {file}"),
            (Some(file), line) => format!(" at {file}:{line}:{}", self.column),
        }
    }
}

/// One step down into a value, ordered as the value is written.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub(crate) enum Step {
    Field { position: usize, name: String },
    Item(usize),
}

impl<'s> Origin<'s> {
    /// A value that stands in no file.
    pub(super) fn of_value(whole: &'s Value) -> Self {
        Self::Value(ValueRef { whole, part: whole })
    }

    /// The file it is in.
    pub(super) fn source(self) -> Option<&'s Source> {
        match self {
            Self::File(source) | Self::Node(source, _) => Some(source),
            Self::Value(_) => None,
        }
    }

    /// The value under a key, or this where there is none.
    pub(super) fn key(self, name: &str) -> Self {
        match self {
            Self::File(_) => self,
            Self::Node(source, node) => Self::Node(source, node.key(name)),
            Self::Value(value) => value.to(value.part.get(name)),
        }
    }

    /// An entry of a list, or this where there is none.
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

    /// All values of a mapping by their keys: for whoever visits more than a few of them.
    pub(super) fn fields(self) -> Fields<'s> {
        Fields {
            whole: self,
            by_name: self.entries().into_iter().collect(),
        }
    }

    /// All entries of a list.
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

    /// Whether the value is null, or there is none.
    pub(super) fn is_null(self) -> bool {
        match self {
            Self::File(_) => true,
            Self::Node(_, node) => node.to_json().is_null(),
            Self::Value(value) => value.part.is_null(),
        }
    }

    /// The position in a file.
    pub(super) fn position(self) -> Position {
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

    /// The field, such as `customers[0].connectors[1].type`; nothing for a file as a whole.
    pub(super) fn path(self) -> Option<String> {
        match self {
            Self::File(_) => None,
            Self::Node(_, node) => node.path(),
            Self::Value(value) => value.path(),
        }
    }

    /// The steps from a value that stands in no file down to this part.
    pub(super) fn steps(self) -> Vec<Step> {
        match self {
            Self::File(_) | Self::Node(..) => Vec::new(),
            Self::Value(value) => value.steps(),
        }
    }

    /// The field's name for a message, with its position where it is in a list.
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
    fn to(self, part: Option<&'s Value>) -> Origin<'s> {
        Origin::Value(Self {
            part: part.unwrap_or(self.part),
            ..self
        })
    }

    fn path(self) -> Option<String> {
        let step = |step: &Step| match step {
            Step::Field { name, .. } if nameable(name) => format!(".{name}"),
            Step::Field { .. } => format!(".{NOT_NAMED}"),
            Step::Item(position) => format!("[{position}]"),
        };
        let path: String = self.steps().iter().map(step).collect();
        let path = path.strip_prefix('.').unwrap_or(&path);
        (!path.is_empty()).then(|| path.to_owned())
    }

    fn steps(self) -> Vec<Step> {
        let mut steps = steps_to(self.part, self.whole).unwrap_or_default();
        steps.reverse();
        steps
    }
}

/// The steps from a part up to the whole. Only findings ask for them, so a search will do.
fn steps_to(part: &Value, whole: &Value) -> Option<Vec<Step>> {
    if std::ptr::eq(part, whole) {
        return Some(Vec::new());
    }
    let below = |step: Step, value: &Value| {
        let mut steps = steps_to(part, value)?;
        steps.push(step);
        Some(steps)
    };
    match whole {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(position, item)| below(Step::Item(position), item)),
        Value::Object(fields) => {
            let mut fields = fields.iter().enumerate();
            fields.find_map(|(position, (name, field))| {
                let name = name.clone();
                below(Step::Field { position, name }, field)
            })
        }
        _ => None,
    }
}

/// The values of a mapping by their keys.
pub(super) struct Fields<'s> {
    whole: Origin<'s>,
    by_name: HashMap<&'s str, Origin<'s>>,
}

impl<'s> Fields<'s> {
    /// The value under a key, or the mapping where there is none.
    pub(super) fn key(&self, name: &str) -> Origin<'s> {
        self.by_name.get(name).copied().unwrap_or(self.whole)
    }
}
