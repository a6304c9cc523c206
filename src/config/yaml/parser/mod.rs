//! Reads a file's YAML events into a tree, and refuses what airlift does not read: duplicate keys,
//! merge keys, tags, second documents, indentation by tabs, and files beyond the limits.
//!
//! Never recurses, so that hostile nesting costs neither stack nor time.

#[cfg(test)]
mod tests;

use super::alias_limits::{AliasLimits, LimitExceeded};
use super::defect::Defect;
use super::position::Span;
use super::scalar;
use super::syntax_error::{self, IndentingTab};
use super::tree::{Kind, NONE, Tree};
use super::tree_builder::TreeBuilder;
use crate::config::code::Code;
use crate::config::limits;
use crate::config::redaction::named;
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::collections::{HashMap, HashSet};

/// The defects of a text, and its tree if the text was read to its end.
#[derive(Debug, Default)]
pub(in crate::config) struct Parsed {
    pub(in crate::config) defects: Vec<Defect>,
    pub(in crate::config) tree: Option<Tree>,
}

/// Parses a text.
pub(in crate::config) fn parse(text: &str) -> Parsed {
    let mut parser = TreeParser {
        tabs: syntax_error::tabs_in_indentation(text),
        ..TreeParser::default()
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok((event, span)) => (event, Span::from(span)),
            Err(error) => {
                let innermost = parser.builder.innermost();
                let defect = syntax_error::explain(text, &error, innermost);
                return parser.stopped(Some(defect));
            }
        };
        if parser.take(event, span).is_err() {
            return parser.stopped(None);
        }
    }
    Parsed {
        defects: parser.defects(),
        tree: Some(parser.builder.tree),
    }
}

/// Parsing cannot go on.
struct Stop;

/// A defect whose message is built once the nodes around it are known.
struct Found {
    code: Code,
    span: Span,
    message: String,
    node: Option<u32>,
}

/// The keys of a mapping that is still open.
#[derive(Default)]
struct Keys {
    few: Vec<u32>,
    many: HashSet<Box<str>>,
}

impl Keys {
    /// Adds a key; false if the mapping has it already.
    fn insert(&mut self, node: u32, tree: &Tree) -> bool {
        // Nearly every mapping is small, and looking through it is faster than hashing.
        const FEW: usize = 16;
        let text = |node: u32| tree.node(node)?.text();
        let key = text(node);
        if self.few.iter().any(|known| text(*known) == key) {
            return false;
        }
        if self.few.len() < FEW {
            self.few.push(node);
            return true;
        }
        self.many.insert(key.unwrap_or_default().into())
    }
}

#[derive(Default)]
struct TreeParser {
    builder: TreeBuilder,
    alias_limits: AliasLimits,
    keys: Vec<Keys>,
    documents: u32,
    found: Vec<Found>,
    /// Tabs in the indentation of a line, by the line's number.
    tabs: HashMap<u32, IndentingTab>,
}

impl TreeParser {
    fn stopped(&mut self, last: Option<Defect>) -> Parsed {
        let mut defects = self.defects();
        defects.extend(last);
        Parsed {
            defects,
            tree: None,
        }
    }

    /// The defects. Whether a message may name a key is known only after the key's value.
    fn defects(&mut self) -> Vec<Defect> {
        let tree = &self.builder.tree;
        let defect = |found: Found| Defect {
            code: found.code,
            span: found.span,
            message: match (found.code, found.node) {
                (Code::DuplicateKey, Some(key)) => {
                    let key = tree.key_label(key);
                    format!("the key {key} stands twice in the same mapping")
                }
                _ => found.message,
            },
            path: found.node.and_then(|node| tree.path(node)),
        };
        std::mem::take(&mut self.found)
            .into_iter()
            .map(defect)
            .collect()
    }

