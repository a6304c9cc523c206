//! Responsible for the nodes of a file with their positions: what every finding points into.
//!
//! An arena and a cursor over it. Does not know what the fields mean.

use super::position::Span;
use super::scalar;
use crate::config::redaction::{NOT_NAMED, named};
use serde_json::{Map, Value};

/// No node.
pub(super) const NONE: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    /// What it stands in.
    pub(super) parent: u32,
    /// Its position in a sequence; in a mapping its key, which for a key is itself.
    pub(super) place: u32,
    /// The next sibling; in a mapping keys and values alternate.
    pub(super) next: u32,
    /// Whether an excerpt may show it.
    pub(super) shown: bool,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar { text: Box<str>, plain: bool },
    Sequence { first: u32 },
    Mapping { first: u32 },
    Alias { target: u32 },
}

/// All nodes of one file, in document order.
#[derive(Debug, Default)]
pub(in crate::config) struct Tree {
    pub(super) nodes: Vec<Node>,
}

impl Tree {
    /// The root, unless the file holds nothing.
    pub(in crate::config) fn root(&self) -> Option<NodeRef<'_>> {
        (!self.nodes.is_empty()).then_some(NodeRef {
            tree: self,
            node: 0,
            key: NONE,
        })
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

    /// The spans of scalars that touch a line and that an excerpt must hide, whatever they hold.
    pub(in crate::config) fn hidden_on(&self, line: u32) -> impl Iterator<Item = Span> {
        let first = self.nodes.partition_point(|n| n.span.start.line < line);
        let after = self.nodes.partition_point(|n| n.span.start.line <= line);
        // Scalars do not overlap, so only the last one before a line can reach into it.
        let mut earlier = self.nodes.iter().take(first);
        let reaching = earlier.rposition(|node| node.text().is_some());
        self.nodes
            .iter()
            .take(after)
            .skip(reaching.unwrap_or(first))
            .filter(move |node| {
                // The scanner gives an absent value the place of what follows it.
                let hidden = !node.shown && node.text().is_some_and(|text| !text.is_empty());
                hidden && node.span.end.line >= line
            })
            .map(|node| node.span)
    }

    pub(super) fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(usize::try_from(index).ok()?)
    }

    /// The field that a node is or stands in, such as `customers[0].connectors[1].type`; nothing
    /// for the file as a whole.
    pub(in crate::config) fn path(&self, node: u32) -> Option<String> {
        let ancestors = std::iter::successors(Some(node), |node| Some(self.node(*node)?.parent));
        let mut steps: Vec<String> = ancestors.map_while(|node| self.step(node)).collect();
        steps.reverse();
        let path = steps.concat();
        let path = path.strip_prefix('.').unwrap_or(&path);
        (!path.is_empty()).then(|| path.to_owned())
    }

    /// The last step to a node; nothing for the root.
    fn step(&self, node: u32) -> Option<String> {
        let Node { parent, place, .. } = self.node(node)?;
        Some(match self.node(*parent)?.kind {
            Kind::Sequence { .. } => format!("[{place}]"),
            _ => format!(".{}", self.key_name(*place)),
        })
    }

    fn key_name(&self, key: u32) -> &str {
        let node = self.node(key);
        // Of a key whose value was never read nobody knows whether it is a name.
        let name = node.filter(|node| node.shown && node.next != NONE);
        name.and_then(Node::text).unwrap_or(NOT_NAMED)
    }

    /// A key for a message.
    pub(super) fn key_label(&self, key: u32) -> String {
        named(self.key_name(key))
    }
}

/// A place in a tree: a value, and the key it stands under.
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
                kind: Kind::Alias { target },
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

    /// The field that this is, for a program.
    pub(in crate::config) fn path(self) -> Option<String> {
        self.tree.path(self.node)
    }

    /// The values of a sequence.
    pub(in crate::config) fn items(self) -> impl Iterator<Item = NodeRef<'t>> + use<'t> {
        let first = match self.resolved().map(|node| &node.kind) {
            Some(Kind::Sequence { first }) => *first,
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
            Some(Kind::Mapping { first }) => *first,
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
            Some((self.tree.node(key)?.text().unwrap_or(""), at))
        })
    }

    /// The value under a key; the mapping itself where there is none, so that a finding about
    /// something absent points at what lacks it.
    pub(in crate::config) fn key(self, name: &str) -> NodeRef<'t> {
        let found = self.entries().find(|(key, _)| *key == name);
        found.map_or(self, |(_, at)| at)
    }

    /// The value at a position of a sequence, or the sequence itself.
    pub(in crate::config) fn index(self, position: usize) -> NodeRef<'t> {
        self.items().nth(position).unwrap_or(self)
    }

    /// Where a finding about this points: the key when there is one, else the value, else the
    /// first thing inside it.
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
            Kind::Sequence { first } | Kind::Mapping { first } => self.tree.node(first),
            Kind::Scalar { .. } | Kind::Alias { .. } => None,
        };
        let end = first.filter(|inner| inner.span.start.line == node.span.start.line);
        Span {
            start: node.span.start,
            end: end.map_or(node.span.end, |inner| inner.span.end),
        }
    }

    /// The value as JSON, with the types that YAML's core schema gives to plain scalars. The
    /// event pass has limited depth and size, aliases included.
    pub(in crate::config) fn to_json(self) -> Value {
        let Some(node) = self.resolved() else {
            return Value::Null;
        };
        match &node.kind {
            Kind::Scalar { text, plain: true } => scalar::resolve(text).into_json(text),
            Kind::Scalar { text, .. } => Value::String(text.to_string()),
            Kind::Sequence { .. } => self.items().map(NodeRef::to_json).collect(),
            Kind::Mapping { .. } => {
                let fields = self.entries();
                let fields = fields.map(|(name, at)| (name.to_owned(), at.to_json()));
                Value::Object(fields.collect::<Map<_, _>>())
            }
            Kind::Alias { .. } => Value::Null,
        }
    }
}

impl Node {
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }
}
