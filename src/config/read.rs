//! Responsible for reading files: regular files of UTF-8 text within the limits, and nothing else.

use super::LoadOptions;
use super::code::Code;
use super::findings::Findings;
use super::limits;
use super::source::Source;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What standard input is called, as an argument.
const STDIN: &str = "-";

/// A file that the command line names.
#[derive(Debug)]
pub(super) enum Named {
    Stdin,
    File(PathBuf),
    /// A directory that holds no file to read.
    Nothing(PathBuf),
}

impl Named {
    /// What an input names: itself, or the files of a directory.
    pub(super) fn by_input(input: &Path) -> Vec<Self> {
        if input == Path::new(STDIN) {
            return vec![Self::Stdin];
        }
        if !input.is_dir() {
            return vec![Self::File(input.to_owned())];
        }
        let project = input.join("airlift.yaml");
        if project.is_file() {
            return vec![Self::File(project)];
        }
        let files = yaml_files(input);
        if files.is_empty() {
            return vec![Self::Nothing(input.to_owned())];
        }
        files.into_iter().map(Self::File).collect()
    }

    /// Its path, which the directory for relative paths follows from.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Stdin => Path::new(STDIN),
            Self::File(path) | Self::Nothing(path) => path,
        }
    }

    /// The place where a file really is, so that a file named twice is read once.
    pub(super) fn real_path(&self) -> Option<PathBuf> {
        match self {
            Self::Stdin | Self::Nothing(_) => None,
            Self::File(path) => path.canonicalize().ok(),
        }
    }
}

/// A directory's own `.yaml` files, sorted and without hidden ones.
fn yaml_files(directory: &Path) -> Vec<PathBuf> {
    let entries = directory.read_dir().into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| {
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        !hidden && path.extension().is_some_and(|end| end == "yaml") && path.is_file()
    });
    paths.sort();
    paths
}

/// Reads the text of a named file.
pub(super) fn source(
    named: &Named,
    options: &LoadOptions,
    findings: &mut Findings,
) -> Option<Source> {
    let (name, bytes) = match named {
        Named::Stdin => {
            let bytes = options.stdin.clone().unwrap_or_default();
            ("<stdin>".to_owned(), Ok(bytes))
        }
        Named::File(path) => (display(path), bytes(path)),
        Named::Nothing(path) => {
            let message = "the directory holds no airlift.yaml and no other .yaml file";
            findings.file(&display(path), Code::NoFiles, message);
            return None;
        }
    };
    match bytes {
        Ok(bytes) => text(&name, bytes, findings),
        Err(reason) => {
            findings.file(&name, Code::FileUnreadable, reason);
            None
        }
    }
}

fn text(name: &str, mut bytes: Vec<u8>, findings: &mut Findings) -> Option<Source> {
    if bytes.len() as u64 > limits::BYTES {
        let message = "the file is larger than 8 MiB";
        findings.file(name, Code::FileTooLarge, message);
        return None;
    }
    // Editors write a byte order mark; columns start after it.
    if bytes.starts_with("\u{feff}".as_bytes()) {
        bytes.drain(..3);
    }
    let (text, at, message) = match String::from_utf8(bytes) {
        Ok(text) => match text.find('\0') {
            None => return Some(Source::new(name.to_owned(), text)),
            Some(at) => (text, at, "the file holds a NUL: it is not text"),
        },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let message = "the file is not UTF-8 text: a byte here is no part of it";
            (text, at, message)
        }
    };
    let source = Source::new(name.to_owned(), text);
    let span = source.character(at);
    findings.span(&source, span, Code::NotText, message);
    None
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("the file cannot be read: {}", error.kind());
    let found = path.metadata().map_err(unreadable)?;
    // Shells pass `<(command)` as a pipe below /dev; any other pipe may never end.
    let from_shell = path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd");
    if !found.is_file() && !from_shell {
        return Err("it is not a regular file".into());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(limits::BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

/// The first control character, or line separator that YAML 1.1 and 1.2 read differently:
/// other readers of the file must not see other lines.
pub(super) fn unprintable(text: &str) -> Option<usize> {
    let odd = |c: char| match c {
        '\t' | '\n' | '\r' => false,
        '\u{2028}' | '\u{2029}' | '\u{feff}' => true,
        other => other.is_control(),
    };
    text.find(odd)
}

/// A path for messages, with nothing in it that a terminal obeys.
pub(super) fn display(path: &Path) -> String {
    let shown = path.display().to_string();
    let mut safe = String::with_capacity(shown.len());
    for character in shown.chars() {
        if character.is_control() {
            safe.extend(character.escape_debug());
        } else {
            safe.push(character);
        }
    }
    safe
}
