//! Responsible for the view of field-level differences: labeled values, or lines of a diff.
//!
//! A secret appears as its reference only.

use super::Phrase;
use crate::model::{appearances, normalized};
use crate::plan::{Action, FieldChange, FieldValue};
use crate::render::{Label, Safe, wording};
use serde::Serialize;
use serde_json::Value;
use similar::{ChangeTag, InlineChange, TextDiff};
use std::borrow::Cow;
use std::io;

/// Unchanged lines around a change.
const CONTEXT: usize = 2;

/// The difference of one field.
#[derive(Debug)]
pub(crate) struct FieldView<'a> {
    pub(crate) path: Safe,
    /// The difference on one line.
    pub(crate) value: Phrase,
    /// One of the values has several lines, which only a diff shows well.
    pub(crate) multiline: bool,
    change: Cow<'a, FieldChange>,
}

/// A line of a diff.
#[derive(Clone, Debug)]
pub(crate) enum DiffLine {
    /// Unchanged lines that are left out.
    Omitted,
    /// A sign (`- `, `+ ` or blanks) and the text.
    Shown(Phrase),
}

impl<'a> FieldView<'a> {
    /// The differences of one step.
    pub(crate) fn each(changes: Cow<'a, [FieldChange]>, action: Action) -> Vec<Self> {
        let new = |change| Self::new(change, action);
        match changes {
            Cow::Borrowed(changes) => changes.iter().map(Cow::Borrowed).map(new).collect(),
            Cow::Owned(changes) => changes.into_iter().map(Cow::Owned).map(new).collect(),
        }
    }

    fn new(change: Cow<'a, FieldChange>, action: Action) -> Self {
        Self {
            path: Safe::new(&change.path),
            value: inline(&change, action),
            multiline: is_multiline(&change.before) || is_multiline(&change.after),
            change,
        }
    }

    /// The difference line by line, if both values can be read.
    pub(crate) fn diff(&self) -> Option<Vec<DiffLine>> {
        let (before, after) = as_texts(&self.change)?;
        let diff = TextDiff::from_lines(before.as_ref(), after.as_ref());
        let mut lines = Vec::new();
        for group in diff.grouped_ops(CONTEXT) {
            if !lines.is_empty() {
                lines.push(DiffLine::Omitted);
            }
            let changes = group.iter().flat_map(|op| diff.iter_inline_changes(op));
            lines.extend(changes.map(|change| DiffLine::Shown(diff_line(&change))));
        }
        Some(lines)
    }
}

fn diff_line(change: &InlineChange<'_, str>) -> Phrase {
    let (sign, plain, word) = match change.tag() {
        ChangeTag::Equal => ("  ", Label::Faint, Label::Faint),
        ChangeTag::Delete => ("- ", Label::Removed, Label::RemovedWord),
        ChangeTag::Insert => ("+ ", Label::Added, Label::AddedWord),
    };
    change
        .iter_strings_lossy()
        .fold(Phrase::new(plain, sign), |line, (emphasized, text)| {
            let label = if emphasized { word } else { plain };
            line.label(label, Safe::new(text.trim_end_matches('\n')))
        })
}

fn inline(change: &FieldChange, action: Action) -> Phrase {
    use FieldValue::{Absent, Hidden, Reference};
    match (&change.before, &change.after) {
        (Reference(old), Reference(new)) if old != new => secret(action)
            .text(": ")
            .label(Label::Removed, reference(old))
            .label(Label::Faint, " -> ")
            .label(Label::Added, reference(new)),
        (before, Reference(new)) => secret(action_on(before, action))
            .text(": ")
            .text(reference(new)),
        (Hidden, Hidden) => Phrase::new(Label::Secret, "(secret)").text(" differs"),
        (before, Hidden) => secret(action_on(before, action)),
        (Absent, after) => Phrase::plain(side(after)),
        (before, after) => {
            let (before, after) = sides(before, after);
            Phrase::new(Label::Removed, before)
                .label(Label::Faint, " -> ")
                .label(Label::Added, after)
        }
    }
}

