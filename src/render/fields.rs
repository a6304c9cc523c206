//! Field-level differences: `path: before -> after`, aligned; texts of several lines, and values
//! too long for a line, as a diff of lines.
//!
//! Secrets are shown as their reference and in no other way.

use super::line::{Line, Out};
use super::sanitize::Safe;
use super::style::Label;
use crate::plan::{Action, FieldChange, FieldValue};
use serde::Serialize;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use std::borrow::Cow;
use std::io;
use textwrap::core::display_width;

/// Where a field starts.
const FIELD: usize = 6;
/// Where the lines of a diff start.
const DIFF: usize = 8;
/// Unchanged lines around a change.
const CONTEXT: usize = 2;
/// Lines of a diff before it is cut; the JSON form has them all.
const LONGEST: usize = 40;

/// Writes the differences of one step.
pub(super) fn write(out: &mut Out<'_>, changes: &[FieldChange], action: Action) -> io::Result<()> {
    let widths = changes.iter().map(|change| display_width(&change.path));
    // A long path must not push every other value to the edge.
    let widest = widths.max().unwrap_or(0).min(out.width() * 2 / 5);
    for change in changes {
        field(out, change, action, FIELD + widest + 2)?;
    }
    Ok(())
}

fn field(out: &mut Out<'_>, change: &FieldChange, action: Action, column: usize) -> io::Result<()> {
    let path = Safe::new(format_args!("{}:", change.path));
    let value = inline(change, action);
    let room = out.width().saturating_sub(column);
    let fits = value.width() <= room;
    if let Some((before, after)) = as_texts(change).filter(|_| has_lines(change) || !fits) {
        out.line(&Line::at(FIELD).text(path))?;
        return diff(out, &before, &after);
    }
    let hang = if value.widest_word() <= room {
        column
    } else {
        DIFF
    };
    let mut line = Line::at(FIELD).hang(hang).text(path).pad_to(column);
    line.append(&value);
    out.line(&line)
}

/// A difference on one line.
fn inline(change: &FieldChange, action: Action) -> Line {
    use FieldValue::{Absent, Hidden, Reference};
    let line = Line::default();
    match (&change.before, &change.after) {
        (Reference(old), Reference(new)) if old != new => secret(line, action)
            .text(": ")
            .label(Label::Removed, reference(old))
            .label(Label::Faint, " -> ")
            .label(Label::Added, reference(new)),
        (before, Reference(new)) => secret(line, written(before, action))
            .text(": ")
            .text(reference(new)),
        (Hidden, Hidden) => line.label(Label::Secret, "(secret)").text(" differs"),
        (before, Hidden) => secret(line, written(before, action)),
        (Absent, after) => line.text(side(after)),
        (before, after) => line
            .label(Label::Removed, side(before))
            .label(Label::Faint, " -> ")
            .label(Label::Added, side(after)),
    }
}

/// A secret that was never there is written, whatever the step does to the others.
fn written(before: &FieldValue, action: Action) -> Action {
    if *before == FieldValue::Absent {
        Action::Create
    } else {
        action
    }
}

fn secret(line: Line, action: Action) -> Line {
    let what = if action == Action::Rotate {
        "rotated"
    } else {
        "to write"
    };
    line.label(Label::Secret, "(secret)").text(" ").text(what)
}

/// `env:NAME`, without the marks that the file needs.
fn reference(text: &str) -> Safe {
    let inner = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'));
    Safe::new(inner.unwrap_or(text))
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

/// Both sides as texts that can be compared line by line, if both can be read.
fn as_texts(change: &FieldChange) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    match (&change.before, &change.after) {
        (FieldValue::Absent, FieldValue::Value(Value::String(after))) if has_line(after) => {
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

fn has_lines(change: &FieldChange) -> bool {
    let several = |side: &FieldValue| match side {
        FieldValue::Value(Value::String(text)) => has_line(text),
        _ => false,
    };
    several(&change.before) || several(&change.after)
}

fn has_line(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
}

fn diff(out: &mut Out<'_>, before: &str, after: &str) -> io::Result<()> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = 0;
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            out.line(&Line::at(DIFF).label(Label::Faint, "…"))?;
        }
        for change in group.iter().flat_map(|op| diff.iter_inline_changes(op)) {
            lines += 1;
            if lines <= LONGEST {
                out.line(&diff_line(&change))?;
            }
        }
    }
    if lines > LONGEST {
        let more = format!("… {} more lines; --format json has them", lines - LONGEST);
        out.line(&Line::at(DIFF).label(Label::Faint, Safe::new(more)))?;
    }
    Ok(())
}

fn diff_line(change: &similar::InlineChange<'_, str>) -> Line {
    let (sign, plain, word) = match change.tag() {
        ChangeTag::Equal => ("  ", Label::Faint, Label::Faint),
        ChangeTag::Delete => ("- ", Label::Removed, Label::RemovedWord),
        ChangeTag::Insert => ("+ ", Label::Added, Label::AddedWord),
    };
    let mut line = Line::at(DIFF).hang(DIFF + 2).label(plain, sign);
    for (emphasised, text) in change.iter_strings_lossy() {
        let label = if emphasised { word } else { plain };
        line.push(label, Safe::new(text.trim_end_matches('\n')));
    }
    line
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
