//! `init`: a commented starting project, never over something that exists.

use crate::cli::InitArgs;
use crate::failure::{Exit, Failure, FailureKind};
use crate::render::{self, Ui};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// What is written, by file.
const FILES: [(&str, &str); 3] = [
    ("airlift.yaml", include_str!("init/airlift.yaml")),
    (
        "customers/acme-corp.yaml",
        include_str!("init/acme-corp.yaml"),
    ),
    (".gitignore", include_str!("init/gitignore")),
];

/// Runs the verb.
pub(super) fn run(ui: &Ui, args: &InitArgs) -> Result<Exit, Failure> {
    let directory = &args.directory;
    if directory.join("airlift.yaml").exists() {
        let message = format!("{} has a project already", directory.display());
        return Err(Failure::new(FailureKind::Error, "project_exists", message));
    }
    let mut written = Vec::new();
    for (name, content) in FILES {
        let path = directory.join(name);
        if write_new(&path, content)? {
            written.push(path.display().to_string());
        }
    }
    render::initialised(ui, &written, &directory.display().to_string())?;
    Ok(Exit::Done)
}

/// False if the file is there already.
fn write_new(path: &Path, content: &str) -> Result<bool, Failure> {
    let failed = |error: std::io::Error| {
        let message = format!("cannot write {}: {error}", path.display());
        Failure::new(FailureKind::Error, "cannot_write", message)
    };
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
