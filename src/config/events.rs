//! One pass over a file's YAML events, before anything else reads it.
//!
//! Owns the limits (depth, values after alias expansion) and the refusals (duplicate keys, merge
//! keys, tags, second documents): what passes here is safe for `serde_yaml`, which checks none of
//! them and is slow on hostile nesting. Never recurses on what it reads.

use super::code::Code;
use super::tree::{Kind, Mark, NONE, Node, Span, Tree};
use super::visible::Visibility;
use super::{limits, scalar, syntax};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use std::collections::{HashMap, HashSet};

/// Something the pass found.
#[derive(Debug)]
pub(super) struct Defect {
    pub(super) code: Code,
    pub(super) span: Span,
    pub(super) message: String,
}

/// What a pass gives: defects, and the tree if the file was read to its end.
#[derive(Debug, Default)]
pub(super) struct Pass {
    pub(super) defects: Vec<Defect>,
    pub(super) tree: Option<Tree>,
}

/// Reads a text once.
pub(super) fn scan(text: &str) -> Pass {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, place) = match event {
            Ok(event) => event,
            Err(error) => {
                let defect = syntax::explain(text, &error, builder.innermost());
                builder.defects.push(defect);
                return builder.broken();
            }
        };
        let span = Span {
            start: mark(place.start),
            end: mark(place.end),
        };
        if builder.take(event, span).is_err() {
            return builder.broken();
        }
    }
    Pass {
        defects: builder.defects,
        tree: Some(builder.tree),
    }
}

pub(super) fn mark(marker: Marker) -> Mark {
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Mark {
        line: narrow(marker.line()),
        column: narrow(marker.col()),
    }
}

/// Reading cannot go on.
struct Stop;

/// What is known of an anchored value, for the limits on what its aliases expand to.
#[derive(Clone, Copy)]
struct Anchor {
    node: u32,
    size: u64,
    height: u64,
    open: bool,
}

/// A sequence or mapping that is still open.
struct Frame {
    node: u32,
    last: u32,
    anchor: usize,
    size: u64,
    height: u64,
    mapping: bool,
    /// The key whose value comes next.
    key: Option<u32>,
    seen: HashSet<Box<str>>,
    visibility: Visibility,
}

#[derive(Default)]
struct Builder {
    tree: Tree,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchor>,
    expanded: u64,
    documents: u32,
    defects: Vec<Defect>,
}

impl Builder {
    fn broken(self) -> Pass {
        Pass {
            defects: self.defects,
            tree: None,
        }
    }

    /// Where the innermost collection that is still open begins.
    fn innermost(&self) -> Option<Mark> {
        let node = self.tree.nodes.get(self.frames.last()?.node as usize)?;
        Some(node.span.start)
    }

