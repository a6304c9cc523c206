//! Responsible for finding files that look like configuration and that a run does not read.
//!
//! Does not open the files.

use super::confine::has_parent_step;
use super::document::Document;
use super::origin::Origin;
use super::raw::FIELDS;
use super::read::PROJECT_FILE;
use crate::catalog::closest;
use std::collections::VecDeque;
use std::path::{Component, Path, PathBuf};

/// Maximum number of files that are returned, of names that are looked at, and of nested directories.
const FILES: usize = 1_000;
const NAMES: usize = 200_000;
const DEPTH: usize = 16;

/// The directory before the first wildcard of an `include` pattern. Files beside those that a pattern matches are likely
/// customers, too. None for a file in the project's own directory, and for a pattern that leads out of it.
pub(super) fn base(directory: &Path, pattern: &str) -> Option<PathBuf> {
    let has_wildcard = |text: &str| text.contains(['*', '?', '[']);
    let is_literal = |part: &Component<'_>| !has_wildcard(&part.as_os_str().to_string_lossy());
    let path = Path::new(pattern);
    let folder = path.parent().unwrap_or(Path::new(""));
    let is_own_file = folder.as_os_str().is_empty() && !has_wildcard(pattern);
    if path.is_absolute() || has_parent_step(path) || is_own_file {
        return None;
    }
    let literal: PathBuf = folder.components().take_while(is_literal).collect();
    Some(if literal.as_os_str().is_empty() {
        directory.to_owned()
    } else if directory == Path::new(".") {
        // As `include` spells the paths, so that they compare as equal.
        literal
    } else {
        directory.join(literal)
    })
}

/// Whether a file does not say which files it includes: its text has a defect, or `include` is misspelt or has another
/// type.
pub(super) fn lacks_includes(document: &Document) -> bool {
    let entries = document.source.root().entries();
    let mut entries = entries.iter();
    let is_unknown = document.head.include.is_none();
    let is_meant = |(name, value): &(&str, Origin<'_>)| {
        let is_misspelt = || !FIELDS.contains(*name) && closest(name, ["include"]).is_some();
        (*name == "include" && is_unknown && !value.is_null()) || is_misspelt()
    };
    !document.is_valid || entries.any(is_meant)
}

/// The files at and below a directory whose names end like those of YAML or JSON files, without those that `is_read`
/// knows. Leaves out hidden files and directories, because editors and volume mounts make them, and nested projects.
pub(super) fn files(directory: &Path, is_read: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut names = NAMES;
    let mut pending = VecDeque::from([(directory.to_owned(), 0)]);
    while let Some((directory, depth)) = pending.pop_front() {
        let entries = directory.read_dir().into_iter().flatten().flatten();
        for entry in entries.take(names) {
            names -= 1;
            let path = entry.path();
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_hidden(&path) {
                continue;
            }
            if is_directory && depth < DEPTH && !path.join(PROJECT_FILE).exists() {
                pending.push_back((path, depth + 1));
            } else if !is_directory && looks_like_configuration(&path) && !is_read(&path) {
                files.push(path);
            }
        }
    }
    files.sort();
    files.truncate(FILES);
    files
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(b".")
}

fn looks_like_configuration(path: &Path) -> bool {
    path.extension().is_some_and(|end| {
        ["yaml", "yml", "json"]
            .iter()
            .any(|known| end.eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::{base, files};
    use std::path::{Path, PathBuf};

    #[test]
    fn base_of_pattern_is_the_directory_before_the_wildcard() {
        for (directory, pattern, expected) in [
            (".", "*.yaml", Some(".")),
            (".", "a.yaml", None),
            (".", "customers/a.yaml", Some("customers")),
            (".", "customers/*.yaml", Some("customers")),
            ("p", "customers/*/x.yaml", Some("p/customers")),
            ("p", "**/*.yaml", Some("p")),
            ("p", "../*.yaml", None),
            ("p", "/etc/*.yaml", None),
        ] {
            let base = base(Path::new(directory), pattern);
            assert_eq!(base, expected.map(PathBuf::from), "{pattern}");
        }
    }

    #[test]
    fn files_leave_out_hidden_files_backups_and_nested_projects() {
        let home = tempfile::tempdir().unwrap();
        for name in [
            "a.yaml",
            "b.yml",
            "c.YAML",
            "d.json",
            "deep/e.yaml",
            ".f.yaml",
            ".g/h.yaml",
            "i.yaml~",
            "j.yaml.bak",
            "#k.yaml#",
            "l.txt",
            "other/airlift.yaml",
            "other/m.yaml",
        ] {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let files: Vec<String> = files(home.path(), |path| path.ends_with("a.yaml"))
            .iter()
            .map(|path| path.strip_prefix(home.path()).unwrap())
            .map(|path| path.display().to_string())
            .collect();
        assert_eq!(files, ["b.yml", "c.YAML", "d.json", "deep/e.yaml"]);
    }
}