    fn defect(&mut self, code: Code, span: Span, node: Option<u32>, message: impl Into<String>) {
        // A hostile file must not become as many defects as it has bytes.
        if self.found.len() < limits::FINDINGS {
            self.found.push(Found {
                code,
                span,
                message: message.into(),
                node,
            });
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        if matches!(
            event,
            Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..)
        ) {
            self.refuse_tab(span)?;
        }
        match event {
            Event::DocumentStart(_) => self.document(span),
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let text = text.into();
                self.scalar(Kind::Scalar { text, plain }, anchor, tag.is_some(), span)
            }
            Event::SequenceStart(anchor, tag) => {
                let kind = Kind::Sequence { first: NONE };
                self.open(kind, anchor, tag.is_some(), span)
            }
            Event::MappingStart(anchor, tag) => {
                let kind = Kind::Mapping { first: NONE };
                self.open(kind, anchor, tag.is_some(), span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.alias_limits.close();
                self.keys.pop();
                self.builder.close();
                Ok(())
            }
            Event::Alias(id) => self.alias(id, span),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn document(&mut self, span: Span) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents > 1 {
            let message = "a second document begins here";
            self.defect(Code::MultipleDocuments, span, None, message);
            return Err(Stop);
        }
        Ok(())
    }

    /// Refuses a node that a tab indents: its column would depend on the width of a tab.
    fn refuse_tab(&mut self, span: Span) -> Result<(), Stop> {
        let tab = self
            .tabs
            .get(&span.start.line)
            .filter(|tab| tab.is_before(span.start) && !self.builder.is_in_flow());
        let Some(tab) = tab.map(IndentingTab::span) else {
            return Ok(());
        };
        self.defect(Code::YamlSyntax, tab, None, syntax_error::TAB);
        Err(Stop)
    }

    fn refuse_tag(&mut self, tagged: bool, node: u32, span: Span) {
        if tagged {
            let message = "tags are not understood here";
            self.defect(Code::YamlTag, span, Some(node), message);
        }
    }

    fn scalar(&mut self, kind: Kind, anchor: usize, tagged: bool, span: Span) -> Result<(), Stop> {
        let is_key = self.builder.key_is_next();
        let label = (!is_key && inexact(&kind)).then(|| self.builder.key().map(named));
        let node = self.builder.leaf(kind, span).ok_or(Stop)?;
        self.refuse_tag(tagged, node, span);
        if is_key {
            self.check_key(node, span);
        } else if let Some(label) = label {
            let label = label.unwrap_or_else(|| "this number".to_owned());
            let message = format!("{label} cannot be sent exactly: quote it if it is text");
            self.defect(Code::InexactNumber, span, Some(node), message);
        }
        let counted = self.alias_limits.scalar(anchor, node);
        self.within(counted, node, span)
    }

    fn check_key(&mut self, node: u32, span: Span) {
        let tree = &self.builder.tree;
        let merge = tree.node(node).is_some_and(|node| match &node.kind {
            Kind::Scalar { text, plain } => *plain && &**text == "<<",
            _ => false,
        });
        let keys = self.keys.last_mut();
        let twice = keys.is_some_and(|keys| !keys.insert(node, tree));
        if merge {
            let message = "the merge key `<<` is not understood here";
            self.defect(Code::MergeKey, span, Some(node), message);
        }
        if twice {
            self.defect(Code::DuplicateKey, span, Some(node), "");
        }
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), Stop> {
        let is_key = self.builder.key_is_next();
        let anchor = self.alias_limits.anchor(id);
        let target = anchor.map_or(NONE, |anchor| anchor.node);
        let node = self.builder.leaf(Kind::Alias { target }, span);
        let node = node.ok_or(Stop)?;
        if is_key {
            let message = "a key is plain text, not an alias";
            self.defect(Code::ComplexKey, span, Some(node), message);
        }
        let Some(anchor) = anchor else {
            let message = "this alias refers to a value that is not complete before it";
            self.defect(Code::BadAlias, span, Some(node), message);
            return Err(Stop);
        };
        let counted = self.alias_limits.alias(anchor);
        self.within(counted, node, span)
    }

    fn open(&mut self, kind: Kind, anchor: usize, tagged: bool, span: Span) -> Result<(), Stop> {
        let is_key = self.builder.key_is_next();
        let node = self.builder.open(kind, span).ok_or(Stop)?;
        self.refuse_tag(tagged, node, span);
        if is_key {
            let message = "a key is plain text, not a list or mapping";
            self.defect(Code::ComplexKey, span, Some(node), message);
        }
        self.keys.push(Keys::default());
        let counted = self.alias_limits.open(anchor, node);
        self.within(counted, node, span)
    }

    fn within(
        &mut self,
        counted: Result<(), LimitExceeded>,
        node: u32,
        span: Span,
    ) -> Result<(), Stop> {
        let Err(exceeded) = counted else {
            return Ok(());
        };
        let (code, message) = match exceeded {
            LimitExceeded::Depth => (Code::TooDeep, limits::TOO_DEEP),
            LimitExceeded::Values => (Code::TooManyNodes, limits::TOO_MANY),
        };
        self.defect(code, span, Some(node), message);
        Err(Stop)
    }
}

/// Whether a value is a number that JSON cannot hold.
fn inexact(kind: &Kind) -> bool {
    match kind {
        Kind::Scalar { text, plain: true } => scalar::resolve(text) == scalar::Scalar::Inexact,
        _ => false,
    }
}
