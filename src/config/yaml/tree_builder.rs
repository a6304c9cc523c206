//! Responsible for building a tree, event by event: the links between nodes, whether a key or a
//! value is next, and which scalars an excerpt may show.
//!
//! Does not judge a file: the parser does.

use super::position::{Mark, Span};
use super::tree::{Kind, NONE, Node, Tree};
use crate::config::redaction::{Visibility, nameable};

/// A tree, and the collections in it that are still open.
#[derive(Default)]
pub(super) struct TreeBuilder {
    pub(super) tree: Tree,
    open: Vec<Open>,
}

/// A sequence or mapping that is still open.
struct Open {
    node: u32,
    last: u32,
    count: u32,
    mapping: bool,
    /// The key whose value comes next.
    key: Option<u32>,
    visibility: Visibility,
    /// Whether brackets enclose it.
    flow: bool,
}

impl TreeBuilder {
    /// Where the innermost collection that is still open begins.
    pub(super) fn innermost(&self) -> Option<Mark> {
        let node = self.tree.node(self.open.last()?.node)?;
        Some(node.span.start)
    }

    /// Whether the innermost open collection is written in brackets.
    pub(super) fn is_in_flow(&self) -> bool {
        self.open.last().is_some_and(|open| open.flow)
    }

    /// Whether what comes next is a key.
    pub(super) fn key_is_next(&self) -> bool {
        let open = self.open.last();
        open.is_some_and(|open| open.mapping && open.key.is_none())
    }

    /// The key whose value comes next.
    pub(super) fn key(&self) -> Option<&str> {
        self.tree.node(self.open.last()?.key?)?.text()
    }

    /// Adds a key or a value that holds no others.
    pub(super) fn leaf(&mut self, kind: Kind, span: Span) -> Option<u32> {
        let is_key = self.key_is_next();
        let node = self.push(kind, span)?;
        self.settle_visibility(node, is_key);
        self.placed(node, is_key);
        Some(node)
    }

    /// Opens a sequence or mapping.
    pub(super) fn open(&mut self, kind: Kind, span: Span) -> Option<u32> {
        let parent = self.open.last();
        let visibility = parent.map_or(Visibility::ROOT, |open| open.visibility.inside(self.key()));
        let mapping = matches!(kind, Kind::Mapping { .. });
        // A collection in brackets begins with a bracket; any other begins with its first node.
        let flow = span.start != span.end || self.is_in_flow();
        let node = self.push(kind, span)?;
        self.open.push(Open {
            node,
            last: NONE,
            count: 0,
            mapping,
            key: None,
            visibility,
            flow,
        });
        Some(node)
    }

    /// Closes the innermost collection.
    pub(super) fn close(&mut self) {
        if let Some(closed) = self.open.pop() {
            let is_key = self.key_is_next();
            self.placed(closed.node, is_key);
        }
    }

    /// Adds a node and links it to what it stands in and to its siblings.
    fn push(&mut self, kind: Kind, span: Span) -> Option<u32> {
        let index = u32::try_from(self.tree.nodes.len()).ok()?;
        let mut node = Node {
            span,
            parent: NONE,
            place: NONE,
            next: NONE,
            shown: false,
            kind,
        };
        if let Some(open) = self.open.last_mut() {
            node.parent = open.node;
            node.place = if open.mapping {
                open.key.unwrap_or(index)
            } else {
                open.count
            };
            open.count += 1;
            let last = std::mem::replace(&mut open.last, index);
            let before = if last == NONE { open.node } else { last };
            let before = self.tree.nodes.get_mut(before as usize)?;
            match &mut before.kind {
                Kind::Sequence { first } | Kind::Mapping { first } if last == NONE => {
                    *first = index;
                }
                _ => before.next = index,
            }
        }
        self.tree.nodes.push(node);
        Some(index)
    }

    /// Moves a mapping from key to value and back.
    fn placed(&mut self, node: u32, is_key: bool) {
        if let Some(open) = self.open.last_mut().filter(|open| open.mapping) {
            open.key = is_key.then_some(node);
        }
    }

    fn settle_visibility(&mut self, index: u32, is_key: bool) {
        let (Some(open), Some(node)) = (self.open.last(), self.tree.node(index)) else {
            return;
        };
        let Kind::Scalar { text, plain } = &node.kind else {
            return;
        };
        let shown = if is_key {
            nameable(text)
        } else {
            open.visibility.shows_value(self.key())
        };
        // A key without a value may be a secret pasted into braces.
        let empty = *plain && text.is_empty() && open.visibility.is_hidden();
        let bare = open.key.filter(|_| empty);
        if let Some(key) = bare.and_then(|key| self.tree.nodes.get_mut(key as usize)) {
            key.shown = false;
        }
        if let Some(node) = self.tree.nodes.get_mut(index as usize) {
            node.shown = shown;
        }
    }
}
