//! Responsible for what `export` reads, and for writing it into a directory. Reads no secret.

use super::project::secret_roots;
use super::{App, Invocation};
use crate::cli::{ExportArgs, Format};
use crate::export::{self, Exported, Sources, export};
use crate::failure::Failure;
use crate::ledger::recover;
use crate::model::Observed;
use crate::observed::{Details, Survey};
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The customers that are asked for; none means all.
pub(crate) fn exported_customers(
    invocation: Invocation<'_>,
    args: &ExportArgs,
) -> Result<BTreeSet<String>, Failure> {
    if args.out.is_some() && invocation.global.format != Format::Text {
        let message = "--out writes YAML; leave --format out";
        return Err(Failure::usage("usage", message));
    }
    if args.target.iter().any(|target| target.connector.is_some()) {
        let message = "export takes whole customers: --target CUSTOMER";
        return Err(Failure::usage("usage", message));
    }
    Ok(args
        .target
        .iter()
        .map(|target| target.customer.clone())
        .collect())
}

impl App<'_> {
    /// Reads these customers, or all. Gives what `validate` accepts of them, and whether the list
    /// of customers is whole.
    pub(crate) async fn export(
        &self,
        wanted: &BTreeSet<String>,
    ) -> Result<(Exported, bool), Failure> {
        let (recorded, unsettled) = self.history().await?;
        let extent = Survey {
            customers: &|_, name| wanted.is_empty() || wanted.contains(name),
            details: Details::All,
        };
        let observed = self.survey(&recorded, &extent).await?;
        let is_whole = self.is_whole(&observed)?;
        refuse_unknown(&observed, wanted)?;
        let recovered = recover(recorded, &unsettled, &observed);
        let sources = Sources {
            observed: &observed,
            recorded: &recovered.recorded,
            declared: &self.project.desired,
        };
        let mut exported = export(sources, wanted);
        exported.omit_invalid(&secret_roots(self.invocation.env));
        Ok((exported, is_whole))
    }
}

fn refuse_unknown(observed: &Observed, wanted: &BTreeSet<String>) -> Result<(), Failure> {
    let names: BTreeSet<&str> = observed
        .customers
        .values()
        .map(|customer| customer.name.as_str())
        .collect();
    match wanted.iter().find(|name| !names.contains(name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let message = format!("there is no customer {name}");
            Err(Failure::unknown_selector(message))
        }
    }
}

/// Writes a project if nothing of it exists, and gives the number of its files.
pub(crate) fn write_project(directory: &Path, exported: &Exported) -> Result<usize, Failure> {
    let files: Vec<(PathBuf, String)> = export::project(exported)
        .into_iter()
        .map(|(name, text)| (directory.join(name), text))
        .collect();
    if let Some((path, _)) = files
        .iter()
        .find(|(path, _)| path.symlink_metadata().is_ok())
    {
        let message = format!("{} exists, and nothing was written", path.display());
        return Err(Failure::error("file_exists", message)
            .hint("export into another directory, and compare"));
    }
    for (path, text) in &files {
        write_new(path, text).map_err(|error| Failure::cannot_write(path, &error))?;
    }
    Ok(files.len())
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}
