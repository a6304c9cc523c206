//! Responsible for the tables of a project: finds and reads the files that `customers_from` names.

use super::code::Code;
use super::document::Document;
use super::findings::{FindingSite, Findings};
use super::include::included;
use super::origin::PathStep;
use super::project_file::ProjectFile;
use super::raw_template::RawTableFormat;
use super::redaction::{did_you_mean, title};
use super::source::Source;
use super::table::Table;
use super::template::{RowContext, Template};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The rows that one thread works on at a time.
const CHUNK: usize = 256;

/// The templates of a project, by name.
pub(super) type Templates = BTreeMap<String, Template>;

/// The tables of a project, in the order of `customers_from`.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) sources: Vec<TableSource>,
}

/// A file with a table.
#[derive(Debug)]
pub(super) struct TableSource {
    pub(super) path: PathBuf,
    /// The name of the template that the rows fill.
    pub(super) template: String,
    format: RawTableFormat,
}

/// Compiles the templates of the project file.
pub(super) fn templates(document: &Document, findings: &mut Findings) -> Templates {
    let origin = document.key("templates");
    let raw = document.head.templates.iter().flatten();
    raw.map(|(name, raw)| (name.clone(), Template::new(raw, origin.key(name), findings)))
        .collect()
}

impl Tables {
    /// Finds the tables that the project file names.
    pub(super) fn find(
        document: &Document,
        project_file: &ProjectFile,
        findings: &mut Findings,
    ) -> Self {
        let origin = document.key("customers_from");
        let templates = &project_file.templates;
        let declared = document.key("templates").entries();
        let mut sources = Vec::new();
        let entries = document.head.customers_from.iter().flatten();
        for (index, entry) in entries.enumerate() {
            let origin = origin.index(index);
            // A template with errors has findings of its own, and is not compiled.
            let is_declared = declared.iter().any(|(name, _)| *name == entry.template);
            if !is_declared && !templates.contains_key(&entry.template) {
                let names = declared.iter().map(|(name, _)| *name);
                let help = did_you_mean(&entry.template, names);
                let message = format!("the project has no template {}", title(&entry.template));
                findings.at(origin.key("template"), Code::UnknownTemplate, message, help);
            }
            let patterns = std::slice::from_ref(&entry.table);
            let place = origin.key("table");
            for file in included("table", patterns, &document.directory(), place, findings) {
                let Some(format) = entry.format.or_else(|| Table::format_of(&file.path)) else {
                    let message = "the ending of the table's name does not say its format";
                    let help = if is_spreadsheet(&file.path) {
                        "save the table as CSV, with commas"
                    } else {
                        "add `format: csv`, `json` or `jsonl`"
                    };
                    findings.at(place, Code::InvalidTable, message, Some(help.to_owned()));
                    continue;
                };
                sources.push(TableSource {
                    path: file.path,
                    template: entry.template.clone(),
                    format,
                });
            }
        }
        Self { sources }
    }
}

impl TableSource {
    /// The table of a text. Reports its defects, and the columns that the template does not have.
    pub(super) fn read(
        &self,
        source: Source,
        template: &Template,
        findings: &mut Findings,
    ) -> Table {
        if source.text.contains("PRIVATE KEY-----") {
            let message = "the table contains a private key, and commands show what tables contain";
            findings.file(&source.name, Code::ProtectedFile, message, None);
            return Table::empty(source, &self.path, self.format);
        }
        let (table, defects) = Table::read(source, &self.path, self.format);
        let has_columns = defects.is_empty() || !table.rows.is_empty();
        if defects.is_empty() && table.rows.is_empty() {
            let message = "the table has no rows, so that it declares no customers";
            let help = "add a row for each customer, or remove the table from `customers_from`";
            let site = FindingSite::new(table.header_location());
            findings.at_site(site, Code::NoCustomers, message, Some(help.to_owned()));
        }
        for defect in defects {
            let site = FindingSite {
                row: defect.row,
                ..FindingSite::new(defect.location)
            };
            findings.at_site(site, Code::InvalidTable, defect.message, None);
        }
        if has_columns {
            template.check_columns(&table, findings);
        }
        table
    }
}

fn is_spreadsheet(path: &Path) -> bool {
    path.extension().is_some_and(|end| {
        ["xlsx", "xls", "ods", "numbers", "tsv", "tab"]
            .iter()
            .any(|known| end.eq_ignore_ascii_case(known))
    })
}

/// The number of chunks of a table.
pub(super) fn chunks(table: &Table) -> usize {
    table.rows.len().div_ceil(CHUNK)
}

/// The positions of the rows of a chunk.
pub(super) fn rows(chunk: usize) -> Range<usize> {
    let start = chunk * CHUNK;
    start..start + CHUNK
}

/// The place of the name of the customer of a row.
pub(super) fn name_site(table: &Table, template: &Template, position: usize) -> FindingSite {
    let step = PathStep::Field {
        position: 0,
        name: "name".to_owned(),
    };
    match table.rows.get(position) {
        Some(row) => RowContext::new(table, row, template).site(&[step]),
        None => FindingSite::new(table.header_location()),
    }
}
