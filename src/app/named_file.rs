//! Responsible for reading the files that options name.

use std::env;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

/// The largest list, table or report that an option names, in bytes.
pub(super) const LARGEST: u64 = 64 << 20;

/// The content of a regular file. Another one, such as a pipe, could block for ever.
pub(super) fn content_of(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    refuse_link(path)?;
    let metadata = path.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if metadata.len() > largest {
        let text = format!("it has {} bytes, of at most {largest}", metadata.len());
        return Err(io::Error::other(text));
    }
    let mut content = Vec::new();
    File::open(path)?.take(largest).read_to_end(&mut content)?;
    Ok(content)
}

/// Refuses a link below the working directory. Such a file comes from a repository, where a link could lead to a secret
/// of the run, and messages quote what files say.
fn refuse_link(path: &Path) -> io::Result<()> {
    let here = env::current_dir()?.canonicalize()?;
    if here.parent().is_none() {
        // The root is no repository.
        return Ok(());
    }
    let (Some(parent), Some(_)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    let given = lexical(&here.join(parent));
    let real = here.join(parent).canonicalize()?;
    let is_link = path.symlink_metadata()?.is_symlink() && real.starts_with(&here);
    let leads_away = given.starts_with(&here) && given != real;
    if is_link || leads_away {
        let text =
            "it is a link or lies behind one, and a link in a repository could lead to any file";
        return Err(io::Error::other(text));
    }
    Ok(())
}

/// A path without `.` and `..`, as it is written.
fn lexical(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// The content of a regular file that is text.
pub(super) fn text_of(path: &Path) -> io::Result<String> {
    let content = content_of(path, LARGEST)?;
    String::from_utf8(content).map_err(|_| io::Error::other("it is not UTF-8 text"))
}
