//! Responsible for what is said about accepted drift: the files that were written, and what was left alone.

use super::{Safe, Ui, print_note};
use crate::model::Address;
use std::io;
use std::path::PathBuf;

/// Names the written files, and the changes that were not accepted.
pub fn accepted(ui: &Ui, files: &[PathBuf], refused: &[(Address, &'static str)]) -> io::Result<()> {
    for file in files {
        print_note(ui, &format!("wrote {}", file.display()))?;
    }
    for (address, reason) in refused {
        let address = Safe::address(address);
        print_note(ui, &format!("{address} is not accepted: {reason}"))?;
    }
    Ok(())
}
