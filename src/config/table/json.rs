//! Responsible for the rows of a JSON or JSON Lines file.

use super::{Cell, Row, Table, TableDefect};
use crate::config::redaction::title;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;

/// Reads a list of objects.
pub(super) fn read_list(table: &mut Table) -> Vec<TableDefect> {
    let text = std::mem::take(&mut table.source.text);
    let items: Result<Vec<&RawValue>, _> = serde_json::from_str(&text);
    let read = items.map(|items| {
        let items = items.into_iter().enumerate();
        items
            .map(|(index, item)| (index + 1, range(&text, item.get())))
            .collect()
    });
    table.source.text = text;
    match read {
        Ok(items) => rows(table, items),
        Err(error) => {
            let at = offset(&table.source.text, error.line(), error.column());
            vec![table.defect(&(at..at), "the table must be a JSON list of objects")]
        }
    }
}

/// Reads an object from each line.
pub(super) fn read_lines(table: &mut Table) -> Vec<TableDefect> {
    let text = &table.source.text;
    let lines = text.lines().enumerate();
    let items = lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| (index + 1, range(text, line)))
        .collect();
    rows(table, items)
}

fn rows(table: &mut Table, items: Vec<(usize, Range<usize>)>) -> Vec<TableDefect> {
    let text = std::mem::take(&mut table.source.text);
    let mut columns = Columns::default();
    let mut defects = Vec::new();
    for (number, at) in items {
        let item = text.get(at.clone()).unwrap_or_default();
        match row(&text, item, &mut columns) {
            Ok(cells) => table.rows.push(Row { number, at, cells }),
            Err(message) => defects.push((at, number, message)),
        }
    }
    table.source.text = text;
    table.columns = columns.names;
    let defects = defects.into_iter();
    defects
        .map(|(at, number, message)| TableDefect {
            row: Some(number),
            ..table.defect(&at, message)
        })
        .collect()
}

fn row(text: &str, item: &str, columns: &mut Columns) -> Result<Vec<Cell>, String> {
    let Ok(fields) = serde_json::from_str::<Fields<'_>>(item) else {
        return Err("the row is not a JSON object".to_owned());
    };
    let mut cells: Vec<Cell> = Vec::with_capacity(fields.0.len());
    let mut seen = HashSet::with_capacity(fields.0.len());
    for (name, raw) in fields.0 {
        let column = columns.position(&name);
        if !seen.insert(column) {
            return Err(format!("the row has {} twice", title(&name)));
        }
        let value = serde_json::from_str(raw.get()).unwrap_or_default();
        cells.push(Cell {
            column,
            value,
            at: range(text, raw.get()),
        });
    }
    cells.retain(|cell| !cell.value.is_null());
    Ok(cells)
}

/// The names of the columns, in the order of their first row.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    positions: HashMap<String, usize>,
}

impl Columns {
    fn position(&mut self, name: &str) -> usize {
        if let Some(position) = self.positions.get(name) {
            return *position;
        }
        let position = self.names.len();
        self.names.push(name.to_owned());
        self.positions.insert(name.to_owned(), position);
        position
    }
}

/// The fields of an object, as they are written. A map would hide a name that stands twice.
struct Fields<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// Where a part of a text is in the text.
fn range(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start + part.len()
}

/// The byte offset of a line and a column as `serde_json` counts them: in bytes, from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let at = (before + column.saturating_sub(1)).min(text.len());
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}
