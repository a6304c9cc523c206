//! Responsible for fields of YAML text, from one pass over the parser's events.
//!
//! Nothing is expanded: an alias is not a value. Refuses tags, a second document and nesting beyond 64 levels. The
//! parser's own buffers are not wiped. JSON, dotenv and plain files leave no copies.

use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use saphyr_parser::{Event, Parser, ScalarStyle};

const MALFORMED: ResolveErrorKind = ResolveErrorKind::Malformed("YAML");
const DEPTH: usize = 64;

/// What stands at a place.
enum Found {
    Scalar(SecretValue),
    Other,
}

/// An open collection.
struct Frame {
    mapping: bool,
    /// The path up to here, where it can still lead to the field.
    path: Option<String>,
    /// The key whose value comes next.
    key: Option<String>,
}

pub(super) fn field(text: &str, field: &str) -> Result<SecretValue, ResolveErrorKind> {
    let mut search = Search {
        field,
        frames: Vec::new(),
        documents: 0,
        exact: Vec::new(),
        nested: Vec::new(),
    };
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|_| MALFORMED)?;
        search.take(event)?;
    }
    // A key that holds dots itself comes before a path of names.
    one(search.exact).or_else(|why| match why {
        ResolveErrorKind::NoSuchField => one(search.nested),
        other => Err(other),
    })
}

fn one(mut found: Vec<Found>) -> Result<SecretValue, ResolveErrorKind> {
    match (found.pop(), found.is_empty()) {
        (None, _) => Err(ResolveErrorKind::NoSuchField),
        (Some(Found::Scalar(value)), true) => Ok(value),
        (Some(Found::Other), true) => Err(ResolveErrorKind::NotScalar),
        (Some(_), false) => Err(ResolveErrorKind::Ambiguous),
    }
}

struct Search<'f> {
    field: &'f str,
    frames: Vec<Frame>,
    documents: usize,
    exact: Vec<Found>,
    nested: Vec<Found>,
}

impl Search<'_> {
    fn take(&mut self, event: Event<'_>) -> Result<(), ResolveErrorKind> {
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
            Event::Alias(_) => self.other()?,
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
            return Err(MALFORMED);
        };
        if frame.mapping && frame.key.is_none() {
            frame.key = Some(text.to_owned());
            return Ok(());
        }
        let null = plain && matches!(text, "" | "~" | "null" | "Null" | "NULL");
        self.value(|| {
            if null {
                Found::Other
            } else {
                Found::Scalar(SecretValue::new(text.to_owned()))
            }
        });
        Ok(())
    }

    /// An alias: a key of unknown text, or no value.
    fn other(&mut self) -> Result<(), ResolveErrorKind> {
        let Some(frame) = self.frames.last_mut() else {
            return Err(MALFORMED);
        };
        if frame.mapping && frame.key.is_none() {
            return Err(MALFORMED);
        }
        self.value(|| Found::Other);
        Ok(())
    }

    fn open(&mut self, mapping: bool, tagged: bool) -> Result<(), ResolveErrorKind> {
        let key_expected = |frame: &Frame| frame.mapping && frame.key.is_none();
        let top = self.frames.is_empty();
        if tagged
            || self.frames.len() >= DEPTH
            || top && !mapping
            || self.frames.last().is_some_and(key_expected)
        {
            return Err(MALFORMED);
        }
        let path = if top {
            Some(String::new())
        } else {
            self.value(|| Found::Other)
        };
        self.frames.push(Frame {
            mapping,
            path: path.filter(|_| mapping),
            key: None,
        });
        Ok(())
    }

    /// Takes a value at its place; gives its path, where there is one.
    fn value(&mut self, found: impl FnOnce() -> Found) -> Option<String> {
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
                &mut self.exact
            } else {
                &mut self.nested
            };
            list.push(found());
            return None;
        }
        self.field.starts_with(&path).then_some(path)
    }
}
