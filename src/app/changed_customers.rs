//! Responsible for the customers whose files differ from a commit.

use super::Invocation;
use super::changed_files::CommitTree;
use crate::config::Project;
use crate::failure::Failure;
use crate::model::{Address, StoreKind};
use crate::render;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The endings of files that declare customers.
const ENDINGS: [&str; 6] = ["yaml", "yml", "csv", "json", "jsonl", "ndjson"];

/// The customers that differ from a commit.
pub(super) enum ChangedCustomers {
    All,
    Only(BTreeSet<String>),
}

impl ChangedCustomers {
    /// Finds the customers whose file, table or secret file differs. All customers differ if the project file does, or
    /// another file of the project that declares no customer, because its settings apply to all.
    pub(super) fn since(
        invocation: Invocation<'_>,
        project: &Project,
        revision: &str,
    ) -> Result<Self, Failure> {
        let tree = CommitTree::find(revision, &project.root)?;
        note_removed(invocation, project, &tree)?;
        let declaring = files_of_customers(project);
        let secrets = secret_files(project, &tree);
        let declaring_files = declaring.keys().cloned();
        let files = project.files.iter().cloned();
        let files = files.chain(declaring_files).chain(secrets.keys().cloned());
        let changed = tree.changed(&files.collect())?;
        let is_shared =
            |file: &&PathBuf| **file == project.project_file || !declaring.contains_key(*file);
        let mut shared = project.files.iter().filter(is_shared);
        if shared.any(|file| changed.contains(file)) {
            return Ok(Self::All);
        }
        let affected = declaring.into_iter().chain(secrets);
        let affected = affected.filter(|(file, _)| changed.contains(file));
        let names = affected.flat_map(|(_, names)| names).map(str::to_owned);
        Ok(Self::Only(names.collect()))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(name),
        }
    }
}

/// The names of customers, by file.
type CustomersOfFiles<'a> = BTreeMap<PathBuf, BTreeSet<&'a str>>;

/// The customers by the file or table that declares them.
fn files_of_customers(project: &Project) -> CustomersOfFiles<'_> {
    let mut files = CustomersOfFiles::new();
    for name in project.desired.customers.keys() {
        let origin = project.origin(&Address::customer(name));
        let file = origin.map(|location| location.file).unwrap_or_default();
        files.entry(file.into()).or_default().insert(name);
    }
    files
}

/// The customers by the secret files that the commit has.
fn secret_files<'a>(project: &'a Project, tree: &CommitTree) -> CustomersOfFiles<'a> {
    let mut files = CustomersOfFiles::new();
    for (name, customer) in &project.desired.customers {
        let connectors = customer.connectors.values();
        let references = connectors.flat_map(|connector| connector.references());
        for reference in references.filter(|reference| reference.store == StoreKind::File) {
            let file = project.root.join(&reference.path);
            files.entry(file).or_default().insert(name);
        }
    }
    files.retain(|file, _| tree.has(file));
    files
}

/// Says that the customers of removed files are not planned, because a run with a selection deletes nothing.
fn note_removed(
    invocation: Invocation<'_>,
    project: &Project,
    tree: &CommitTree,
) -> Result<(), Failure> {
    let root = project.root.canonicalize().unwrap_or_default();
    let declares = |path: &&Path| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| ENDINGS.contains(&ending))
    };
    let mut removed = tree.removed(&root).filter(declares);
    let Some(first) = removed.next() else {
        return Ok(());
    };
    let others = match removed.count() {
        0 => String::new(),
        1 => " and one more file".to_owned(),
        count => format!(" and {count} more files"),
    };
    let first = first.strip_prefix(&root).unwrap_or(first).display();
    let text = format!(
        "the customers of {first}{others}, which the commit has and the project no longer has, are not planned; \
         a run without a selection and with --prune removes them"
    );
    Ok(render::print_note(invocation.ui, &text)?)
}
