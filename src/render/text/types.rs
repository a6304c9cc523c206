//! Responsible for the catalog of connector types as text.

use crate::catalog::{ConnectorType, Example};
use crate::render::view::types::{SectionView, TypeRow, TypeView};
use crate::render::{Label, Line, Out};
use std::io;

/// The column at which the description of a field starts.
const DESCRIPTION: usize = 32;

/// Writes every type with its authentication methods.
pub fn types(out: &mut Out<'_>, all: &[ConnectorType]) -> io::Result<()> {
    let width = all.iter().map(|kind| kind.name.len()).max().unwrap_or(0) + 2;
    for row in all.iter().map(TypeRow::new) {
        let line = Line::at(0).hang(width).label(Label::Strong, row.name);
        out.line(&line.pad_to(width).text(row.methods))?;
    }
    out.flush()
}

/// Writes an example of a type as YAML.
pub fn example(out: &mut Out<'_>, example: &Example) -> io::Result<()> {
    out.script(example.yaml.as_bytes())?;
    out.flush()
}

/// Writes one type with every field.
pub fn one_type(out: &mut Out<'_>, kind: &ConnectorType) -> io::Result<()> {
    let view = TypeView::new(kind);
    out.line(&Line::at(0).label(Label::Strong, view.name))?;
    out.line(&Line::at(2).hang(4).text(view.version))?;
    for section in view.sections {
        write_section(out, section)?;
    }
    out.flush()
}

fn write_section(out: &mut Out<'_>, section: SectionView) -> io::Result<()> {
    out.blank()?;
    out.line(&Line::at(2).hang(4).label(Label::Strong, section.title))?;
    for field in section.fields {
        let line = Line::at(4).hang(DESCRIPTION).text(field.name).text(" ");
        out.line(&line.pad_to(DESCRIPTION).text(field.description))?;
    }
    Ok(())
}
