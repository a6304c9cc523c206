//! Responsible for the files that an `include` names: below the directory of the file that holds
//! it, and nowhere else.

use super::code::Code;
use super::confine::{self, upward, within};
use super::findings::Findings;
use super::origin::Origin;
use super::read::display;
use super::redaction::title;
use std::path::{Path, PathBuf};

/// The files that the patterns of an `include` match, in order.
pub(super) fn included(
    patterns: &[String],
    directory: &Path,
    origin: Origin<'_>,
    findings: &mut Findings,
) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for (index, pattern) in patterns.iter().enumerate() {
        let origin = origin.index(index);
        match matching(directory, pattern) {
            Ok(matches) => paths.extend(
                matches
                    .into_iter()
                    .filter(|path| stays_below(path, directory, origin, findings)),
            ),
            Err((code, message)) => findings.at(origin, code, message, None),
        }
    }
    paths
}

/// The files that a pattern matches, sorted.
fn matching(directory: &Path, pattern: &str) -> Result<Vec<PathBuf>, (Code, String)> {
    let path = Path::new(pattern);
    if path.is_absolute() || upward(path) {
        let message = format!(
            "include {} does not stay below the directory of the file that holds it",
            title(pattern)
        );
        return Err((Code::IncludeOutside, message));
    }
    let below = if directory == Path::new(".") {
        pattern.to_owned()
    } else {
        format!(
            "{}/{pattern}",
            glob::Pattern::escape(&directory.to_string_lossy())
        )
    };
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        // Editors and volume mounts leave hidden copies beside the files that are meant.
        require_literal_leading_dot: true,
    };
    let mut paths: Vec<PathBuf> = glob::glob_with(&below, options)
        .map_err(|error| {
            let message = format!("pattern {} is not possible: {}", title(pattern), error.msg);
            (Code::InvalidPattern, message)
        })?
        .flatten()
        .filter(|path| !path.is_dir())
        .collect();
    paths.sort();
    if paths.is_empty() {
        let message = format!("no file matches include {}", title(pattern));
        return Err((Code::IncludeNoMatch, message));
    }
    Ok(paths)
}

/// Whether a match stays inside the project.
fn stays_below(path: &Path, directory: &Path, origin: Origin<'_>, findings: &mut Findings) -> bool {
    let Err(escape) = within(path, directory) else {
        return true;
    };
    let code = match escape {
        confine::Escape::NotAFile => Code::FileUnreadable,
        _ => Code::IncludeOutside,
    };
    let message = format!("an included file cannot be used: {}", escape.reason());
    let help = format!("it is {}", display(path));
    findings.at(origin, code, message, Some(help));
    false
}
