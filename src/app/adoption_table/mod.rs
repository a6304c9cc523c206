//! Responsible for the table of `adopt --out` and `adopt FILE`: which existing objects may be adopted as which
//! declarations, for a person to edit. Sends no write request.

mod candidates;
mod file;

use super::out_directory::OutDirectory;
use super::{App, Invocation, Selectable};
use crate::cli::{AdoptArgs, AdoptTarget, Format};
use crate::failure::{Exit, Failure};
use crate::model::{Address, Selector};
use crate::render::{self, AdoptionTable};
use candidates::{Candidate, MatchKind};
use file::{Row, TableFormat};
use std::collections::BTreeSet;
use std::path::Path;
use uuid::Uuid;

impl App<'_> {
    /// Writes the objects that could be adopted as the selected declarations into a new file.
    pub(crate) async fn write_adoption_table(
        &self,
        path: &Path,
        args: &AdoptArgs,
    ) -> Result<Exit, Failure> {
        let selectors = selectors(&args.targets)?;
        let format = TableFormat::from_path(path)?;
        let directory = OutDirectory::containing(path);
        let name = directory.path_of(path.file_name().unwrap_or_default());
        if directory.exists(&name) {
            let message = format!("{} exists; nothing was written", path.display());
            return Err(Failure::error("file_exists", message)
                .hint("`airlift adopt FILE` reads it; name another file to write a new one"));
        }
        let selectable = Selectable::declared(&self.project.desired).within(&self.project);
        let selected = selectable.select_or_all(&selectors)?;
        let candidates = self.adoption_candidates(&selected).await?;
        let rows: Vec<Row> = candidates.iter().map(Row::from).collect();
        directory.write(&[(name, format.write(&rows)?)])?;
        self.show_table(path, &candidates)?;
        Ok(Exit::Success)
    }

    fn show_table(&self, path: &Path, candidates: &[Candidate]) -> Result<(), Failure> {
        let Invocation { ui, global, .. } = self.invocation;
        let count = |kind: MatchKind| {
            let of_kind = candidates.iter().filter(|candidate| candidate.kind == kind);
            of_kind.count()
        };
        let table = AdoptionTable {
            file: path.display().to_string(),
            exact: count(MatchKind::Exact),
            likely: count(MatchKind::Likely),
            ambiguous: count(MatchKind::Ambiguous),
        };
        match global.format {
            Format::Json | Format::Events => render::json::versioned(&mut ui.out(), &table)?,
            _ => render::adoption_table(&mut ui.out(), &table)?,
        }
        Ok(())
    }
}

/// The targets, with the rows that the tables among them mark for adoption in place of the tables.
pub(super) fn expanded(targets: &[AdoptTarget]) -> Result<Vec<AdoptTarget>, Failure> {
    let mut expanded = Vec::new();
    for target in targets {
        match target {
            AdoptTarget::Table(path) if path.exists() => {
                expanded.extend(marked(path)?);
            }
            AdoptTarget::Table(path) => expanded.push(AdoptTarget::Declared(selector(path)?)),
            target => expanded.push(target.clone()),
        }
    }
    Ok(expanded)
}

/// The rows that a table marks for adoption.
fn marked(path: &Path) -> Result<Vec<AdoptTarget>, Failure> {
    let rows = TableFormat::from_path(path)?.read(path)?;
    let (mut addresses, mut ids) = (BTreeSet::new(), BTreeSet::new());
    let mut targets = Vec::new();
    for (place, row) in &rows {
        let wrong = |column: &str, reason: &str| {
            let message = format!("{}: {place}, column {column}: {reason}", path.display());
            Failure::usage("bad_adoption_table", message)
        };
        if !row.is_marked().map_err(|reason| wrong("adopt", &reason))? {
            continue;
        }
        let address = row
            .address()
            .ok_or_else(|| wrong("customer", "the cell is empty"))?;
        let id: Uuid = row
            .id
            .parse()
            .map_err(|_| wrong("id", "the cell is not the id of a workspace or connector"))?;
        if !addresses.insert(address.clone()) {
            return Err(wrong(
                "adopt",
                &format!("an earlier row adopts {address}, too"),
            ));
        }
        if !ids.insert(id) {
            return Err(wrong("id", "an earlier row adopts this object, too"));
        }
        targets.push(AdoptTarget::Row(address, id));
    }
    if targets.is_empty() {
        let message = format!(
            "{} marks no row with `yes` in the column adopt",
            path.display()
        );
        return Err(Failure::usage("bad_adoption_table", message));
    }
    Ok(targets)
}

/// The selectors of the declarations that a table is to have.
fn selectors(targets: &[AdoptTarget]) -> Result<Vec<Selector>, Failure> {
    let mut selectors = Vec::new();
    for target in targets {
        match target {
            AdoptTarget::Declared(selector) => selectors.push(selector.clone()),
            AdoptTarget::Table(path) => selectors.push(selector(path)?),
            AdoptTarget::DeclaredAs(..) | AdoptTarget::Row(..) | AdoptTarget::Object(_) => {
                let message = "--out takes names and patterns of the files, and no id";
                return Err(Failure::usage("usage", message));
            }
        }
    }
    Ok(selectors)
}

/// A name of the files that ends like the name of a table.
fn selector(path: &Path) -> Result<Selector, Failure> {
    let text = path.to_string_lossy();
    text.parse().map_err(|error| {
        let error: crate::model::AddressError = error;
        Failure::usage("usage", error.to_string())
    })
}

impl Row {
    fn address(&self) -> Option<Address> {
        match (self.customer.is_empty(), self.connector.is_empty()) {
            (true, _) => None,
            (false, true) => Some(Address::customer(&self.customer)),
            (false, false) => Some(Address::connector(&self.customer, &self.connector)),
        }
    }
}
