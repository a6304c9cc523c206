//! Responsible for what is said about files that were edited: which ones, and what was left alone.

use super::{Safe, Ui, print_note};
use crate::model::Address;
use std::io;
use std::path::PathBuf;

/// Names the written files, and the changes that were not accepted.
pub fn accepted(ui: &Ui, files: &[PathBuf], refused: &[(Address, &'static str)]) -> io::Result<()> {
    edited(ui, files, refused, "is not accepted")
}

/// Names the files that an export updated, and what it left alone.
pub fn updated(ui: &Ui, files: &[PathBuf], left: &[(Address, &'static str)]) -> io::Result<()> {
    if files.is_empty() {
        print_note(ui, "the files are as before")?;
    }
    edited(ui, files, left, "is left alone")
}

fn edited(
    ui: &Ui,
    files: &[PathBuf],
    left: &[(Address, &'static str)],
    what: &str,
) -> io::Result<()> {
    for file in files {
        print_note(ui, &format!("wrote {}", file.display()))?;
    }
    for (address, reason) in left {
        let address = Safe::address(address);
        print_note(ui, &format!("{address} {what}: {reason}"))?;
    }
    Ok(())
}
