//! Responsible for finding the files that a pattern may match. Enters no linked directory, so that a link to a directory
//! above ends no search in a circle. The files of one that leads elsewhere would be missing, so it is an error.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// The largest number of names that are looked at.
const NAMES: usize = 1_000_000;

/// Why a search is not complete, so that files may be missing.
#[derive(Debug)]
pub(super) enum Incomplete {
    TooManyNames,
    /// A link leads to a directory outside the one that is searched.
    Link(PathBuf),
    Unreadable(PathBuf),
}

/// The part of a pattern before its first wildcard.
pub(super) fn start(pattern: &Path) -> PathBuf {
    pattern.components().take_while(is_literal).collect()
}

fn is_literal(part: &Component<'_>) -> bool {
    let text = part.as_os_str().to_string_lossy();
    !text.contains(['*', '?', '['])
}

/// The files that a pattern may match, relative to the directory. Leaves out directories, and what hidden directories
/// contain unless the pattern names them.
pub(super) fn candidates(directory: &Path, pattern: &Path) -> Result<Vec<PathBuf>, Incomplete> {
    let literal = start(pattern);
    let wild = pattern.components().skip(literal.components().count());
    let depth = wild.clone().count();
    if depth == 0 {
        let path = directory.join(&literal);
        let is_file = path.symlink_metadata().is_ok() && !path.is_dir();
        return Ok(is_file.then_some(literal).into_iter().collect());
    }
    let is_deep = wild.clone().any(|part| part.as_os_str() == "**");
    files(directory, literal, if is_deep { usize::MAX } else { depth })
}

/// The files below `start`, in at most `depth` levels.
fn files(directory: &Path, start: PathBuf, depth: usize) -> Result<Vec<PathBuf>, Incomplete> {
    let root = directory.join(&start).canonicalize();
    let is_inside = |path: &Path| match (&root, path.canonicalize()) {
        (Ok(root), Ok(target)) => target.starts_with(root),
        _ => false,
    };
    let mut listed = Vec::new();
    let mut names = 0;
    let mut pending = VecDeque::from([(start, 1)]);
    while let Some((below, level)) = pending.pop_front() {
        let entries = match directory.join(&below).read_dir() {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) if error.kind() == ErrorKind::NotADirectory => continue,
            Err(_) => return Err(Incomplete::Unreadable(below)),
        };
        for entry in entries {
            let entry = entry.map_err(|_| Incomplete::Unreadable(below.clone()))?;
            names += 1;
            if names > NAMES {
                return Err(Incomplete::TooManyNames);
            }
            let path = below.join(entry.file_name());
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let is_entered =
                !entry.file_name().as_encoded_bytes().starts_with(b".") && level < depth;
            if is_directory {
                pending.extend(is_entered.then_some((path, level + 1)));
            } else if !entry.path().is_dir() {
                listed.push(path);
            } else if is_entered && !is_inside(&entry.path()) {
                return Err(Incomplete::Link(path));
            }
        }
    }
    Ok(listed)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::{Incomplete, candidates};
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
        let outside = tempfile::tempdir().unwrap();
        symlink(outside.path(), home.path().join("a/b/elsewhere")).unwrap();
        let error = candidates(home.path(), Path::new("**/*.yaml"));
        let link = Path::new("a/b/elsewhere");
        assert!(matches!(error, Err(Incomplete::Link(path)) if path == link));
        assert_eq!(listed("a/b/*.yaml").len(), 2);
    }
}
