//! Responsible for reading the text of files.
//!
//! Accepts regular files of UTF-8 text up to the size limit. Refuses pipes, devices and
//! directories.

use super::LoadOptions;
use super::code::Code;
use super::confine::{Escape, within};
use super::encoding::other_encoding;
use super::findings::Findings;
use super::limits;
use super::source::Source;
use super::unread;
use crate::files::{self, FileErrorKind};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The argument that names standard input.
const STDIN: &str = "-";

/// The file that `-f DIRECTORY` reads in place of all others.
pub(super) const PROJECT_FILE: &str = "airlift.yaml";

/// One input of a run: standard input, or a file.
#[derive(Debug)]
pub(super) enum Input {
    Stdin,
    /// A file that the user names.
    File(PathBuf),
    /// A file of a directory that the user names.
    Member(PathBuf),
    /// A directory without any configuration file.
    EmptyDirectory(PathBuf),
    /// A file of a directory that must not be read.
    Refused(PathBuf, Escape),
}

impl Input {
    /// The inputs that an argument names: itself, or the files of a directory.
    pub(super) fn expand(argument: &Path) -> Vec<Self> {
        if argument == Path::new(STDIN) {
            return vec![Self::Stdin];
        }
        if !argument.is_dir() {
            return vec![Self::File(argument.to_owned())];
        }
        let project = argument.join(PROJECT_FILE);
        if project.is_file() {
            return vec![Self::member(project, argument)];
        }
        let files = yaml_files(argument);
        if files.is_empty() {
            return vec![Self::EmptyDirectory(argument.to_owned())];
        }
        files
            .into_iter()
            .map(|path| Self::member(path, argument))
            .collect()
    }

    /// A file of a directory. A link to a file outside the directory is refused, because the link may
    /// lead to files that the author of a commit must not choose for a run.
    pub(super) fn member(path: PathBuf, directory: &Path) -> Self {
        match within(&path, directory) {
            Ok(()) => Self::Member(path),
            Err(escape) => Self::Refused(path, escape),
        }
    }

    /// The path. Its directory is the base of relative paths.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Stdin => Path::new(STDIN),
            Self::File(path)
            | Self::Member(path)
            | Self::EmptyDirectory(path)
            | Self::Refused(path, _) => path,
        }
    }

    /// The canonical path of a file, so that a file named twice is read once.
    pub(super) fn canonical_path(&self) -> Option<PathBuf> {
        match self {
            Self::Stdin | Self::EmptyDirectory(_) | Self::Refused(..) => None,
            Self::File(path) | Self::Member(path) => path.canonicalize().ok(),
        }
    }
}

/// What to do in a directory without a project.
const NO_PROJECT: &str =
    "name the project with `-f`, run airlift in its directory, or write one with `airlift init`";

/// The `.yaml` files directly in a directory, sorted, without hidden files.
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

/// Reads the text of an input.
pub(super) fn source(
    input: &Input,
    options: &LoadOptions,
    findings: &mut Findings,
) -> Option<Source> {
    let (name, bytes) = match input {
        Input::Stdin => {
            let bytes = options.stdin.clone().unwrap_or_default();
            ("<stdin>".to_owned(), Ok(bytes))
        }
        Input::File(path) | Input::Member(path) => (display(path), bytes(path, options)),
        Input::Refused(path, escape) => {
            let message = format!("the file is not read: {}", escape.reason());
            findings.file(&display(path), escape.code_of_file(), message, None);
            return None;
        }
        Input::EmptyDirectory(path) => {
            let message = "the directory contains no airlift.yaml and no other .yaml file";
            let help = unread::files(path, |_| false)
                .iter()
                .filter(|other| other.extension().is_some_and(|end| end != "json"))
                .find(|other| other.parent() == Some(path))
                .map(|other| format!("rename {} so that it ends with `.yaml`", display(other)))
                .or_else(|| Some(NO_PROJECT.to_owned()));
            findings.file(&display(path), Code::NoFiles, message, help);
            return None;
        }
    };
    match bytes {
        Ok(bytes) => text(&name, bytes, findings),
        Err((code, reason)) => {
            findings.file(&name, code, reason, None);
            None
        }
    }
}

fn text(name: &str, mut bytes: Vec<u8>, findings: &mut Findings) -> Option<Source> {
    if bytes.len() as u64 > limits::BYTES {
        let message = "the file is larger than 64 MiB";
        findings.file(name, Code::FileTooLarge, message, None);
        return None;
    }
    // Editors write a byte order mark; columns start after it.
    if bytes.starts_with("\u{feff}".as_bytes()) {
        bytes.drain(..3);
    }
    let encoding = other_encoding(&bytes);
    let (text, at) = match String::from_utf8(bytes) {
        Ok(text) if encoding.is_none() => return Some(Source::new(name.to_owned(), text)),
        Ok(text) => (text, 0),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            (String::from_utf8_lossy(error.as_bytes()).into_owned(), at)
        }
    };
    let (at, message) = match encoding {
        Some(encoding) => (0, format!("the file is {encoding} text: save it as UTF-8")),
        None => (
            at,
            "the file is not UTF-8 text: this byte is invalid".to_owned(),
        ),
    };
    let source = Source::new(name.to_owned(), text);
    let span = source.character(at);
    findings.span(&source, span, Code::NotText, message);
    None
}

fn bytes(path: &Path, options: &LoadOptions) -> Result<Vec<u8>, (Code, String)> {
    let refused = |reason: String| (Code::FileUnreadable, reason);
    let unreadable =
        |error: std::io::Error| refused(format!("the file cannot be read: {}", error.kind()));
    // Shells pass `<(command)` as a pipe below /dev. Any other pipe may block forever.
    let is_from_shell = path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd");
    let file = if is_from_shell {
        File::open(path).map_err(unreadable)?
    } else {
        let canonical = path.canonicalize().map_err(unreadable)?;
        let directory = canonical.parent().unwrap_or(&canonical);
        let name = canonical.file_name().unwrap_or_default();
        files::open_read(directory, Path::new(name))
            .map_err(|error| match error.kind {
                FileErrorKind::Io(error) => unreadable(error),
                refusal => refused(format!("the path {refusal}")),
            })?
            .ok_or_else(|| unreadable(ErrorKind::NotFound.into()))?
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if !is_from_shell {
        let checked = options.secret_access.check_configuration(path, &metadata);
        checked.map_err(|error| (Code::ProtectedFile, error.to_string()))?;
    }
    // A buffer that grows takes up to twice the size of the file.
    let size = metadata.len();
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(limits::BYTES)).unwrap_or(0) + 1);
    file.take(limits::BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

/// Whether a character is a control character or a Unicode line separator. YAML 1.1 and 1.2 treat the separators
/// differently, so that another reader could see other lines.
pub(super) fn is_unprintable(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => false,
        '\u{2028}' | '\u{2029}' | '\u{feff}' => true,
        other => other.is_control(),
    }
}

/// A path for messages, with control characters escaped.
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
