//! Responsible for reading the files that options name.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// The largest list, table or report that an option names, in bytes.
pub(super) const LARGEST: u64 = 64 << 20;

/// The content of a regular file. Another one, such as a pipe, could block for ever.
pub(super) fn content_of(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
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

/// The content of a regular file that is text.
pub(super) fn text_of(path: &Path) -> io::Result<String> {
    let content = content_of(path, LARGEST)?;
    String::from_utf8(content).map_err(|_| io::Error::other("it is not UTF-8 text"))
}
