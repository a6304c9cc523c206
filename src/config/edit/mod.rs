//! Responsible for editing the text of a file: replaces, removes and adds values of customers and
//! connectors, and keeps the comments, the order and the layout of everything else.
//!
//! Compares each edit with the same edit of the parsed values, and refuses it if they differ: an anchor may
//! be shared, or the layout may be unusual.

mod tree;

use super::variables::Variables;
use serde_json::Value;
use tree::{Kind, Node, Style, only, parse};

/// One step from a value to a part of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum EditStep {
    /// The value under a key.
    Key(String),
    /// The only item of a list with this `name`.
    Named(String),
}

/// A value in the form in which it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WrittenValue {
    /// On one line.
    pub(crate) flow: String,
    /// The items of a list, each on one line.
    pub(crate) items: Option<Vec<String>>,
    /// The value that a reader gets.
    pub(crate) value: Value,
}

/// The text cannot be edited for certain. A person has to edit it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct NotEditable;

type Edited = Result<String, NotEditable>;

/// Replaces the value at a path, or adds it to its mapping.
pub(crate) fn set(text: &str, path: &[EditStep], value: &WrittenValue) -> Edited {
    let root = parse(text).ok_or(NotEditable)?;
    let edited = match find(&root, path) {
        // Another environment may have another value.
        Some(node) if Variables::are_in(text.get(node.start..node.end).unwrap_or_default()) => None,
        Some(node) => replace(text, node, value),
        None => insert(text, &root, path, value),
    };
    checked(text, edited.ok_or(NotEditable)?, |root| {
        let (last, parents) = path.split_last()?;
        let EditStep::Key(name) = last else {
            return None;
        };
        let parent = find_value(root, parents)?.as_object_mut()?;
        parent.insert(name.clone(), value.value.clone());
        Some(())
    })
}

/// Removes the key or the item at a path.
pub(crate) fn remove(text: &str, path: &[EditStep]) -> Edited {
    let root = parse(text).ok_or(NotEditable)?;
    let edited = without(text, &root, path).ok_or(NotEditable)?;
    checked(text, edited, |root| {
        let (last, parents) = path.split_last()?;
        let parent = find_value(root, parents)?;
        match last {
            EditStep::Key(name) => parent.as_object_mut()?.remove(name).map(drop),
            EditStep::Named(name) => {
                let position = position_of(parent, name)?;
                parent.as_array_mut()?.remove(position);
                Some(())
            }
        }
    })
}

/// Adds an item to the list under a key of the mapping at a path. `lines` has the item as an item of a
/// list without indentation.
pub(crate) fn append(text: &str, path: &[EditStep], key: &str, lines: &str) -> Edited {
    let root = parse(text).ok_or(NotEditable)?;
    let list: Value = serde_yaml::from_str(lines).map_err(|_| NotEditable)?;
    let item = list.get(0).ok_or(NotEditable)?;
    let edited = with_item(text, &root, path, key, lines, item).ok_or(NotEditable)?;
    checked(text, edited, |root| {
        let parent = find_value(root, path)?.as_object_mut()?;
        let items = parent.entry(key).or_insert(Value::Null);
        if items.is_null() {
            *items = Value::Array(Vec::new());
        }
        items.as_array_mut()?.push(item.clone());
        Some(())
    })
}

/// Compares an edited text with the same edit of the value.
fn checked(before: &str, after: String, edit: impl FnOnce(&mut Value) -> Option<()>) -> Edited {
    let read = |text: &str| serde_yaml::from_str::<Value>(text).map_err(|_| NotEditable);
    let mut expected = read(before)?;
    edit(&mut expected).ok_or(NotEditable)?;
    if read(&after)? == expected {
        Ok(after)
    } else {
        Err(NotEditable)
    }
}

fn find<'n>(root: &'n Node, path: &[EditStep]) -> Option<&'n Node> {
    path.iter().try_fold(root, |node, step| match step {
        EditStep::Key(name) => node.key(name),
        EditStep::Named(name) => node.named(name),
    })
}

