//! Responsible for the result of `adopt --out`: how many objects the table has.

use super::labels::counted;
use super::{Out, Safe};
use serde::Serialize;
use std::io;

/// What a table of existing objects has.
#[derive(Debug, Serialize)]
pub struct AdoptionTable {
    /// The file.
    pub file: String,
    /// Objects that are the only ones with the name and type of a declaration.
    pub exact: usize,
    /// Objects whose name resembles that of a declaration.
    pub likely: usize,
    /// Objects of which several have the name and type of a declaration.
    pub ambiguous: usize,
}

/// Writes the result for people.
pub fn adoption_table(out: &mut Out<'_>, table: &AdoptionTable) -> io::Result<()> {
    let rows = counted(table.exact + table.likely + table.ambiguous, "row");
    let file = Safe::new(&table.file);
    out.say(Safe::new(format_args!(
        "Wrote {rows} to {file}: {} exact, {} likely, {} ambiguous.",
        table.exact, table.likely, table.ambiguous
    )))?;
    out.say(Safe::new(format_args!(
        "Next: write `yes` or `no` into the column adopt, then run `airlift adopt {file}`."
    )))?;
    out.flush()
}
