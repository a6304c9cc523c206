//! Responsible for the results of `airlift types` about the types of the API: the lock file, and the source templates.

use super::terminal::Line;
use super::{Out, Safe, json};
use crate::render::labels::counted;
use serde::Serialize;
use std::io;
use std::path::PathBuf;

/// A lock file that was written.
#[derive(Debug)]
pub struct RefreshedTypes {
    pub(crate) file: PathBuf,
    /// Whether the project file names the lock file.
    pub(crate) is_pinned: bool,
    pub(crate) types: usize,
    /// Types of the API that no lock may have.
    pub(crate) left_out: usize,
    pub(crate) with_settings: usize,
    pub(crate) outside_catalog: Vec<String>,
}

/// The source templates of the organization, and types that it could copy.
#[derive(Debug, Serialize)]
pub struct OfferedTypes {
    format_version: u32,
    types: Vec<OfferedType>,
}

/// A source template.
#[derive(Debug, Serialize)]
pub struct OfferedType {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: String,
    /// The id of the organization's template. Null for a type that only the vendor offers.
    #[serde(rename = "template_id")]
    pub(crate) id: Option<String>,
}

impl From<Vec<OfferedType>> for OfferedTypes {
    fn from(types: Vec<OfferedType>) -> Self {
        Self {
            format_version: json::FORMAT_VERSION,
            types,
        }
    }
}

/// Says what a lock file has.
pub fn refreshed_types(out: &mut Out<'_>, refreshed: &RefreshedTypes) -> io::Result<()> {
    let file = refreshed.file.display();
    let types = counted(refreshed.types, "type");
    let settings = refreshed.with_settings;
    let text = format!("{file} has {types}, {settings} with their settings.");
    out.say(Safe::new(text))?;
    if !refreshed.outside_catalog.is_empty() {
        let names = refreshed.outside_catalog.join(", ");
        let text = format!("Not in the catalog of this version: {names}");
        out.line(&Line::at(0).hang(2).text(Safe::new(text)))?;
    }
    if refreshed.left_out > 0 {
        let text = format!(
            "Left out: {}, whose name is that of another type of the catalog, is not displayable, or repeats.",
            counted(refreshed.left_out, "type")
        );
        out.line(&Line::at(0).hang(2).text(Safe::new(text)))?;
    }
    if !refreshed.is_pinned {
        let name = refreshed.file.file_name().unwrap_or_default();
        let text = format!(
            "Next: write `types_lock: {}` into the project file.",
            name.display()
        );
        out.line(&Line::at(0).hang(2).text(Safe::new(text)))?;
    }
    out.flush()
}

/// Writes what a lock file has as JSON.
pub fn refreshed_types_as_json(out: &mut Out<'_>, refreshed: &RefreshedTypes) -> io::Result<()> {
    #[derive(Serialize)]
    struct Document<'a> {
        file: String,
        pinned: bool,
        types: usize,
        with_settings: usize,
        outside_catalog: &'a [String],
        left_out: usize,
    }
    let document = Document {
        file: refreshed.file.display().to_string(),
        pinned: refreshed.is_pinned,
        types: refreshed.types,
        with_settings: refreshed.with_settings,
        outside_catalog: &refreshed.outside_catalog,
        left_out: refreshed.left_out,
    };
    json::versioned(out, &document)
}

/// Lists source templates: those of the organization, then those that it could copy.
pub fn offered_types(out: &mut Out<'_>, offered: &OfferedTypes) -> io::Result<()> {
    let kinds = offered.types.iter().map(|offered| offered.kind.len());
    let width = kinds.max().unwrap_or(0) + 2;
    for offered in &offered.types {
        let id = offered.id.as_deref().unwrap_or("(not copied)");
        let line = Line::at(0).hang(width).text(Safe::new(&offered.kind));
        let line = line.pad_to(width).text(Safe::new(format_args!("{id:<38}")));
        out.line(&line.text(Safe::new(&offered.name)))?;
    }
    out.flush()
}
