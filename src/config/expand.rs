//! Responsible for the customers of tables as they would stand in a file, for `airlift expand`.
//!
//! Does not report findings: `load` does.

use super::LoadOptions;
use super::document::Document;
use super::findings::{Findings, StagedFindings};
use super::project_file::ProjectFile;
use super::read::{self, Input};
use super::tables::Tables;
use serde_json::Value;
use std::path::PathBuf;

/// The customers of all tables, in the order of their rows. A row with an error is left out.
pub fn expand(arguments: &[PathBuf], options: &LoadOptions) -> Vec<Value> {
    let inputs: Vec<Input> = arguments
        .iter()
        .flat_map(|argument| Input::expand(argument))
        .collect();
    let (project_file, _) = ProjectFile::find(&inputs, options, &mut StagedFindings::default());
    let mut findings = Findings::default();
    let input = project_file.input(&inputs);
    let Some(source) = input.and_then(|input| read::source(input, options, &mut findings)) else {
        return Vec::new();
    };
    let path = input.map_or_else(PathBuf::new, |input| input.path().to_owned());
    let source = source.with_variables(&project_file.environment.variables);
    let document = Document::parse(&path, source, &mut findings);
    let tables = Tables::find(&document, &project_file, &mut findings);
    let mut customers = Vec::new();
    for source in tables.sources {
        let input = Input::File(source.path.clone());
        let read = read::source(&input, options, &mut findings);
        let template = project_file.templates.get(&source.template);
        let Some((text, template)) = read.zip(template) else {
            continue;
        };
        let table = source.read(text, template, &mut findings);
        let rows = table.rows.iter();
        customers.extend(rows.filter_map(|row| {
            let expanded = template.expand(&table, row, &mut findings)?;
            Some(expanded.customer)
        }));
    }
    customers
}