fn find_value<'v>(root: &'v mut Value, path: &[EditStep]) -> Option<&'v mut Value> {
    path.iter().try_fold(root, |value, step| match step {
        EditStep::Key(name) => value.get_mut(name),
        EditStep::Named(name) => {
            let position = position_of(value, name)?;
            value.get_mut(position)
        }
    })
}

/// The position of the only item with this `name`.
fn position_of(list: &Value, name: &str) -> Option<usize> {
    only(list.as_array()?.iter().map(|item| item["name"] == *name))
}

/// A text in which other text stands in place of some bytes.
fn spliced(text: &str, start: usize, end: usize, with: &str) -> Option<String> {
    let (before, after) = (text.get(..start)?, text.get(end..)?);
    Some([before, with, after].concat())
}

fn replace(text: &str, node: &Node, value: &WrittenValue) -> Option<String> {
    let items = value.items.as_ref().filter(|items| !items.is_empty());
    match (&node.kind, items) {
        (Kind::Alias, _) => None,
        (Kind::Sequence(old, Style::Block), Some(items)) => {
            let first = dash(text, old.first()?)?;
            let indent = indent_of(text, first)?;
            let separator = format!("\n{indent}- ");
            let lines = format!("- {}", items.join(&separator));
            spliced(text, first, node.end, &lines)
        }
        (Kind::Sequence(_, Style::Block) | Kind::Mapping(_, Style::Block), _) => {
            let start = text.get(..node.start)?.rfind(':')? + 1;
            spliced(text, start, node.end, &format!(" {}", value.flow))
        }
        _ if node.start == node.end => {
            spliced(text, node.start, node.end, &format!(" {}", value.flow))
        }
        _ => spliced(text, node.start, node.end, &value.flow),
    }
}

/// Adds a key after the first entry of its mapping.
fn insert(text: &str, root: &Node, path: &[EditStep], value: &WrittenValue) -> Option<String> {
    let (EditStep::Key(name), parents) = path.split_last()? else {
        return None;
    };
    let parent = find(root, parents)?;
    let Kind::Mapping(entries, style) = &parent.kind else {
        return None;
    };
    let (first, first_value) = entries.first()?;
    let entry = format!("{name}: {}", value.flow);
    match style {
        Style::Flow => {
            let end = first_value.end;
            spliced(text, end, end, &format!(", {entry}"))
        }
        Style::Block => {
            let column = " ".repeat(column_of(text, first.start)?);
            let end = end_of_line(text, first_value.end);
            let (text, end) = with_line_end(text, end);
            spliced(&text, end, end, &format!("{column}{entry}\n"))
        }
    }
}

fn without(text: &str, root: &Node, path: &[EditStep]) -> Option<String> {
    let (last, parents) = path.split_last()?;
    let parent = find(root, parents)?;
    match (&parent.kind, last) {
        (Kind::Mapping(entries, style), EditStep::Key(name)) => {
            let position = entries.iter().position(|(key, _)| key.is_text(name))?;
            let (key, value) = entries.get(position)?;
            match style {
                Style::Flow => {
                    let spans = entries.iter().map(|(key, value)| (key.start, value.end));
                    without_part(text, &spans.collect::<Vec<_>>(), position)
                }
                Style::Block => {
                    indent_of(text, key.start)?;
                    let start = start_of_line(text, key.start);
                    spliced(text, start, end_of_line(text, value.end), "")
                }
            }
        }
        (Kind::Sequence(items, style), EditStep::Named(name)) => {
            let position = parent.position_of(name)?;
            let item = items.get(position)?;
            match style {
                Style::Flow => {
                    let spans: Vec<_> = items.iter().map(|item| (item.start, item.end)).collect();
                    without_part(text, &spans, position)
                }
                Style::Block if items.len() == 1 => {
                    let dash = dash(text, item)?;
                    let colon = text.get(..dash)?.rfind(':')? + 1;
                    spliced(text, colon, item.end, " []")
                }
                Style::Block => {
                    let dash = dash(text, item)?;
                    indent_of(text, dash)?;
                    let start = start_of_line(text, dash);
                    spliced(text, start, end_of_line(text, item.end), "")
                }
            }
        }
        _ => None,
    }
}

