//! Responsible for the options of a run that the commands in its messages repeat.

use crate::cli::{GlobalArgs, LedgerMode};
use crate::render::{RepeatedOptions, command_line};
use std::path::Path;

/// The options that name the files, the sandbox and the ledger, if they are not the defaults.
pub(crate) fn repeated_options(global: &GlobalArgs) -> RepeatedOptions {
    let mut files = Vec::new();
    if global.files != [Path::new(".")] {
        for path in &global.files {
            files.extend(["-f".to_owned(), path.display().to_string()]);
        }
    }
    if let Some(environment) = &global.env {
        files.extend(["--env".to_owned(), environment.clone()]);
    }
    let mut access = Vec::new();
    if global.sandbox {
        access.push("--sandbox".to_owned());
    }
    if let Some(ledger) = &global.ledger {
        access.extend(["--ledger".to_owned(), ledger.display().to_string()]);
    }
    if let Some(shard) = global.shard {
        access.extend(["--shard".to_owned(), shard.to_string()]);
    }
    if global.ledger_mode == LedgerMode::Group {
        access.extend(["--ledger-mode".to_owned(), "group".to_owned()]);
    }
    RepeatedOptions::new(&command_line(&files), &command_line(&access))
}
