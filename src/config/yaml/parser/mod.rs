//! Responsible for parsing YAML events into a tree, and for refusing unsupported constructs:
//! duplicate keys, merge keys, tags, second documents, tabs as indentation, and files beyond the
//! limits.
//!
//! Does not recurse, so that hostile nesting cannot exhaust the stack.

#[cfg(test)]
mod tests;

use super::alias_limits::{AliasLimits, LimitExceeded};
use super::defect::Defect;
use super::directives;
use super::position::Span;
use super::scalar;
use super::syntax_error::{self, IndentingTab};
use super::tree::{NONE, NodeKind, NodeRef, Tree};
use super::tree_builder::TreeBuilder;
use super::typos::{self, UNQUOTED_BRACES};
use crate::config::code::Code;
use crate::config::limits;
use crate::config::redaction::named;
use crate::config::variables::Variables;
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::collections::{HashMap, HashSet};

/// The defects of a text, and its tree if parsing reached the end.
#[derive(Debug, Default)]
pub(in crate::config) struct Parsed {
    pub(in crate::config) defects: Vec<Defect>,
    pub(in crate::config) tree: Option<Tree>,
}

/// Parses a text. Values get those of the variables, or keep the variables without any.
pub(in crate::config) fn parse(text: &str, variables: Option<&Variables>) -> Parsed {
    let mut parser = TreeParser {
        text,
        tabs: syntax_error::tabs_in_indentation(text),
        variables,
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
        if parser.handle(event, span).is_err() {
            return parser.stopped(None);
        }
    }
    let mut defects = parser.defects();
    defects.extend(directives::ignored(text));
    Parsed {
        defects,
        tree: Some(parser.builder.tree),
    }
}

/// Parses a text without defects, and passes each item of the list under a top-level key to `visit`, with its position.
/// Drops the nodes of an item after its visit, so that the tree of a large file is small. Returns the tree and the number
/// of items. `None` if the text has a defect: [`parse`] finds out which.
///
/// Visits no item of a list in brackets, because its items can share a line, and an excerpt needs all nodes of a line.
pub(in crate::config) fn parse_each(
    text: &str,
    variables: Option<&Variables>,
    key: &str,
    mut visit: impl FnMut(usize, NodeRef<'_>),
) -> Option<(Tree, usize)> {
    let mut parser = TreeParser {
        text,
        tabs: syntax_error::tabs_in_indentation(text),
        variables,
        ..TreeParser::default()
    };
    let (mut items, mut anchors) = (0, 0);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        parser.handle(event, span.into()).ok()?;
        if !parser.pending.is_empty() {
            return None;
        }
        let Some(item) = parser.builder.finished_item(key) else {
            continue;
        };
        visit(items, parser.builder.tree.at(item));
        items += 1;
        // An alias may refer to an anchor in the item.
        let known = std::mem::replace(&mut anchors, parser.alias_limits.anchors());
        if anchors == known {
            parser.builder.drop_item(item);
        } else {
            parser.builder.keep_item(item);
        }
    }
    directives::ignored(text)
        .is_empty()
        .then_some((parser.builder.tree, items))
}

/// Parsing stops; the reason is a defect already.
struct StopParsing;

/// A defect whose message is built after parsing.
struct PendingDefect {
    code: Code,
    span: Span,
    message: String,
    node: Option<u32>,
}

/// The keys of an open mapping.
#[derive(Default)]
struct MappingKeys {
    few: Vec<u32>,
    many: HashSet<Box<str>>,
}

