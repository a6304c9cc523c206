//! Responsible for the nodes of a YAML text with the bytes that each occupies.
//!
//! Does not judge the text: the files were loaded without an error before.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

/// A node with its bytes in the text, without comments around it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar(String),
    Alias,
    Sequence(Vec<Node>, Style),
    Mapping(Vec<(Node, Node)>, Style),
}

/// How a collection is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Style {
    /// By indentation.
    Block,
    /// In brackets or braces.
    Flow,
}

impl Node {
    /// The value under a key.
    pub(super) fn key(&self, name: &str) -> Option<&Self> {
        self.entry(name).map(|(_, value)| value)
    }

    /// The key and the value under a key.
    pub(super) fn entry(&self, name: &str) -> Option<&(Self, Self)> {
        let Kind::Mapping(entries, _) = &self.kind else {
            return None;
        };
        entries.iter().find(|(key, _)| key.is_text(name))
    }

    /// The position of the only item with this `name`. An earlier edit may have given another item the same name.
    pub(super) fn position_of(&self, name: &str) -> Option<usize> {
        let Kind::Sequence(items, _) = &self.kind else {
            return None;
        };
        let is_named = |item: &Self| item.key("name").is_some_and(|key| key.is_text(name));
        only(items.iter().map(is_named))
    }

    /// The only item with this `name`.
    pub(super) fn named(&self, name: &str) -> Option<&Self> {
        let position = self.position_of(name)?;
        match &self.kind {
            Kind::Sequence(items, _) => items.get(position),
            _ => None,
        }
    }

    pub(super) fn is_text(&self, text: &str) -> bool {
        matches!(&self.kind, Kind::Scalar(scalar) if scalar == text)
    }
}

/// The position of the only item that is selected.
pub(super) fn only(items: impl Iterator<Item = bool>) -> Option<usize> {
    let mut selected = items
        .enumerate()
        .filter_map(|(position, is_selected)| is_selected.then_some(position));
    let position = selected.next()?;
    selected.next().is_none().then_some(position)
}

/// The root of a text, or `None` if it has no node.
pub(super) fn parse(text: &str) -> Option<Node> {
    let events: Vec<(Event<'_>, Span)> =
        Parser::new_from_str(text).collect::<Result<_, _>>().ok()?;
    let mut builder = Builder {
        text,
        offsets: text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect(),
        events: events.into_iter(),
    };
    loop {
        match builder.events.next()? {
            (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
            (event, span) => return builder.node(event, span),
        }
    }
}

struct Builder<'t> {
    text: &'t str,
    /// The byte of each character.
    offsets: Vec<usize>,
    events: std::vec::IntoIter<(Event<'t>, Span)>,
}

impl<'t> Builder<'t> {
    fn at(&self, marker: Marker) -> usize {
        let last = self.text.len();
        self.offsets.get(marker.index()).copied().unwrap_or(last)
    }

    fn node(&mut self, event: Event<'t>, span: Span) -> Option<Node> {
        let (start, end) = (self.at(span.start), self.at(span.end));
        // A collection that is not in brackets has an empty span at its start.
        let style = if start == end {
            Style::Block
        } else {
            Style::Flow
        };
        match event {
            Event::Scalar(text, kind, ..) => Some(self.scalar(&text, kind, start, end)),
            Event::Alias(_) => Some(Node {
                start,
                end,
                kind: Kind::Alias,
            }),
            Event::SequenceStart(..) => self.sequence(start, style),
            Event::MappingStart(..) => self.mapping(start, style),
            _ => None,
        }
    }

    fn scalar(&self, text: &str, style: ScalarStyle, start: usize, end: usize) -> Node {
        let written = self.text.get(start..end).unwrap_or_default();
        let length = match style {
            // The scanner gives an absent value the span of the next token.
            ScalarStyle::Plain if text.is_empty() => 0,
            ScalarStyle::Plain => without_comment(written).trim_end().len(),
            ScalarStyle::DoubleQuoted | ScalarStyle::SingleQuoted => quoted_length(written),
            ScalarStyle::Literal | ScalarStyle::Folded => written.trim_end().len(),
        };
        Node {
            start,
            end: start + length,
            kind: Kind::Scalar(text.to_owned()),
        }
    }

    fn sequence(&mut self, start: usize, style: Style) -> Option<Node> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            let (event, span) = self.events.next()?;
            if matches!(event, Event::SequenceEnd) {
                let last = items.last().map(|item| item.end);
                let end = self.end(style, start, last, span);
                let kind = Kind::Sequence(items, style);
                return Some(Node { start, end, kind });
            }
            items.push(self.node(event, span)?);
        }
    }

    fn mapping(&mut self, start: usize, style: Style) -> Option<Node> {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        loop {
            let (event, span) = self.events.next()?;
            if matches!(event, Event::MappingEnd) {
                let last = entries.last().map(|(_, value)| value.end);
                let end = self.end(style, start, last, span);
                let kind = Kind::Mapping(entries, style);
                return Some(Node { start, end, kind });
            }
            let key = self.node(event, span)?;
            let (event, span) = self.events.next()?;
            let mut value = self.node(event, span)?;
            if value.start == value.end && matches!(value.kind, Kind::Scalar(_)) {
                let colon = self.text.get(key.end..)?.find(':')?;
                value.start = key.end + colon + 1;
                value.end = value.start;
            }
            entries.push((key, value));
        }
    }

    fn end(&self, style: Style, start: usize, last: Option<usize>, span: Span) -> usize {
        match style {
            // The span of the bracket may cover the comment that follows it.
            Style::Flow => self.at(span.start) + 1,
            Style::Block => last.unwrap_or(start),
        }
    }
}

/// A plain scalar without the comment that follows it, which its span may cover.
fn without_comment(written: &str) -> &str {
    let comment = written
        .match_indices('#')
        .map(|(at, _)| at)
        .find(|at| written[..*at].ends_with([' ', '\t']));
    &written[..comment.unwrap_or(written.len())]
}

/// The bytes of a quoted scalar up to its last quote. Its span may cover the comment that follows it.
fn quoted_length(written: &str) -> usize {
    let mut characters = written.char_indices().peekable();
    let Some((_, quote)) = characters.next() else {
        return 0;
    };
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        match (quote, character) {
            ('"', '\\') => drop(characters.next()),
            ('\'', '\'') if next == Some('\'') => drop(characters.next()),
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    written.trim_end().len()
}
