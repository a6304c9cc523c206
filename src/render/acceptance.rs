//! Responsible for what is said about files that were edited: which ones, and what was left alone.

use super::export::placeholders;
use super::{Safe, Ui, print_note};
use crate::model::Address;
use std::borrow::Cow;
use std::io;
use std::path::PathBuf;

/// What `export --update` did.
#[derive(Debug, Default)]
pub struct FilesUpdate {
    /// The written files.
    pub files: Vec<PathBuf>,
    /// The objects that others renamed, by the name that the files had, with the present name.
    pub renamed: Vec<(Address, String)>,
    /// What was left alone, and why.
    pub left: Vec<(Address, Cow<'static, str>)>,
    /// The number of added references that are placeholders.
    pub placeholders: usize,
}

/// Names the written files, and the changes that were not accepted.
pub fn accepted(
    ui: &Ui,
    files: &[PathBuf],
    refused: &[(Address, Cow<'static, str>)],
) -> io::Result<()> {
    edited(ui, files)?;
    left(ui, refused, "is not accepted")
}

/// Names the files that an export updated, what it renamed, and what it left alone.
pub fn updated(ui: &Ui, update: &FilesUpdate) -> io::Result<()> {
    if update.files.is_empty() {
        print_note(ui, "the files are as before")?;
    }
    edited(ui, &update.files)?;
    for (address, name) in &update.renamed {
        let (address, name) = (Safe::address(address), Safe::short_name(name));
        print_note(ui, &format!("{address} is {name} now: others renamed it"))?;
    }
    left(ui, &update.left, "is left alone")?;
    placeholders(ui, update.placeholders)
}

fn edited(ui: &Ui, files: &[PathBuf]) -> io::Result<()> {
    for file in files {
        print_note(ui, &format!("wrote {}", file.display()))?;
    }
    Ok(())
}

fn left(ui: &Ui, left: &[(Address, Cow<'static, str>)], what: &str) -> io::Result<()> {
    for (address, reason) in left {
        let address = Safe::address(address);
        print_note(ui, &format!("{address} {what}: {reason}"))?;
    }
    Ok(())
}
