//! Responsible for the tree of a file: an arena of nodes with positions, and a cursor.
//!
//! Does not interpret fields.

use super::position::Span;
use super::scalar;
use crate::config::redaction::{NOT_NAMED, named};
use serde_json::{Map, Value};

/// The index of no node. A file may have millions of nodes, and `Option<u32>` would double the size
/// of each link.
pub(super) const NONE: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    /// The enclosing collection.
    pub(super) parent: u32,
    /// The position in a sequence; in a mapping the key's index, for the key itself as well.
    pub(super) place: u32,
    /// The next sibling. In a mapping keys and values alternate.
    pub(super) next: u32,
    /// Whether an excerpt may show the node.
    pub(super) shown: bool,
    pub(super) kind: NodeKind,
}

#[derive(Debug)]
pub(super) enum NodeKind {
    Scalar { text: TextRange, plain: bool },
    Sequence { first: u32 },
    Mapping { first: u32 },
    Alias { target: u32 },
}

/// The place of a scalar's text in the texts of a tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextRange {
    start: u32,
    end: u32,
}

/// All nodes of one file, in document order.
#[derive(Debug, Default)]
pub(in crate::config) struct Tree {
    pub(super) nodes: Vec<Node>,
    /// The texts of all scalars. A text of its own for each would double the size of a tree.
    texts: String,
}

impl Tree {
    /// The root, or `None` for an empty file.
    pub(in crate::config) fn root(&self) -> Option<NodeRef<'_>> {
        (!self.nodes.is_empty()).then(|| self.at(0))
    }

    /// The spans on a line that an excerpt may show.
    pub(in crate::config) fn shown_on(&self, line: u32) -> impl Iterator<Item = Span> {
        let first = self.nodes.partition_point(|n| n.span.start.line < line);
        self.nodes
            .iter()
            .skip(first)
            .take_while(move |node| node.span.start.line == line)
            .filter(move |node| node.shown && node.span.end.line == line)
            .map(|node| node.span)
    }

    /// The spans of scalars on a line that an excerpt must hide.
    pub(in crate::config) fn hidden_on(&self, line: u32) -> impl Iterator<Item = Span> {
        let first = self.nodes.partition_point(|n| n.span.start.line < line);
        let after = self.nodes.partition_point(|n| n.span.start.line <= line);
        // Scalars do not overlap, so only the last scalar before a line can extend into it.
        let mut earlier = self.nodes.iter().take(first);
        let reaching = earlier.rposition(|node| self.text_of(node).is_some());
        self.nodes
            .iter()
            .take(after)
            .skip(reaching.unwrap_or(first))
            .filter(move |node| {
                // The scanner gives an absent value the span of the next token.
                let hidden = !node.shown && self.text_of(node).is_some_and(|text| !text.is_empty());
                hidden && node.span.end.line >= line
            })
            .map(|node| node.span)
    }

    /// The node at an index.
    pub(super) fn at(&self, node: u32) -> NodeRef<'_> {
        NodeRef {
            tree: self,
            node,
            key: NONE,
        }
    }

    /// Drops all nodes from an index on.
    pub(super) fn truncate(&mut self, node: u32) {
        self.nodes.truncate(node as usize);
        let texts = self.nodes.iter().rev().find_map(|node| match node.kind {
            NodeKind::Scalar { text, .. } => Some(text.end as usize),
            _ => None,
        });
        self.texts.truncate(texts.unwrap_or(0));
    }

    /// Adds the text of a scalar.
    pub(super) fn add_text(&mut self, text: &str) -> Option<TextRange> {
        let start = u32::try_from(self.texts.len()).ok()?;
        self.texts.push_str(text);
        let end = u32::try_from(self.texts.len()).ok()?;
        Some(TextRange { start, end })
    }

    /// The text at an index, if the node is a scalar.
    pub(super) fn text(&self, index: u32) -> Option<&str> {
        self.text_of(self.node(index)?)
    }

    fn text_of(&self, node: &Node) -> Option<&str> {
        match node.kind {
            NodeKind::Scalar { text, .. } => self.texts.get(text.start as usize..text.end as usize),
            _ => None,
        }
    }

    pub(super) fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(usize::try_from(index).ok()?)
    }

    /// The path of a node, such as `customers[0].connectors[1].type`, or `None` for the root.
    pub(in crate::config) fn path(&self, node: u32) -> Option<String> {
        let ancestors = std::iter::successors(Some(node), |node| Some(self.node(*node)?.parent));
        let mut steps: Vec<String> = ancestors.map_while(|node| self.step(node)).collect();
        steps.reverse();
        let path = steps.concat();
        let path = path.strip_prefix('.').unwrap_or(&path);
        (!path.is_empty()).then(|| path.to_owned())
    }

    /// The last step of a node's path, or `None` for the root.
    fn step(&self, node: u32) -> Option<String> {
        let Node { parent, place, .. } = self.node(node)?;
        Some(match self.node(*parent)?.kind {
            NodeKind::Sequence { .. } => format!("[{place}]"),
            _ => format!(".{}", self.key_name(*place)),
        })
    }

    fn key_name(&self, key: u32) -> &str {
        let node = self.node(key);
        // A key without a parsed value may be a pasted secret.
        let name = node.filter(|node| node.shown && node.next != NONE);
        name.and_then(|node| self.text_of(node))
            .unwrap_or(NOT_NAMED)
    }

    /// A key for a message.
    pub(super) fn key_label(&self, key: u32) -> String {
        named(self.key_name(key))
    }
}