/// A secret that was not set before is written, not rotated, whatever the action of the step.
fn action_on(before: &FieldValue, action: Action) -> Action {
    if *before == FieldValue::Absent {
        Action::Create
    } else {
        action
    }
}

fn secret(action: Action) -> Phrase {
    let what = if action == Action::Rotate {
        "will be rotated"
    } else {
        "will be written"
    };
    Phrase::new(Label::Secret, "(secret)").text(" ").text(what)
}

/// `env:NAME`, without `${` and `}`.
fn reference(text: &str) -> Safe {
    let inner = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    match inner {
        Some(inner) if inner.starts_with("airbyte:") => Safe::new(format_args!(
            "{inner}, which Airbyte reads from your secret storage"
        )),
        _ => Safe::new(inner.unwrap_or(text)),
    }
}

/// Both values. Texts that look alike are written with escapes, which show the difference.
fn sides(before: &FieldValue, after: &FieldValue) -> (Safe, Safe) {
    use FieldValue::Value as Readable;
    match (before, after) {
        (Readable(Value::String(before)), Readable(Value::String(after)))
            if look_alike(before, after) =>
        {
            (wording::escaped_name(before), wording::escaped_name(after))
        }
        _ => (side(before), side(after)),
    }
}

fn look_alike(left: &str, right: &str) -> bool {
    let is_ascii = left.is_ascii() && right.is_ascii();
    !is_ascii
        && (normalized(left) == normalized(right)
            || !appearances(left).is_disjoint(&appearances(right)))
}

fn side(value: &FieldValue) -> Safe {
    match value {
        FieldValue::Absent => "(not set)".into(),
        FieldValue::Unreadable => "(not readable)".into(),
        FieldValue::Hidden => "(secret)".into(),
        FieldValue::Reference(text) => reference(text),
        FieldValue::Value(value) => Safe::new(on_one_line(value)),
    }
}

/// Both values as texts that can be compared line by line, if both can be read.
fn as_texts(change: &FieldChange) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    match (&change.before, &change.after) {
        (FieldValue::Absent, FieldValue::Value(Value::String(after))) if has_lines(after) => {
            Some(("".into(), after.into()))
        }
        (FieldValue::Value(before), FieldValue::Value(after)) => {
            Some((as_text(before), as_text(after)))
        }
        _ => None,
    }
}

fn as_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        Value::Array(_) | Value::Object(_) => format!("{value:#}").into(),
        scalar => scalar.to_string().into(),
    }
}

fn is_multiline(side: &FieldValue) -> bool {
    matches!(side, FieldValue::Value(Value::String(text)) if has_lines(text))
}

fn has_lines(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
}

/// JSON on one line, with a blank after each comma and colon, so that it can be wrapped.
fn on_one_line(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, OneLine);
    match value.serialize(&mut serializer) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => value.to_string(),
    }
}

struct OneLine;

impl serde_json::ser::Formatter for OneLine {
    fn begin_array_value<W>(&mut self, writer: &mut W, first: bool) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W>(&mut self, writer: &mut W, first: bool) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W>(&mut self, writer: &mut W) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Cow, FieldChange, FieldValue, FieldView};

    fn shown(before: &str, after: &str) -> String {
        let change = FieldChange {
            path: "name".into(),
            before: FieldValue::Value(before.into()),
            after: FieldValue::Value(after.into()),
        };
        let view = FieldView::new(Cow::Borrowed(&change), Action::Rename);
        let pieces = view.value.pieces().iter();
        pieces.map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn field_with_texts_that_look_alike_shows_their_difference() {
        for (before, after, expected) in [
            (
                "caf\u{e9}",
                "cafe\u{301}",
                r#""caf\u{e9}" -> "cafe\u{301}""#,
            ),
            ("acme", "\u{430}cme", r#""acme" -> "\u{430}cme""#),
            ("caf\u{e9}", "bar", "\"caf\u{e9}\" -> \"bar\""),
            ("modern", "modem", "\"modern\" -> \"modem\""),
        ] {
            assert_eq!(shown(before, after), expected);
        }
    }
}
