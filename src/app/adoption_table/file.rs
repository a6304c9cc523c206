//! Responsible for the form of an adoption table: CSV for spreadsheets, JSON for programs.

use super::candidates::{Candidate, MatchKind};
use crate::app::named_file::text_of;
use crate::failure::Failure;
use crate::render::{Safe, escaped, unescaped};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of the JSON form.
const VERSION: u32 = 1;

/// A row: an existing object, and the declaration that it may be adopted as.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Row {
    /// `yes` adopts the object.
    adopt: String,
    #[serde(default, rename = "match")]
    kind: String,
    pub(super) customer: String,
    #[serde(default)]
    pub(super) connector: String,
    pub(super) id: String,
    #[serde(default)]
    existing_name: String,
    #[serde(default, rename = "type")]
    type_name: String,
    #[serde(default)]
    created_at: String,
}

/// The JSON form.
#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    rows: Vec<Row>,
}

/// The form of a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TableFormat {
    Csv,
    Json,
}

impl TableFormat {
    /// The form that the ending of a file says.
    pub(super) fn from_path(path: &Path) -> Result<Self, Failure> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("json") => Ok(Self::Json),
            _ => {
                let message = format!("{} ends neither with .csv nor with .json", path.display());
                Err(Failure::usage("bad_adoption_table", message))
            }
        }
    }

    /// The text of a table.
    pub(super) fn write(self, rows: &[Row]) -> Result<String, Failure> {
        let failed =
            |error: String| Failure::internal(format!("the table is not written: {error}"));
        if self == Self::Json {
            let rows = rows.to_vec();
            let document = Document {
                version: VERSION,
                rows,
            };
            let text = serde_json::to_string_pretty(&document);
            return Ok(text.map_err(|error| failed(error.to_string()))? + "\n");
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in rows {
            let row = row.map_cells(escaped);
            writer
                .serialize(row)
                .map_err(|error| failed(error.to_string()))?;
        }
        if rows.is_empty() {
            let header = ["adopt", "match", "customer", "connector", "id"];
            writer
                .write_record(header)
                .map_err(|error| failed(error.to_string()))?;
        }
        let bytes = writer
            .into_inner()
            .map_err(|error| failed(error.to_string()))?;
        String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
    }

    /// The rows of a file, each with its place.
    pub(super) fn read(self, path: &Path) -> Result<Vec<(String, Row)>, Failure> {
        let wrong = |reason: String| {
            let message = format!("{}: {reason}", path.display());
            Failure::usage("bad_adoption_table", message)
                .hint("`airlift adopt --out FILE` writes a table; keep its columns adopt, customer, connector and id")
        };
        let text = text_of(path).map_err(|error| wrong(error.to_string()))?;
        // Spreadsheets begin a file with this mark.
        let text = text.trim_start_matches('\u{feff}');
        match self {
            Self::Csv => rows_of_csv(text).map_err(wrong),
            Self::Json => rows_of_json(text).map_err(wrong),
        }
    }
}

fn rows_of_csv(text: &str) -> Result<Vec<(String, Row)>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let rows = reader.deserialize::<Row>().enumerate();
    rows.map(|(index, row)| {
        // The header is row 1.
        let place = format!("row {}", index + 2);
        let row = row.map_err(|error| format!("{place}: {}", csv_reason(&error)))?;
        let row = row.map_cells(|cell| unescaped(cell).trim().to_owned());
        Ok((place, row))
    })
    .collect()
}

/// Why a row cannot be read, without its content.
fn csv_reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
        csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8".to_owned(),
        _ => "the row is not CSV".to_owned(),
    }
}

fn rows_of_json(text: &str) -> Result<Vec<(String, Row)>, String> {
    let document: Document = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("line {line}, column {column} is not what a table has")
    })?;
    if document.version != VERSION {
        return Err(format!(
            "the table has version {}, not {VERSION}",
            document.version
        ));
    }
    let rows = document.rows.into_iter().enumerate();
    Ok(rows
        .map(|(index, row)| (format!("row {}", index + 1), row))
        .collect())
}

impl Row {
    /// Whether the row marks its object for adoption.
    pub(super) fn is_marked(&self) -> Result<bool, String> {
        match self.adopt.to_lowercase().as_str() {
            "yes" | "y" | "true" | "x" | "1" => Ok(true),
            "no" | "n" | "false" | "0" | "" => Ok(false),
            _ => Err("the cell is neither `yes` nor `no`".to_owned()),
        }
    }

    fn map_cells(&self, map: impl Fn(&str) -> String) -> Self {
        Self {
            adopt: map(&self.adopt),
            kind: map(&self.kind),
            customer: map(&self.customer),
            connector: map(&self.connector),
            id: map(&self.id),
            existing_name: map(&self.existing_name),
            type_name: map(&self.type_name),
            created_at: map(&self.created_at),
        }
    }
}

impl From<&Candidate> for Row {
    fn from(candidate: &Candidate) -> Self {
        let (adopt, kind) = match candidate.kind {
            MatchKind::Exact => ("yes", "exact"),
            MatchKind::Likely => ("no", "likely"),
            MatchKind::Ambiguous => ("no", "ambiguous"),
        };
        Self {
            adopt: adopt.to_owned(),
            kind: kind.to_owned(),
            customer: candidate.address.customer.clone(),
            connector: candidate.address.connector.clone().unwrap_or_default(),
            id: candidate.id.to_string(),
            existing_name: Safe::new(&candidate.existing_name).to_string(),
            type_name: candidate.type_name.clone(),
            created_at: Safe::new(&candidate.created_at).to_string(),
        }
    }
}
