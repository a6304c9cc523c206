//! Responsible for the example project that `init` creates. Overwrites nothing.

use crate::failure::Failure;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// The files of the project.
const FILES: [(&str, &str); 3] = [
    ("airlift.yaml", include_str!("airlift.yaml")),
    ("customers/acme-corp.yaml", include_str!("acme-corp.yaml")),
    (".gitignore", include_str!("gitignore")),
];

/// Writes the files of the project that do not exist, and returns their paths.
pub(crate) fn write_starter(directory: &Path) -> Result<Vec<String>, Failure> {
    if directory.join("airlift.yaml").exists() {
        let message = format!("{} already contains a project", directory.display());
        return Err(Failure::error("project_exists", message));
    }
    let mut written = Vec::new();
    for (name, content) in FILES {
        let path = directory.join(name);
        if write_new(&path, content)? {
            written.push(path.display().to_string());
        }
    }
    Ok(written)
}

/// Writes a file unless it exists. Returns whether it was written.
fn write_new(path: &Path, content: &str) -> Result<bool, Failure> {
    let failed = |error: std::io::Error| Failure::cannot_write(path, &error);
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(failed)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file
            .write_all(content.as_bytes())
            .map(|()| true)
            .map_err(failed),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}
