//! Responsible for the tables that `customers_from` names: rows with the places of their cells.
//!
//! Does not know the columns that a template wants: `template` does.

mod csv;
mod json;

use super::diagnostic::Location;
use super::raw_template::RawTableFormat;
use super::source::Source;
use serde_json::Value;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A table in memory.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) source: Source,
    pub(super) path: PathBuf,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// Whether the first line has the names of the columns.
    has_header: bool,
}

/// A row of a table.
#[derive(Debug)]
pub(super) struct Row {
    /// The number of the row, as a spreadsheet counts: the header of a CSV file is row 1.
    pub(super) number: usize,
    /// Where the row is in the text.
    at: Range<usize>,
    /// The values, in the order in which the row has them.
    pub(super) cells: Vec<Cell>,
}

/// A value of a row.
#[derive(Debug)]
pub(super) struct Cell {
    /// The position of the column among the table's columns.
    pub(super) column: usize,
    pub(super) value: Value,
    /// Where the value is in the text.
    at: Range<usize>,
}

/// A defect of a table's text.
#[derive(Debug)]
pub(super) struct TableDefect {
    pub(super) location: Location,
    /// The row, if the defect is one of a single row.
    pub(super) row: Option<usize>,
    pub(super) message: String,
}

impl Table {
    /// Reads the rows of a text. Rows with a defect are left out.
    pub(super) fn read(
        source: Source,
        path: &Path,
        format: RawTableFormat,
    ) -> (Self, Vec<TableDefect>) {
        let mut table = Self::empty(source, path, format);
        let defects = match format {
            RawTableFormat::Csv => csv::read(&mut table),
            RawTableFormat::Json => json::read_list(&mut table),
            RawTableFormat::Jsonl => json::read_lines(&mut table),
        };
        (table, defects)
    }

    /// A table without columns and rows.
    pub(super) fn empty(source: Source, path: &Path, format: RawTableFormat) -> Self {
        Self {
            source,
            path: path.to_owned(),
            columns: Vec::new(),
            rows: Vec::new(),
            has_header: format == RawTableFormat::Csv,
        }
    }

    /// The format that the ending of a file's name says.
    pub(super) fn format_of(path: &Path) -> Option<RawTableFormat> {
        let end = path.extension()?.to_str()?.to_ascii_lowercase();
        match end.as_str() {
            "csv" => Some(RawTableFormat::Csv),
            "json" => Some(RawTableFormat::Json),
            "jsonl" | "ndjson" => Some(RawTableFormat::Jsonl),
            _ => None,
        }
    }

    /// The value of a row in a column.
    pub(super) fn cell<'t>(&self, row: &'t Row, column: &str) -> Option<&'t Cell> {
        row.cells.iter().find(|cell| {
            self.columns
                .get(cell.column)
                .is_some_and(|name| name == column)
        })
    }

    /// Whether rows can have a column. The header of a CSV file names all of them.
    pub(super) fn may_have(&self, column: &str) -> bool {
        !self.has_header || self.columns.iter().any(|name| name == column)
    }

    /// The place of a value.
    pub(super) fn cell_location(&self, cell: &Cell) -> Location {
        self.location(&cell.at)
    }

    /// The place of a row.
    pub(super) fn row_location(&self, row: &Row) -> Location {
        self.location(&row.at)
    }

    /// The place of the header, or of the whole file.
    pub(super) fn header_location(&self) -> Location {
        let text = &self.source.text;
        if self.has_header && !text.is_empty() {
            let end = text.find(['\n', '\r']).unwrap_or(text.len());
            self.location(&(0..end))
        } else {
            Location::whole(&self.source.name)
        }
    }

    /// The place of a part of the text. A part over several lines ends with its first line.
    fn location(&self, at: &Range<usize>) -> Location {
        let start = self.source.character(at.start).start;
        let column = start.column.saturating_add(1);
        let text = self.source.text.get(at.clone()).unwrap_or_default();
        let first = text.split(['\n', '\r']).next().unwrap_or_default();
        let width = u32::try_from(first.chars().count()).unwrap_or(u32::MAX);
        Location {
            file: self.source.name.to_string(),
            line: start.line,
            column,
            end_column: column.saturating_add(width.max(1)),
        }
    }

    fn defect(&self, at: &Range<usize>, message: impl Into<String>) -> TableDefect {
        TableDefect {
            location: self.location(at),
            row: None,
            message: message.into(),
        }
    }
}
