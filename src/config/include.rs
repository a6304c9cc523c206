//! Responsible for resolving the patterns of `include` and of tables to files.
//!
//! Accepts only files below the directory of the including file.

use super::code::Code;
use super::confine::{has_parent_step, place_within, within};
use super::findings::Findings;
use super::origin::Origin;
use super::read::display;
use super::redaction::title;
use super::walk::{self, Incomplete};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// A file that a pattern matches.
pub(super) struct IncludedFile {
    pub(super) path: PathBuf,
    /// The position of the pattern.
    pub(super) pattern: usize,
}

/// The files that the patterns of a key match, in order.
pub(super) fn included(
    key: &str,
    patterns: &[String],
    directory: &Path,
    origin: Origin<'_>,
    findings: &mut Findings,
) -> Vec<IncludedFile> {
    let mut files = Vec::new();
    for (pattern, text) in patterns.iter().enumerate() {
        let origin = origin.index(pattern);
        match matching(key, directory, text) {
            Ok(matches) => files.extend(
                matches
                    .into_iter()
                    .filter(|path| is_inside(path, directory, origin, findings))
                    .map(|path| IncludedFile { path, pattern }),
            ),
            Err((code, message)) => {
                let help = directory
                    .join(text)
                    .is_dir()
                    .then(|| "the pattern names a directory: add `/*.yaml`".to_owned());
                findings.at(origin, code, message, help);
            }
        }
    }
    files
}

/// The canonical paths of the files that patterns of `include` match.
pub(super) fn canonical(patterns: &[String], directory: &Path) -> BTreeSet<PathBuf> {
    let matched = patterns
        .iter()
        .filter_map(|pattern| matching("include", directory, pattern).ok());
    let paths = matched.flatten();
    paths.filter_map(|path| path.canonicalize().ok()).collect()
}

/// The files that a pattern matches, sorted.
fn matching(key: &str, directory: &Path, pattern: &str) -> Result<Vec<PathBuf>, (Code, String)> {
    let path = Path::new(pattern);
    if path.is_absolute() || has_parent_step(path) {
        let message = format!(
            "{key} {} leads outside the directory of the including file",
            title(pattern)
        );
        return Err((Code::IncludeOutside, message));
    }
    let path: PathBuf = path
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    let compiled = glob::Pattern::new(&path.to_string_lossy()).map_err(|error| {
        let message = format!("pattern {} is invalid: {}", title(pattern), error.msg);
        (Code::InvalidPattern, message)
    })?;
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        // Editors and volume mounts leave hidden copies beside the real files.
        require_literal_leading_dot: true,
    };
    let candidates = candidates(key, directory, pattern, &path)?;
    let mut paths: Vec<PathBuf> = candidates
        .into_iter()
        .filter(|path| compiled.matches_path_with(path, options))
        .map(|path| below(directory, path))
        .collect();
    paths.sort();
    if paths.is_empty() {
        let message = format!("no file matches {key} {}", title(pattern));
        return Err((Code::IncludeNoMatch, message));
    }
    Ok(paths)
}

/// The files that a pattern may match. `path` is its text without `.` steps.
fn candidates(
    key: &str,
    directory: &Path,
    pattern: &str,
    path: &Path,
) -> Result<Vec<PathBuf>, (Code, String)> {
    let start = walk::start(path);
    if start.as_path() != path {
        place_within(&directory.join(start), directory).map_err(|escape| {
            let reason = escape.reason();
            let message = format!("{key} {} cannot be used: {reason}", title(pattern));
            (escape.code_of_file(), message)
        })?;
    }
    walk::candidates(directory, path).map_err(|incomplete| {
        let reason = match incomplete {
            Incomplete::TooManyNames => "it would search more than a million names".to_owned(),
            Incomplete::Link(link) => format!(
                "{} is a link to a directory, which wildcards do not enter: name its files in a pattern of their own",
                display(&link)
            ),
            Incomplete::Unreadable(path) => {
                format!("the directory {} cannot be read", display(&path))
            }
        };
        let message = format!("pattern {}: {reason}", title(pattern));
        (Code::InvalidPattern, message)
    })
}

/// A path below a directory, as messages show it.
fn below(directory: &Path, path: PathBuf) -> PathBuf {
    if directory == Path::new(".") {
        path
    } else {
        directory.join(path)
    }
}

/// Whether a matched file is inside the project. A file outside becomes a finding.
fn is_inside(path: &Path, directory: &Path, origin: Origin<'_>, findings: &mut Findings) -> bool {
    let Err(escape) = within(path, directory) else {
        return true;
    };
    let message = format!("an included file cannot be used: {}", escape.reason());
    let help = format!("the file is {}", display(path));
    findings.at(origin, escape.code_of_file(), message, Some(help));
    false
}
