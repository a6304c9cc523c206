//! Responsible for finding the files that a pattern may match. Enters no linked directory below the directory that the
//! pattern names, so that a link to a directory above ends no search in a circle.

use std::collections::VecDeque;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The largest number of names that are looked at.
const NAMES: usize = 1_000_000;

/// The search would take too long.
#[derive(Debug)]
pub(super) struct TooManyNames;

/// The files that a pattern may match, relative to the directory. Leaves out directories, and what hidden directories
/// contain unless the pattern names them.
pub(super) fn candidates(directory: &Path, pattern: &Path) -> Result<Vec<PathBuf>, TooManyNames> {
    let is_literal = |part: &Component<'_>| {
        let text = part.as_os_str().to_string_lossy();
        !text.contains(['*', '?', '['])
    };
    let parts: Vec<Component<'_>> = pattern.components().collect();
    let literal: PathBuf = parts.iter().take_while(|part| is_literal(part)).collect();
    if parts.iter().all(is_literal) {
        let is_file = directory.join(&literal).symlink_metadata().is_ok()
            && !directory.join(&literal).is_dir();
        return Ok(is_file.then_some(literal).into_iter().collect());
    }
    let wild = parts.iter().skip(literal.components().count());
    let is_deep = wild.clone().any(|part| part.as_os_str() == "**");
    let depth = if is_deep { usize::MAX } else { wild.count() };
    files(directory, literal, depth)
}

/// The files below `start`, in at most `depth` levels.
fn files(directory: &Path, start: PathBuf, depth: usize) -> Result<Vec<PathBuf>, TooManyNames> {
    let mut listed = Vec::new();
    let mut names = 0;
    let mut pending = VecDeque::from([(start, 1)]);
    while let Some((below, level)) = pending.pop_front() {
        let read = directory.join(&below).read_dir();
        for entry in read.into_iter().flatten().filter_map(io::Result::ok) {
            names += 1;
            if names > NAMES {
                return Err(TooManyNames);
            }
            let path = below.join(entry.file_name());
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if !is_directory && !entry.path().is_dir() {
                listed.push(path);
            } else if is_directory && !is_hidden && level < depth {
                pending.push_back((path, level + 1));
            }
        }
    }
    Ok(listed)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::candidates;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    #[test]
    fn candidates_end_at_links_to_directories() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(home.path().join("a/b")).unwrap();
        std::fs::write(home.path().join("a/b/x.yaml"), "").unwrap();
        symlink("x.yaml", home.path().join("a/b/y.yaml")).unwrap();
        for name in ["one", "two", "a/three"] {
            symlink(home.path(), home.path().join(name)).unwrap();
        }
        let listed = |pattern: &str| {
            let mut paths = candidates(home.path(), Path::new(pattern)).unwrap();
            paths.sort();
            let paths = paths.iter().map(|path| path.display().to_string());
            paths.collect::<Vec<_>>()
        };
        assert_eq!(listed("**/*.yaml"), ["a/b/x.yaml", "a/b/y.yaml"]);
        assert_eq!(listed("*/*/*.yaml"), ["a/b/x.yaml", "a/b/y.yaml"]);
        assert!(listed("*/*.yaml").is_empty());
        assert_eq!(listed("a/b/x.yaml"), ["a/b/x.yaml"]);
        // The part before the wildcard may be a link.
        assert_eq!(listed("one/a/b/*.yaml").len(), 2);
    }
}
