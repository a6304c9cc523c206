//! Responsible for the rows of a CSV file.

use super::{Cell, Row, Table, TableDefect};
use crate::config::redaction::title;
use csv::{ErrorKind, ReaderBuilder, StringRecord};
use serde_json::Value;
use std::collections::HashSet;
use std::ops::Range;

/// Reads the header and the rows.
pub(super) fn read(table: &mut Table) -> Vec<TableDefect> {
    let text = std::mem::take(&mut table.source.text);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut records = Vec::new();
    let mut unread = None;
    for record in reader.records() {
        match record {
            Ok(record) => records.push(record),
            Err(error) => {
                unread = Some(describe(&error));
                break;
            }
        }
    }
    table.source.text = text;
    let mut defects = rows(table, records);
    defects.extend(unread.map(|message| {
        let end = table.source.text.len();
        table.defect(&(end..end), message)
    }));
    defects
}

fn describe(error: &csv::Error) -> String {
    match error.kind() {
        ErrorKind::Utf8 { .. } => "the file is not UTF-8 text".to_owned(),
        _ => "the file cannot be read as CSV".to_owned(),
    }
}

fn rows(table: &mut Table, records: Vec<StringRecord>) -> Vec<TableDefect> {
    let mut records = records.into_iter();
    let Some(header) = records.next() else {
        return vec![table.defect(
            &(0..0),
            "the table is empty: the first line names the columns",
        )];
    };
    let mut defects = columns(table, &header);
    if !defects.is_empty() {
        return defects;
    }
    let mut number = 1 + blank_lines(&table.source.text, &header);
    for record in records {
        number += 1 + blank_lines(&table.source.text, &record);
        // Spreadsheets write such rows for cells that were cleared.
        if record.iter().all(str::is_empty) {
            continue;
        }
        match row(table, number, &record) {
            Ok(row) => table.rows.push(row),
            Err(defect) => defects.push(defect),
        }
    }
    defects
}

/// The blank lines before a record, which spreadsheets count as rows.
fn blank_lines(text: &str, record: &StringRecord) -> usize {
    let start = start(record);
    let before = text.as_bytes().get(..start).unwrap_or_default();
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let ends = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    let lines = ends.filter(|byte| **byte == b'\n').count();
    // The record before ended between both characters of its line end.
    let is_split = before.ends_with(b"\r") && rest.starts_with(b"\n");
    lines - usize::from(is_split)
}

/// Where a record starts, or the line ends before it.
fn start(record: &StringRecord) -> usize {
    let position = record.position();
    position
        .and_then(|position| usize::try_from(position.byte()).ok())
        .unwrap_or(0)
}

fn columns(table: &mut Table, header: &StringRecord) -> Vec<TableDefect> {
    let at = 0..table
        .source
        .text
        .find('\n')
        .unwrap_or(table.source.text.len());
    if let Some(separator) = other_separator(header) {
        let message = format!("columns are separated by {separator}, expected `,`");
        return vec![table.defect(&at, message)];
    }
    let mut defects = Vec::new();
    let mut seen = HashSet::new();
    for column in header {
        if column.is_empty() {
            defects.push(table.defect(&at, "a column has no name"));
        } else if !seen.insert(column) {
            let message = format!("the column {} is named twice", title(column));
            defects.push(table.defect(&at, message));
        }
        table.columns.push(column.to_owned());
    }
    defects
}

/// What separates the columns of a header that has no comma.
fn other_separator(header: &StringRecord) -> Option<&'static str> {
    let only = header.get(0).filter(|_| header.len() == 1)?;
    let separators = [(';', "`;`"), ('\t', "tabs"), ('|', "`|`")];
    let separator = separators.iter().find(|(sign, _)| only.contains(*sign));
    separator.map(|(_, name)| *name)
}

fn row(table: &Table, number: usize, record: &StringRecord) -> Result<Row, TableDefect> {
    let start = start(record);
    let fields = fields(&table.source.text, start, record.len());
    let at = match (fields.first(), fields.last()) {
        (Some(first), Some(last)) => first.start..last.end,
        _ => start..start,
    };
    // The reader takes the rest of the file as the value.
    if let Some(open) = fields.iter().find(|at| is_open(&table.source.text, at)) {
        let at = open.start..open.start + 1;
        return Err(TableDefect {
            row: Some(number),
            ..table.defect(&at, "this quotation mark is not closed")
        });
    }
    let (wanted, given) = (table.columns.len(), record.len());
    if given != wanted {
        let values = if given == 1 { "value" } else { "values" };
        let columns = if wanted == 1 { "column" } else { "columns" };
        let message =
            format!("the row has {given} {values}, but the header names {wanted} {columns}");
        return Err(TableDefect {
            row: Some(number),
            ..table.defect(&at, message)
        });
    }
    let cells = record.iter().zip(fields).enumerate();
    let cells = cells
        // A spreadsheet cannot write an absent value in any other way.
        .filter(|(_, (text, _))| !text.is_empty())
        .map(|(column, (text, at))| Cell {
            column,
            value: Value::from(text),
            at,
        });
    Ok(Row {
        number,
        cells: cells.collect(),
        at,
    })
}

/// Whether a field begins with a quotation mark that no other one closes before the end of the text.
fn is_open(text: &str, at: &Range<usize>) -> bool {
    let field = text.get(at.clone()).unwrap_or_default();
    field.starts_with('"') && field.matches('"').count() % 2 == 1 && at.end >= text.len()
}

/// Where the fields of a record are in the text. `start` may be before the line ends that precede the record.
fn fields(text: &str, start: usize, count: usize) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let is_end = |at: usize| matches!(bytes.get(at), Some(b'\n' | b'\r'));
    let mut at = start;
    while is_end(at) {
        at += 1;
    }
    let mut fields = Vec::with_capacity(count);
    while fields.len() < count {
        let begin = at;
        let mut quoted = false;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' => quoted = !quoted,
                b',' if !quoted => break,
                _ if !quoted && is_end(at) => break,
                _ => {}
            }
            at += 1;
        }
        fields.push(begin..at);
        at += 1;
    }
    fields
}

#[cfg(test)]
mod tests {
    use crate::config::raw_template::RawTableFormat;
    use crate::config::source::Source;
    use crate::config::table::Table;
    use std::path::Path;

    #[test]
    fn numbers_of_rows_count_blank_lines_and_cleared_rows() {
        for end in ["\n", "\r\n"] {
            let lines = [
                "",
                "name,note",
                "",
                "a,\"two\nlines\"",
                "b,",
                ",",
                "",
                "",
                "c,x",
                ",",
            ];
            let source = Source::new("t.csv".to_owned(), lines.join(end));
            let (table, defects) = Table::read(source, Path::new("t.csv"), RawTableFormat::Csv);
            assert!(defects.is_empty());
            let numbers: Vec<usize> = table.rows.iter().map(|row| row.number).collect();
            assert_eq!(numbers, [4, 5, 9], "{end:?}");
        }
    }
}
