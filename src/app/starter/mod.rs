//! Responsible for the example project that `init` creates. Overwrites nothing, and follows
//! no link out of the project.

use super::out_directory::OutDirectory;
use crate::failure::Failure;
use std::path::Path;

/// The files of the project.
const FILES: [(&str, &str); 3] = [
    ("airlift.yaml", include_str!("airlift.yaml")),
    ("customers/acme-corp.yaml", include_str!("acme-corp.yaml")),
    (".gitignore", include_str!("gitignore")),
];

/// Writes the files of the project that do not exist, and returns their paths.
pub(crate) fn write_starter(directory: &Path) -> Result<Vec<String>, Failure> {
    if directory.join("airlift.yaml").symlink_metadata().is_ok() {
        let message = format!("{} already contains a project", directory.display());
        return Err(Failure::error("project_exists", message));
    }
    let out = OutDirectory::new(directory);
    let mut written = Vec::new();
    for (name, content) in FILES {
        if out.create(Path::new(name), content)? {
            written.push(directory.join(name).display().to_string());
        }
    }
    Ok(written)
}