/// Removes one of several parts in brackets with a comma beside it.
fn without_part(text: &str, spans: &[(usize, usize)], position: usize) -> Option<String> {
    let (start, end) = *spans.get(position)?;
    match (spans.get(position + 1), position.checked_sub(1)) {
        (Some((next, _)), _) => spliced(text, start, *next, ""),
        (None, Some(before)) => spliced(text, spans.get(before)?.1, end, ""),
        (None, None) => spliced(text, start, end, ""),
    }
}

fn with_item(
    text: &str,
    root: &Node,
    path: &[EditStep],
    key: &str,
    lines: &str,
    item: &Value,
) -> Option<String> {
    let parent = find(root, path)?;
    let Some((name, list)) = parent.entry(key) else {
        let Kind::Mapping(entries, Style::Block) = &parent.kind else {
            return None;
        };
        let (first, _) = entries.first()?;
        let column = column_of(text, first.start)?;
        let added = format!(
            "{}{key}:\n{}",
            " ".repeat(column),
            indented(lines, column + 2)
        );
        return with_lines(text, parent.end, &added);
    };
    match &list.kind {
        Kind::Sequence(items, Style::Block) => {
            let indent = column_of(text, dash(text, items.first()?)?)?;
            with_lines(text, list.end, &indented(lines, indent))
        }
        Kind::Sequence(items, Style::Flow) if !items.is_empty() => {
            let end = items.last()?.end;
            spliced(text, end, end, &format!(", {item}"))
        }
        Kind::Sequence(_, Style::Flow) | Kind::Scalar(_) => {
            let colon = text.get(..list.start)?.rfind(':')? + 1;
            let text = spliced(text, colon, list.end, "")?;
            let indent = column_of(&text, name.start)? + 2;
            with_lines(&text, colon, &indented(lines, indent))
        }
        _ => None,
    }
}

/// Adds lines after the line of a byte.
fn with_lines(text: &str, after: usize, lines: &str) -> Option<String> {
    let (text, end) = with_line_end(text, end_of_line(text, after));
    spliced(&text, end, end, lines)
}

fn indented(lines: &str, columns: usize) -> String {
    let indent = " ".repeat(columns);
    lines.lines().fold(String::new(), |text, line| {
        text + &indent + line.trim_end() + "\n"
    })
}

/// The byte of the dash before an item.
fn dash(text: &str, item: &Node) -> Option<usize> {
    let before = text.get(..item.start)?.trim_end();
    before.ends_with('-').then(|| before.len() - 1)
}

/// The blanks before a byte that is the first one of its line.
fn indent_of(text: &str, at: usize) -> Option<&str> {
    let indent = text.get(start_of_line(text, at)..at)?;
    indent.trim().is_empty().then_some(indent)
}

fn column_of(text: &str, at: usize) -> Option<usize> {
    let before = text.get(start_of_line(text, at)..at)?;
    Some(before.chars().count())
}

fn start_of_line(text: &str, at: usize) -> usize {
    text.get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |line_end| line_end + 1)
}

/// The byte after the line.
fn end_of_line(text: &str, at: usize) -> usize {
    text.get(at..)
        .and_then(|after| after.find('\n'))
        .map_or(text.len(), |length| at + length + 1)
}

/// The text with a line end before a byte, and the byte after it.
fn with_line_end(text: &str, at: usize) -> (String, usize) {
    if text.get(..at).is_some_and(|before| before.ends_with('\n')) {
        return (text.to_owned(), at);
    }
    (format!("{text}\n"), at + 1)
}

#[cfg(test)]
mod tests;
