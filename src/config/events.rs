//! One pass over a file's YAML events, before anything else reads it.
//!
//! Owns the refusals (duplicate keys, merge keys, tags, second documents, what breaks a limit):
//! what passes here is safe for `serde_yaml`, which checks none of them and is slow on hostile
//! nesting. Never recurses on what it reads.

use super::code::Code;
use super::doubtful::Doubtful;
use super::expansion::{Beyond, Expansion};
use super::growth::Growth;
use super::tree::{Kind, Mark, NONE, Span, Tree};
use super::visible::named;
use super::{limits, scalar, syntax};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use std::collections::HashSet;

/// Something the pass found.
#[derive(Debug)]
pub(super) struct Defect {
    pub(super) code: Code,
    pub(super) span: Span,
    pub(super) message: String,
    /// The field it is about.
    pub(super) path: Option<String>,
}

/// What a pass gives: defects, and the tree if the file was read to its end.
#[derive(Debug, Default)]
pub(super) struct Pass {
    pub(super) defects: Vec<Defect>,
    pub(super) tree: Option<Tree>,
}

/// Reads a text once.
pub(super) fn scan(text: &str) -> Pass {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, place) = match event {
            Ok(event) => event,
            Err(error) => {
                let defect = syntax::explain(text, &error, reader.growth.innermost());
                return reader.broken(Some(defect));
            }
        };
        let span = Span {
            start: mark(place.start),
            end: mark(place.end),
        };
        if reader.take(event, span).is_err() {
            return reader.broken(None);
        }
    }
    let mut defects = reader.told();
    let mut tree = reader.growth.tree;
    if defects.is_empty() {
        defects.extend(reader.doubtful.disagreement(text, &tree));
    }
    // The trees of all files are kept until the last check.
    tree.nodes.shrink_to_fit();
    Pass {
        defects,
        tree: Some(tree),
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

/// A defect whose words wait until the nodes around it are known.
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
    /// Remembers a key, unless it is known.
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
struct Reader {
    growth: Growth,
    expansion: Expansion,
    keys: Vec<Keys>,
    documents: u32,
    found: Vec<Found>,
    doubtful: Doubtful,
}

impl Reader {
    fn broken(&mut self, last: Option<Defect>) -> Pass {
        let mut defects = self.told();
        defects.extend(last);
        Pass {
            defects,
            tree: None,
        }
    }

    /// The defects in words, which name a key only once it is known whether it may be shown.
    fn told(&mut self) -> Vec<Defect> {
        let tree = &self.growth.tree;
        let told = |found: Found| Defect {
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
            .map(told)
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
        match event {
            Event::DocumentStart(_) => self.document(span),
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                if plain && text.starts_with('?') {
                    self.doubtful.question.get_or_insert(span);
                }
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
                self.expansion.close();
                self.keys.pop();
                self.growth.close();
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

    fn note_anchor(&mut self, anchor: usize, span: Span) {
        if anchor != 0 {
            self.doubtful.anchor.get_or_insert(span);
        }
    }

    fn refuse_tag(&mut self, tagged: bool, node: u32, span: Span) {
        if tagged {
            let message = "tags are not understood here";
            self.defect(Code::YamlTag, span, Some(node), message);
        }
    }

    fn scalar(&mut self, kind: Kind, anchor: usize, tagged: bool, span: Span) -> Result<(), Stop> {
        let is_key = self.growth.key_is_next();
        let label = (!is_key && inexact(&kind)).then(|| self.growth.key().map(named));
        let node = self.growth.leaf(kind, span).ok_or(Stop)?;
        self.note_anchor(anchor, span);
        self.refuse_tag(tagged, node, span);
        if is_key {
            self.check_key(node, span);
        } else if let Some(label) = label {
            let label = label.unwrap_or_else(|| "this number".to_owned());
            let message = format!("{label} cannot be sent exactly: quote it if it is text");
            self.defect(Code::InexactNumber, span, Some(node), message);
        }
        let counted = self.expansion.scalar(anchor, node);
        self.within(counted, node, span)
    }

    fn check_key(&mut self, node: u32, span: Span) {
        let tree = &self.growth.tree;
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
        let is_key = self.growth.key_is_next();
        let anchor = self.expansion.anchor(id);
        let target = anchor.map_or(NONE, |anchor| anchor.node);
        let node = self.growth.leaf(Kind::Alias { target }, span);
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
        let counted = self.expansion.alias(anchor);
        self.within(counted, node, span)
    }

    fn open(&mut self, kind: Kind, anchor: usize, tagged: bool, span: Span) -> Result<(), Stop> {
        let is_key = self.growth.key_is_next();
        let node = self.growth.open(kind, span).ok_or(Stop)?;
        self.note_anchor(anchor, span);
        self.refuse_tag(tagged, node, span);
        if is_key {
            let message = "a key is plain text, not a list or mapping";
            self.defect(Code::ComplexKey, span, Some(node), message);
        }
        self.keys.push(Keys::default());
        let counted = self.expansion.open(anchor, node);
        self.within(counted, node, span)
    }

    fn within(&mut self, counted: Result<(), Beyond>, node: u32, span: Span) -> Result<(), Stop> {
        let Err(beyond) = counted else {
            return Ok(());
        };
        let (code, message) = match beyond {
            Beyond::Depth => (Code::TooDeep, limits::TOO_DEEP),
            Beyond::Values => (Code::TooManyNodes, limits::TOO_MANY),
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

#[cfg(test)]
mod tests {
    use super::{Code, scan};
    use serde_json::{Value, json};
    use std::fmt::Write as _;
    use std::time::{Duration, Instant};

    fn codes(text: &str) -> Vec<(Code, u32, u32)> {
        let place = |d: super::Defect| (d.code, d.span.start.line, d.span.start.column);
        scan(text).defects.into_iter().map(place).collect()
    }

    fn json_of(text: &str) -> Value {
        scan(text).tree.unwrap().root().unwrap().to_json()
    }

    #[test]
    fn a_tree_is_what_serde_yaml_reads() {
        let text =
            "a: &x [1, {b: null}]\nc: *x\nd:\n- e: |\n    two\n    lines\n  f: 'q'\ng: !!str\n";
        let text = text.replace("!!str", "~");
        assert_eq!(
            json_of(&text),
            serde_yaml::from_str::<Value>(&text).unwrap()
        );
        assert_eq!(
            json_of("a: *b".replace("*b", "b").as_str()),
            json!({"a": "b"})
        );
    }

    #[test]
    fn refusals_have_their_places() {
        assert_eq!(
            codes("a: 1\nb: {c: 1, c: 2}\n"),
            [(Code::DuplicateKey, 2, 10)]
        );
        assert_eq!(
            codes("a: &x {b: 1}\nc:\n  <<: *x\n"),
            [(Code::MergeKey, 3, 2)]
        );
        assert_eq!(codes("a: 1\n---\nb: 2\n")[0].0, Code::MultipleDocuments);
        assert_eq!(codes("a: !!str 1\n")[0].0, Code::YamlTag);
        assert_eq!(codes("a: &x [*x]\n")[0].0, Code::BadAlias);
        assert_eq!(codes("? [a]\n: 1\n")[0].0, Code::ComplexKey);
        assert_eq!(codes("a: .inf\n"), [(Code::InexactNumber, 1, 3)]);
        assert_eq!(codes("a: [1\nb: 2\n")[0].0, Code::YamlSyntax);
        let unquoted = "a: 1\nb: {token: ${env:X}}\n";
        assert_eq!(codes(unquoted), [(Code::UnquotedReference, 2, 11)]);
    }

    #[test]
    fn what_two_readers_read_unlike_is_refused() {
        let text = "version: 1\ncustomers:\n  - &base: b\n";
        assert_eq!(codes(text), [(Code::BadAlias, 3, 4)]);
        assert!(codes("a: &base-1 b\nc: *base-1\n").is_empty());
    }

    #[test]
    fn a_question_mark_first_is_refused_where_readers_disagree() {
        assert_eq!(codes("a: [b, ?c]\n"), [(Code::ComplexKey, 1, 7)]);
        for text in ["a: ?c\n", "a: [\"?c\", b?]\n", "- ?c\n"] {
            assert_eq!(codes(text), [], "{text}");
        }
    }

    #[test]
    fn defects_name_their_field_but_no_secret() {
        let told = |text: &str| {
            let defect = scan(text).defects.remove(0);
            (defect.message, defect.path.unwrap_or_default())
        };
        let twice = |key: &str| format!("the key {key} stands twice in the same mapping");
        assert_eq!(
            told("customers:\n- name: a\n- {status: x, status: y}\n"),
            (twice("`status`"), "customers[1].status".into())
        );
        assert_eq!(
            told("a: {b: {hunter: 1, hunter}}\n"),
            (twice("(not shown)"), "a.b.(not shown)".into())
        );
        assert_eq!(
            told("a: {b: {hunter, hunter"),
            (twice("(not shown)"), "a.b.(not shown)".into())
        );
        assert_eq!(told("a:\n- [1, !x 2]\n").1, "a[0][1]");
        assert_eq!(told("a: {b: .inf}\n").1, "a.b");
        assert_eq!(told("a: {<<: {}}\n").1, "a.<<");
    }

    #[test]
    fn hostile_files_are_refused_at_once() {
        let mut bomb = String::from("a0: &a0 [x, x]\n");
        for level in 1..40 {
            let below = level - 1;
            writeln!(bomb, "a{level}: &a{level} [*a{below}, *a{below}]").unwrap();
        }
        let mut long = String::from("a: &a {b: 1}\n");
        for index in 0..70 {
            writeln!(
                long,
                "k{index}: &c{} [{}]",
                index + 1,
                if index == 0 {
                    "*a".into()
                } else {
                    format!("*c{index}")
                }
            )
            .unwrap();
        }
        let nested = [
            (bomb, Code::TooManyNodes),
            (long, Code::TooDeep),
            ("[".repeat(10_000), Code::TooDeep),
            ("- ".repeat(10_000), Code::TooDeep),
            ("{a: ".repeat(10_000), Code::TooDeep),
            ("? ".repeat(10_000), Code::ComplexKey),
        ];
        for (text, code) in nested {
            let begun = Instant::now();
            assert_eq!(codes(&text)[0].0, code);
            assert!(begun.elapsed() < Duration::from_secs(3));
        }
    }
}