    fn defect(&mut self, code: Code, span: Span, message: &str) {
        // A hostile file must not become as many defects as it has bytes.
        if self.defects.len() < limits::FINDINGS {
            let message = message.to_owned();
            self.defects.push(Defect {
                code,
                span,
                message,
            });
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        match event {
            Event::DocumentStart(_) => self.document(span),
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                let plain = style == ScalarStyle::Plain;
                self.scalar(&text, plain, anchor, span)
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                self.open(Kind::Sequence { first: NONE }, anchor, span)
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                self.open(Kind::Mapping { first: NONE }, anchor, span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.close();
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
            self.defect(Code::MultipleDocuments, span, message);
            return Err(Stop);
        }
        Ok(())
    }

    fn refuse_tag(&mut self, tagged: bool, span: Span) {
        if tagged {
            self.defect(Code::YamlTag, span, "tags are not understood here");
        }
    }

    fn scalar(&mut self, text: &str, plain: bool, anchor: usize, span: Span) -> Result<(), Stop> {
        let is_key = self.key_is_next();
        if is_key {
            self.check_key(text, plain, span);
        } else if plain && scalar::resolve(text) == scalar::Scalar::Inexact {
            let message = "this number cannot be sent exactly: quote it if it is text";
            self.defect(Code::InexactNumber, span, message);
        }
        let empty = plain && text.is_empty();
        let text = text.into();
        let node = self.push(Kind::Scalar { text, plain }, span)?;
        self.grow(1, 0, span)?;
        self.remember(anchor, node, false);
        self.settle_visibility(node, is_key, empty);
        self.placed(node, is_key);
        Ok(())
    }

    fn check_key(&mut self, text: &str, plain: bool, span: Span) {
        if plain && text == "<<" {
            self.defect(Code::MergeKey, span, "merge keys are not understood here");
        }
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        if !frame.seen.insert(text.into()) {
            let message = "this key stands twice in the same mapping";
            self.defect(Code::DuplicateKey, span, message);
        }
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), Stop> {
        let is_key = self.key_is_next();
        if is_key {
            self.defect(Code::ComplexKey, span, "a key is plain text, not an alias");
        }
        let anchor = self.anchors.get(&id).copied();
        let Some(anchor) = anchor.filter(|anchor| !anchor.open) else {
            let message = "this alias refers to a value that is not complete before it";
            self.defect(Code::BadAlias, span, message);
            return Err(Stop);
        };
        let target = anchor.node;
        let node = self.push(Kind::Alias { target }, span)?;
        self.grow(anchor.size, anchor.height, span)?;
        self.placed(node, is_key);
        Ok(())
    }

    fn open(&mut self, kind: Kind, anchor: usize, span: Span) -> Result<(), Stop> {
        let is_key = self.key_is_next();
        if is_key {
            self.defect(
                Code::ComplexKey,
                span,
                "a key is plain text, not a list or mapping",
            );
        }
        let mapping = matches!(kind, Kind::Mapping { .. });
        let visibility = self.inner_visibility();
        let node = self.push(kind, span)?;
        self.grow(1, 1, span)?;
        self.remember(anchor, node, true);
        self.frames.push(Frame {
            node,
            last: NONE,
            anchor,
            size: 1,
            height: 1,
            mapping,
            key: None,
            seen: HashSet::new(),
            visibility,
        });
        Ok(())
    }

    fn close(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        if let Some(anchor) = self.anchors.get_mut(&frame.anchor) {
            anchor.size = frame.size;
            anchor.height = frame.height;
            anchor.open = false;
        }
        if let Some(parent) = self.frames.last_mut() {
            parent.size = parent.size.saturating_add(frame.size);
            parent.height = parent.height.max(frame.height.saturating_add(1));
        }
        let is_key = self.key_is_next();
        self.placed(frame.node, is_key);
    }

    fn key_is_next(&self) -> bool {
        let frame = self.frames.last();
        frame.is_some_and(|frame| frame.mapping && frame.key.is_none())
    }

    /// Adds a node and links it to its siblings.
    fn push(&mut self, kind: Kind, span: Span) -> Result<u32, Stop> {
        let index = u32::try_from(self.tree.nodes.len()).map_err(|_| Stop)?;
        self.tree.nodes.push(Node {
            span,
            next: NONE,
            shown: false,
            kind,
        });
        let Some(frame) = self.frames.last_mut() else {
            return Ok(index);
        };
        let (parent, last) = (frame.node, std::mem::replace(&mut frame.last, index));
        let before = if last == NONE { parent } else { last };
        let Some(before) = self.tree.nodes.get_mut(before as usize) else {
            return Err(Stop);
        };
        match &mut before.kind {
            Kind::Sequence { first } | Kind::Mapping { first } if last == NONE => *first = index,
            _ => before.next = index,
        }
        Ok(index)
    }

    /// Counts what a value expands to, and how deep.
    fn grow(&mut self, size: u64, height: u64, span: Span) -> Result<(), Stop> {
        self.expanded = self.expanded.saturating_add(size);
        let depth = height.saturating_add(self.frames.len() as u64);
        if depth > limits::DEPTH {
            self.defect(Code::TooDeep, span, limits::TOO_DEEP);
            return Err(Stop);
        }
        if self.expanded > limits::NODES {
            let message = "the file holds more than a million values, aliases expanded";
            self.defect(Code::TooManyNodes, span, message);
            return Err(Stop);
        }
        // A collection counts itself when it closes.
        let leaf = height == 0 || size > 1;
        if let Some(frame) = self.frames.last_mut().filter(|_| leaf) {
            frame.size = frame.size.saturating_add(size);
            frame.height = frame.height.max(height.saturating_add(1));
        }
        Ok(())
    }

    fn remember(&mut self, anchor: usize, node: u32, open: bool) {
        if anchor > 0 {
            let (size, height) = (1, 0);
            let known = Anchor {
                node,
                size,
                height,
                open,
            };
            self.anchors.insert(anchor, known);
        }
    }

    /// Moves a mapping from key to value and back.
    fn placed(&mut self, node: u32, is_key: bool) {
        if let Some(frame) = self.frames.last_mut().filter(|frame| frame.mapping) {
            frame.key = is_key.then_some(node);
        }
    }

    fn key_text(&self) -> Option<&str> {
        let key = self.frames.last()?.key?;
        self.tree.nodes.get(key as usize)?.text()
    }

    fn inner_visibility(&self) -> Visibility {
        let frame = self.frames.last();
        frame.map_or(Visibility::ROOT, |frame| {
            frame.visibility.inside(self.key_text())
        })
    }

    fn settle_visibility(&mut self, node: u32, is_key: bool, empty: bool) {
        let Some(frame) = self.frames.last() else {
            return;
        };
        let shown = if is_key {
            self.tree
                .nodes
                .get(node as usize)
                .and_then(Node::text)
                .is_some_and(super::visible::nameable)
        } else {
            frame.visibility.shows_value(self.key_text())
        };
        // A key without a value may be a secret pasted into braces.
        let bare = frame.key.filter(|_| empty && frame.visibility.is_hidden());
        if let Some(key) = bare.and_then(|key| self.tree.nodes.get_mut(key as usize)) {
            key.shown = false;
        }
        if let Some(node) = self.tree.nodes.get_mut(node as usize) {
            node.shown = shown;
        }
    }
}

#[cfg(test)]
mod tests;