/// A value with the type that YAML's core schema gives to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::config) enum NodeValue<'t> {
    Null,
    Boolean(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(&'t str),
    Sequence,
    Mapping,
}

/// A cursor: a value, and its key if it is in a mapping.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct NodeRef<'t> {
    tree: &'t Tree,
    node: u32,
    key: u32,
}

impl<'t> NodeRef<'t> {
    fn resolved(self) -> Option<&'t Node> {
        match self.tree.node(self.node)? {
            Node {
                kind: NodeKind::Alias { target },
                ..
            } => self.tree.node(*target),
            node => Some(node),
        }
    }

    fn walk(self, first: u32) -> impl Iterator<Item = u32> + use<'t> {
        let tree = self.tree;
        let known = |index: u32| (index != NONE).then_some(index);
        std::iter::successors(known(first), move |index| known(tree.node(*index)?.next))
    }

    /// The tree of the value.
    pub(in crate::config) fn tree(self) -> &'t Tree {
        self.tree
    }

    /// The path of the value.
    pub(in crate::config) fn path(self) -> Option<String> {
        self.tree.path(self.node)
    }

    /// The values of a sequence.
    pub(in crate::config) fn items(self) -> impl Iterator<Item = NodeRef<'t>> + use<'t> {
        let first = match self.resolved().map(|node| &node.kind) {
            Some(NodeKind::Sequence { first }) => *first,
            _ => NONE,
        };
        self.walk(first).map(move |node| NodeRef {
            tree: self.tree,
            node,
            key: NONE,
        })
    }

    /// The keys and values of a mapping.
    pub(in crate::config) fn entries(
        self,
    ) -> impl Iterator<Item = (&'t str, NodeRef<'t>)> + use<'t> {
        let first = match self.resolved().map(|node| &node.kind) {
            Some(NodeKind::Mapping { first }) => *first,
            _ => NONE,
        };
        let mut walk = self.walk(first);
        std::iter::from_fn(move || {
            let (key, node) = (walk.next()?, walk.next()?);
            let at = NodeRef {
                tree: self.tree,
                node,
                key,
            };
            Some((self.tree.text(key).unwrap_or(""), at))
        })
    }

    /// The value under a key, or the mapping itself if the key is absent, so that a finding about an
    /// absent field points at the mapping.
    pub(in crate::config) fn key(self, name: &str) -> NodeRef<'t> {
        self.entries()
            .find(|(key, _)| *key == name)
            .map_or(self, |(_, value)| value)
    }

    /// The item at a position of a sequence, or the sequence itself.
    pub(in crate::config) fn index(self, position: usize) -> NodeRef<'t> {
        self.items().nth(position).unwrap_or(self)
    }

    /// The span that a finding points to: the key if there is one, else the value, up to its first
    /// inner node.
    pub(in crate::config) fn span(self) -> Span {
        let index = if self.key == NONE {
            self.node
        } else {
            self.key
        };
        let Some(node) = self.tree.node(index) else {
            return Span::default();
        };
        let first = match node.kind {
            NodeKind::Sequence { first } | NodeKind::Mapping { first } => self.tree.node(first),
            NodeKind::Scalar { .. } | NodeKind::Alias { .. } => None,
        };
        let end = first.filter(|inner| inner.span.start.line == node.span.start.line);
        Span {
            start: node.span.start,
            end: end.map_or(node.span.end, |inner| inner.span.end),
        }
    }

    /// The value, with the type that YAML's core schema gives to plain scalars.
    pub(in crate::config) fn value(self) -> NodeValue<'t> {
        let Some(node) = self.resolved() else {
            return NodeValue::Null;
        };
        match node.kind {
            NodeKind::Scalar { plain, .. } => {
                let text = self.tree.text_of(node).unwrap_or_default();
                if plain {
                    scalar::resolve(text).into_node(text)
                } else {
                    NodeValue::Text(text)
                }
            }
            NodeKind::Sequence { .. } => NodeValue::Sequence,
            NodeKind::Mapping { .. } => NodeValue::Mapping,
            NodeKind::Alias { .. } => NodeValue::Null,
        }
    }

    /// The value as JSON. Recursion is safe, because the parser limits depth and size, aliases included.
    pub(in crate::config) fn to_json(self) -> Value {
        match self.value() {
            NodeValue::Null => Value::Null,
            NodeValue::Boolean(value) => value.into(),
            NodeValue::Unsigned(value) => value.into(),
            NodeValue::Signed(value) => value.into(),
            NodeValue::Float(value) => value.into(),
            NodeValue::Text(text) => text.into(),
            NodeValue::Sequence => self.items().map(NodeRef::to_json).collect(),
            NodeValue::Mapping => {
                let fields = self.entries();
                let fields = fields.map(|(name, at)| (name.to_owned(), at.to_json()));
                Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }
}