impl MappingKeys {
    /// Adds a key and returns whether it is new.
    fn insert(&mut self, node: u32, tree: &Tree) -> bool {
        // Most mappings are small, and a linear search is faster than hashing there.
        const FEW: usize = 16;
        let key = tree.text(node);
        if self.few.iter().any(|known| tree.text(*known) == key) {
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
struct TreeParser<'v> {
    text: &'v str,
    variables: Option<&'v Variables>,
    builder: TreeBuilder,
    alias_limits: AliasLimits,
    keys: Vec<MappingKeys>,
    documents: u32,
    pending: Vec<PendingDefect>,
    /// Tabs in indentation, by line number.
    tabs: HashMap<u32, IndentingTab>,
}

impl TreeParser<'_> {
    fn stopped(&mut self, last: Option<Defect>) -> Parsed {
        let mut defects = self.defects();
        defects.extend(last);
        Parsed {
            defects,
            tree: None,
        }
    }

    /// The defects. Messages are built here, because only a key with a value may be named.
    fn defects(&mut self) -> Vec<Defect> {
        let tree = &self.builder.tree;
        let defect = |pending: PendingDefect| Defect {
            code: pending.code,
            span: pending.span,
            message: match (pending.code, pending.node) {
                (Code::DuplicateKey, Some(key)) => {
                    let key = tree.key_label(key);
                    format!("the key {key} appears twice in the same mapping")
                }
                _ => pending.message,
            },
            path: pending.node.and_then(|node| tree.path(node)),
        };
        std::mem::take(&mut self.pending)
            .into_iter()
            .map(defect)
            .collect()
    }

    fn defect(&mut self, code: Code, span: Span, node: Option<u32>, message: impl Into<String>) {
        // Limits the memory that a hostile file can use.
        if self.pending.len() < limits::FINDINGS {
            self.pending.push(PendingDefect {
                code,
                span,
                message: message.into(),
                node,
            });
        }
    }

    fn handle(&mut self, event: Event<'_>, span: Span) -> Result<(), StopParsing> {
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
                self.scalar((&text, plain), anchor, tag.is_some(), span)
            }
            Event::SequenceStart(anchor, tag) => {
                let kind = NodeKind::Sequence { first: NONE };
                self.open(kind, anchor, tag.is_some(), span)
            }
            Event::MappingStart(anchor, tag) => {
                let kind = NodeKind::Mapping { first: NONE };
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

    fn document(&mut self, span: Span) -> Result<(), StopParsing> {
        self.documents += 1;
        if self.documents > 1 {
            let message = "a second document starts here";
            self.defect(Code::MultipleDocuments, span, None, message);
            return Err(StopParsing);
        }
        Ok(())
    }

    /// Refuses a node that is indented by a tab: its column would depend on the tab width.
    fn refuse_tab(&mut self, span: Span) -> Result<(), StopParsing> {
        let tab = self
            .tabs
            .get(&span.start.line)
            .filter(|tab| tab.is_before(span.start) && !self.builder.is_in_flow());
        let Some(tab) = tab.map(IndentingTab::span) else {
            return Ok(());
        };
        let message = syntax_error::tab_message(self.text, tab.start.line);
        self.defect(Code::YamlSyntax, tab, None, message);
        Err(StopParsing)
    }

    fn refuse_tag(&mut self, tagged: bool, node: u32, span: Span) {
        if tagged {
            let message = "YAML tags are not supported";
            self.defect(Code::YamlTag, span, Some(node), message);
        }
    }

    fn scalar(
        &mut self,
        (text, plain): (&str, bool),
        anchor: usize,
        tagged: bool,
        span: Span,
    ) -> Result<(), StopParsing> {
        let is_key = self.builder.key_is_next();
        let mistake = typos::of_plain_text(text).filter(|_| plain);
        let variables = self.variables.filter(|_| !is_key);
        let value = variables.map_or(Ok(None), |variables| variables.substitute(text));
        let (text, plain) = match &value {
            Ok(Some(value)) => (value.text.as_str(), value.is_plain),
            Ok(None) | Err(_) => (text, plain),
        };
        let is_inexact = !is_key && plain && scalar::resolve(text) == scalar::Scalar::Inexact;
        let label = is_inexact.then(|| self.builder.key().map(named));
        let node = self.builder.scalar(text, plain, span).ok_or(StopParsing)?;
        self.refuse_tag(tagged, node, span);
        if let Some((code, message)) = mistake {
            self.defect(code, span, Some(node), message);
        }
        if is_key {
            self.check_key(node, span);
        } else if let Some(label) = label {
            let label = label.unwrap_or_else(|| "this number".to_owned());
            let message = format!("{label} cannot be represented exactly: quote it if it is text");
            self.defect(Code::InexactNumber, span, Some(node), message);
        }
        if let Err(message) = value {
            self.defect(Code::UndefinedVariable, span, Some(node), message);
        }
        let counted = self.alias_limits.scalar(anchor, node);
        self.within(counted, node, span)
    }

    fn check_key(&mut self, node: u32, span: Span) {
        let tree = &self.builder.tree;
        let kind = tree.node(node).map(|node| &node.kind);
        let is_plain = matches!(kind, Some(NodeKind::Scalar { plain: true, .. }));
        let merge = is_plain && tree.text(node) == Some("<<");
        let keys = self.keys.last_mut();
        let twice = keys.is_some_and(|keys| !keys.insert(node, tree));
        if merge {
            let message = "the merge key `<<` is not supported";
            self.defect(Code::MergeKey, span, Some(node), message);
        }
        if twice {
            self.defect(Code::DuplicateKey, span, Some(node), "");
        }
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), StopParsing> {
        let is_key = self.builder.key_is_next();
        let anchor = self.alias_limits.anchor(id);
        let target = anchor.map_or(NONE, |anchor| anchor.node);
        let node = self.builder.leaf(NodeKind::Alias { target }, span);
        let node = node.ok_or(StopParsing)?;
        if is_key {
            let message = "a key is plain text, not an alias";
            self.defect(Code::ComplexKey, span, Some(node), message);
        }
        let Some(anchor) = anchor else {
            let message = "the alias refers to a value that contains the alias";
            self.defect(Code::BadAlias, span, Some(node), message);
            return Err(StopParsing);
        };
        let counted = self.alias_limits.alias(anchor);
        self.within(counted, node, span)
    }

    fn open(
        &mut self,
        kind: NodeKind,
        anchor: usize,
        tagged: bool,
        span: Span,
    ) -> Result<(), StopParsing> {
        let is_key = self.builder.key_is_next();
        let is_second_brace = matches!(kind, NodeKind::Mapping { .. })
            && self.builder.innermost().is_some_and(|first| {
                first.line == span.start.line && first.column + 1 == span.start.column
            });
        let node = self.builder.open(kind, span).ok_or(StopParsing)?;
        self.refuse_tag(tagged, node, span);
        if is_key {
            let message = if is_second_brace {
                UNQUOTED_BRACES
            } else {
                "a key is plain text, not a list or mapping"
            };
            self.defect(Code::ComplexKey, span, Some(node), message);
        }
        self.keys.push(MappingKeys::default());
        let counted = self.alias_limits.open(anchor, node);
        self.within(counted, node, span)
    }

    fn within(
        &mut self,
        counted: Result<(), LimitExceeded>,
        node: u32,
        span: Span,
    ) -> Result<(), StopParsing> {
        let Err(exceeded) = counted else {
            return Ok(());
        };
        let (code, message) = match exceeded {
            LimitExceeded::Depth => (Code::TooDeep, limits::TOO_DEEP),
            LimitExceeded::Values => (Code::TooManyNodes, limits::TOO_MANY),
        };
        self.defect(code, span, Some(node), message);
        Err(StopParsing)
    }
}
