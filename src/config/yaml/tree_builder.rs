//! Responsible for building a tree from parser events: links nodes, tracks whether a key or a value
//! is next, and marks the scalars that an excerpt may show.
//!
//! Does not report defects: the parser does.

use super::position::{Mark, Span};
use super::tree::{NONE, Node, NodeKind, Tree};
use crate::config::redaction::{Visibility, nameable};

/// A tree and its open collections.
#[derive(Default)]
pub(super) struct TreeBuilder {
    pub(super) tree: Tree,
    open: Vec<OpenNode>,
    /// The last finished item that stays in the tree.
    retained: Option<u32>,
}

/// A sequence or mapping that is still open.
struct OpenNode {
    node: u32,
    last: u32,
    count: u32,
    mapping: bool,
    /// The key of the next value.
    key: Option<u32>,
    visibility: Visibility,
    /// Whether the collection is written in brackets, or inside such a collection.
    flow: bool,
}

impl TreeBuilder {
    /// The start of the innermost open collection.
    pub(super) fn innermost(&self) -> Option<Mark> {
        let node = self.tree.node(self.open.last()?.node)?;
        Some(node.span.start)
    }

    /// Whether the innermost open collection is written in brackets.
    pub(super) fn is_in_flow(&self) -> bool {
        self.open.last().is_some_and(|open| open.flow)
    }

    /// Whether the next node is a key.
    pub(super) fn key_is_next(&self) -> bool {
        let open = self.open.last();
        open.is_some_and(|open| open.mapping && open.key.is_none())
    }

    /// The key of the next value.
    pub(super) fn key(&self) -> Option<&str> {
        self.tree.text(self.open.last()?.key?)
    }

    /// The item that was just finished in the list under a key of the root, unless the list is written in brackets.
    pub(super) fn finished_item(&self, key: &str) -> Option<u32> {
        let [root, list] = self.open.as_slice() else {
            return None;
        };
        let is_list = !list.mapping && !list.flow && self.tree.text(root.key?) == Some(key);
        (is_list && list.last != NONE && self.retained != Some(list.last)).then_some(list.last)
    }

    /// Keeps a finished item in the tree.
    pub(super) fn keep_item(&mut self, item: u32) {
        self.retained = Some(item);
    }

    /// Drops the nodes of a finished item. The next item is then the first one that the list has.
    pub(super) fn drop_item(&mut self, item: u32) {
        let Some(list) = self.open.last_mut() else {
            return;
        };
        list.last = self.retained.unwrap_or(NONE);
        let before = self
            .tree
            .nodes
            .get_mut(self.retained.unwrap_or(list.node) as usize);
        match before {
            Some(Node {
                kind: NodeKind::Sequence { first },
                ..
            }) if self.retained.is_none() => *first = NONE,
            Some(retained) => retained.next = NONE,
            None => {}
        }
        self.tree.truncate(item);
    }

    /// Adds a scalar.
    pub(super) fn scalar(&mut self, text: &str, plain: bool, span: Span) -> Option<u32> {
        let text = self.tree.add_text(text)?;
        self.leaf(NodeKind::Scalar { text, plain }, span)
    }

    /// Adds a scalar or an alias.
    pub(super) fn leaf(&mut self, kind: NodeKind, span: Span) -> Option<u32> {
        let is_key = self.key_is_next();
        let node = self.push(kind, span)?;
        self.set_visibility(node, is_key);
        self.advance(node, is_key);
        Some(node)
    }

    /// Opens a sequence or mapping.
    pub(super) fn open(&mut self, kind: NodeKind, span: Span) -> Option<u32> {
        let parent = self.open.last();
        let visibility = parent.map_or(Visibility::ROOT, |open| open.visibility.inside(self.key()));
        let mapping = matches!(kind, NodeKind::Mapping { .. });
        // A collection in brackets starts with a bracket; any other starts with its first node and
        // has an empty span.
        let flow = span.start != span.end || self.is_in_flow();
        let node = self.push(kind, span)?;
        self.open.push(OpenNode {
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
            self.advance(closed.node, is_key);
        }
    }

    /// Adds a node and links it to its parent and siblings.
    fn push(&mut self, kind: NodeKind, span: Span) -> Option<u32> {
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
                NodeKind::Sequence { first } | NodeKind::Mapping { first } if last == NONE => {
                    *first = index;
                }
                _ => before.next = index,
            }
        }
        self.tree.nodes.push(node);
        Some(index)
    }

    /// Makes the mapping expect a value after a key, and a key after a value.
    fn advance(&mut self, node: u32, is_key: bool) {
        if let Some(open) = self.open.last_mut().filter(|open| open.mapping) {
            open.key = is_key.then_some(node);
        }
    }

    fn set_visibility(&mut self, index: u32, is_key: bool) {
        let (Some(open), Some(node)) = (self.open.last(), self.tree.node(index)) else {
            return;
        };
        let (NodeKind::Scalar { plain, .. }, Some(text)) = (&node.kind, self.tree.text(index))
        else {
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
