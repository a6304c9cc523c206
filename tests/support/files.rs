//! Responsible for walking and copying directories.

use std::path::{Path, PathBuf};

/// Every file below a directory that `wanted` accepts, sorted.
pub(crate) fn files(below: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in below.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            paths.extend(files(&path, wanted));
        } else if wanted(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    paths
}

/// Copies a directory, empty ones below it included.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in from.read_dir().unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
