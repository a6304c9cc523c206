//! Responsible for fields of YAML text, in one pass over the parser's events.
//!
//! Does not expand aliases: an alias is not a value. Refuses tags, a second document and nesting beyond 64 levels. Does
//! not wipe the parser's own buffers. JSON, dotenv and plain files leave no copies.

use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use saphyr_parser::{Event, Parser, ScalarStyle};

const MALFORMED: ResolveErrorKind = ResolveErrorKind::Malformed("YAML");
/// The deepest nesting that is read. Deeper documents could exhaust memory.
const MAX_DEPTH: usize = 64;

/// A value at the path of the field.
enum Node {
    Scalar(SecretValue),
    /// Null, a collection or an alias.
    NotScalar,
}

/// An open collection.
struct Frame {
    mapping: bool,
    /// The path of this collection, if the field can be below it.
    path: Option<String>,
    /// The key of the value that comes next.
    key: Option<String>,
}

pub(super) fn field(text: &str, field: &str) -> Result<SecretValue, ResolveErrorKind> {
    let mut search = Search {
        field,
        frames: Vec::new(),
        documents: 0,
        top_level: Vec::new(),
        nested: Vec::new(),
    };
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|_| MALFORMED)?;
        search.visit(event)?;
    }
    // A key that contains dots takes precedence over a path of names.
    single_scalar(search.top_level).or_else(|error| match error {
        ResolveErrorKind::NoSuchField => single_scalar(search.nested),
        other => Err(other),
    })
}

fn single_scalar(mut matches: Vec<Node>) -> Result<SecretValue, ResolveErrorKind> {
    match (matches.pop(), matches.is_empty()) {
        (None, _) => Err(ResolveErrorKind::NoSuchField),
        (Some(Node::Scalar(value)), true) => Ok(value),
        (Some(Node::NotScalar), true) => Err(ResolveErrorKind::NotScalar),
        (Some(_), false) => Err(ResolveErrorKind::Ambiguous),
    }
}

struct Search<'f> {
    field: &'f str,
    frames: Vec<Frame>,
    documents: usize,
    /// Matches of a top-level key.
    top_level: Vec<Node>,
    /// Matches of a path of names.
    nested: Vec<Node>,
}

impl Search<'_> {
    fn visit(&mut self, event: Event<'_>) -> Result<(), ResolveErrorKind> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(MALFORMED);
                }
            }
            Event::Scalar(text, style, _, tag) => {
                if tag.is_some() {
                    return Err(MALFORMED);
                }
                self.scalar(&text, style == ScalarStyle::Plain)?;
            }
            Event::Alias(_) => self.alias()?,
            Event::MappingStart(_, tag) => self.open(true, tag.is_some())?,
            Event::SequenceStart(_, tag) => self.open(false, tag.is_some())?,
            Event::MappingEnd | Event::SequenceEnd => {
                self.frames.pop();
            }
            _ => {}
        }
        Ok(())
    }

    fn scalar(&mut self, text: &str, plain: bool) -> Result<(), ResolveErrorKind> {
        let Some(frame) = self.frames.last_mut() else {
            return Err(ResolveErrorKind::NoMapping);
        };
        if frame.mapping && frame.key.is_none() {
            frame.key = Some(text.to_owned());
            return Ok(());
        }
        let is_null = plain && matches!(text, "" | "~" | "null" | "Null" | "NULL");
        self.value(|| {
            if is_null {
                Node::NotScalar
            } else {
                Node::Scalar(SecretValue::new(text.to_owned()))
            }
        });
        Ok(())
    }

    /// Visits an alias. Refuses an alias as a key, because the key's text is unknown.
    fn alias(&mut self) -> Result<(), ResolveErrorKind> {
        let Some(frame) = self.frames.last_mut() else {
            return Err(MALFORMED);
        };
        if frame.mapping && frame.key.is_none() {
            return Err(MALFORMED);
        }
        self.value(|| Node::NotScalar);
        Ok(())
    }

    fn open(&mut self, mapping: bool, tagged: bool) -> Result<(), ResolveErrorKind> {
        let key_expected = |frame: &Frame| frame.mapping && frame.key.is_none();
        let top = self.frames.is_empty();
        if top && !mapping && !tagged {
            return Err(ResolveErrorKind::NoMapping);
        }
        if tagged || self.frames.len() >= MAX_DEPTH || self.frames.last().is_some_and(key_expected)
        {
            return Err(MALFORMED);
        }
        let path = if top {
            Some(String::new())
        } else {
            self.value(|| Node::NotScalar)
        };
        self.frames.push(Frame {
            mapping,
            path: path.filter(|_| mapping),
            key: None,
        });
        Ok(())
    }

    /// Records the value if its path is the field's. Returns the path if the field can be below the value.
    fn value(&mut self, node: impl FnOnce() -> Node) -> Option<String> {
        let depth = self.frames.len();
        let frame = self.frames.last_mut()?;
        let key = frame.key.take()?;
        let parent = frame.path.as_ref()?;
        let path = if depth == 1 {
            key
        } else {
            format!("{parent}.{key}")
        };
        if path == self.field {
            let list = if depth == 1 {
                &mut self.top_level
            } else {
                &mut self.nested
            };
            list.push(node());
            return None;
        }
        self.field.starts_with(&path).then_some(path)
    }
}
