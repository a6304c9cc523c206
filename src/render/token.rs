//! Responsible for the result of `airlift token`. The caller writes the token itself, because this
//! module has no access to secret values.

use super::{Ui, json, print_note};
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;

/// A token that was written to a file.
#[derive(Serialize)]
struct TokenFile<'a> {
    file: &'a Path,
    expires_in_seconds: Option<u64>,
}

/// Writes a token and a line break to stdout.
pub fn token(ui: &Ui, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    between(ui, "", "\n", write)
}

/// Writes a JSON document with a token to stdout. The token has no character that JSON escapes.
pub fn token_as_json(
    ui: &Ui,
    seconds: Option<u64>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let version = json::FORMAT_VERSION;
    let life = seconds.map_or("null".to_owned(), |seconds| seconds.to_string());
    let start = format!(
        "{{\n  \"format_version\": {version},\n  \"expires_in_seconds\": {life},\n  \"token\": \""
    );
    between(ui, &start, "\"\n}\n", write)
}

fn between(
    ui: &Ui,
    start: &str,
    end: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = ui.out();
    out.raw(start.as_bytes())?;
    write(&mut json::Raw(&mut out))?;
    out.raw(end.as_bytes())?;
    out.flush()
}

/// Says which file has the token.
pub fn token_file(ui: &Ui, path: &Path) -> io::Result<()> {
    print_note(ui, &format!("the token is in {}", path.display()))
}

/// Writes a JSON document about a token that is in a file.
pub fn token_file_as_json(ui: &Ui, path: &Path, seconds: Option<u64>) -> io::Result<()> {
    let file = TokenFile {
        file: path,
        expires_in_seconds: seconds,
    };
    json::versioned(&mut ui.out(), &file)
}

/// Says on stderr how long a token is valid.
pub fn token_life(ui: &Ui, seconds: Option<u64>) -> io::Result<()> {
    let text = match seconds {
        None => "the API does not say how long the token is valid".to_owned(),
        Some(seconds) if seconds < 120 => format!("the token expires in {seconds} s"),
        Some(seconds) => format!("the token expires in {} min", seconds / 60),
    };
    print_note(ui, &text)
}
