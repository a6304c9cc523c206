//! Responsible for the view of source templates: copies, and why a template is missing.

use super::{Group, Listing, Phrase, Row};
use crate::plan::TemplateCopy;
use crate::render::labels::counted;
use crate::render::{Label, Safe};

/// The templates that apply copies.
pub(in crate::render) fn source_templates(copies: &[TemplateCopy]) -> Option<Group> {
    let rows: Vec<Row> = copies.iter().map(row).collect();
    (!rows.is_empty()).then(|| Group {
        symbol: None,
        label: Label::Strong,
        title: "Source templates",
        count: Some(counted(rows.len(), "template")),
        meaning: "copied from the vendor; every customer of the organization can use the type then",
        code: None,
        rows,
        listing: Listing::All,
    })
}

fn row(copy: &TemplateCopy) -> Row {
    let label = Label::Create;
    let text = Phrase::new(label, Safe::new(format_args!("{} copy", label.symbol())));
    Row::new(text.text(Safe::new(format!(" {}", Safe::new(&copy.kind)))))
}
