//! Responsible for reading the lock file of the API's connector types.

use crate::catalog::{MAX_LOCK_BYTES, TypesLock};
use crate::config::code::Code;
use crate::config::document::Document;
use crate::config::findings::Findings;
use crate::files::{self, FileError};
use std::path::{Component, Path, PathBuf};

/// The lock file that the project file names.
#[derive(Debug, Default)]
pub(in crate::config) struct LockFile {
    pub(in crate::config) path: Option<PathBuf>,
    pub(in crate::config) types: TypesLock,
}

/// Reads the lock file of the project. One that does not exist yet is a warning, so that a command can write it.
pub(super) fn types_lock(document: &Document, findings: &mut Findings) -> LockFile {
    let Some(text) = &document.head.types_lock else {
        return LockFile::default();
    };
    let origin = document.key("types_lock");
    let relative = Path::new(text);
    let is_plain = |part: Component<'_>| match part {
        Component::Normal(name) => !name.to_string_lossy().starts_with('.'),
        Component::CurDir => true,
        _ => false,
    };
    if text.is_empty() || !relative.components().all(is_plain) {
        let message =
            "`types_lock` takes a file below the directory of the project file, and no hidden one";
        findings.at(origin, Code::IncludeOutside, message, None);
        return LockFile::default();
    }
    let types = match read(&document.directory(), relative) {
        Ok(Some(bytes)) => TypesLock::from_json(&bytes).map_err(str::to_owned),
        Ok(None) => {
            let message = "the lock file does not exist yet, so types outside the catalog are looked up remotely";
            let help = Some("write it with `airlift types --refresh`".to_owned());
            findings.at(origin, Code::TypesNotLocked, message, help);
            Ok(TypesLock::default())
        }
        Err(error) => Err(error.kind.to_string()),
    };
    let types = types.unwrap_or_else(|reason| {
        let message = format!("the lock file of types cannot be used: {reason}");
        let help = "delete it, and write it again with `airlift types --refresh`";
        findings.at(origin, Code::FileUnreadable, message, Some(help.to_owned()));
        TypesLock::default()
    });
    LockFile {
        path: Some(document.directory().join(relative)),
        types,
    }
}

/// The content of a file, without following links. `None` if it does not exist.
fn read(directory: &Path, relative: &Path) -> Result<Option<Vec<u8>>, FileError> {
    let Some(file) = files::open_read(directory, relative)? else {
        return Ok(None);
    };
    files::read_to_limit(directory, relative, &file, MAX_LOCK_BYTES).map(Some)
}
