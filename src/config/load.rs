//! Which files there are, and their text. The only place that reads files.
//!
//! Refuses what is not a regular file of UTF-8 text within the limits, and whatever an `include`
//! would reach outside the directory of the file that holds it.

use super::code::Code;
use super::confine::{self, upward, within};
use super::events::{self, Defect};
use super::shape::{self, Shaped};
use super::source::{Findings, Place, Source};
use super::visible::title;
use super::{LoadOptions, limits};
use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What standard input is called, as an argument and in findings.
const STDIN: &str = "-";

/// One file that was read.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) path: PathBuf,
    pub(crate) source: Source,
    pub(crate) shaped: Shaped,
    /// Named by an `include`, and not on the command line.
    pub(crate) included: bool,
}

impl Parsed {
    /// The directory that its relative paths start from.
    pub(crate) fn directory(&self) -> PathBuf {
        let parent = self
            .path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        parent.map_or_else(|| PathBuf::from("."), Path::to_owned)
    }
}

/// Reads everything that the inputs name.
pub(crate) fn files(
    inputs: &[PathBuf],
    options: &LoadOptions,
    findings: &mut Findings,
) -> Vec<Parsed> {
    let mut loader = Loader {
        findings,
        files: Vec::new(),
        seen: HashSet::new(),
    };
    for input in inputs {
        loader.input(input, options);
    }
    loader.files
}

struct Loader<'f> {
    findings: &'f mut Findings,
    files: Vec<Parsed>,
    /// By the place a path really is at: a file named twice is read once.
    seen: HashSet<PathBuf>,
}

impl Loader<'_> {
    fn input(&mut self, input: &Path, options: &LoadOptions) {
        if input == Path::new(STDIN) {
            let bytes = options.stdin.clone().unwrap_or_default();
            return self.text(input, "<stdin>".into(), bytes, false);
        }
        if !input.is_dir() {
            return self.file(input, false);
        }
        let project = input.join("airlift.yaml");
        if project.is_file() {
            return self.file(&project, false);
        }
        let found = yaml_files(input);
        if found.is_empty() {
            let message = "the directory holds no airlift.yaml and no other .yaml file";
            self.findings.file(&display(input), Code::NoFiles, message);
        }
        for path in &found {
            self.file(path, false);
        }
    }

    fn file(&mut self, path: &Path, included: bool) {
        let name = display(path);
        let Ok(real) = path.canonicalize() else {
            self.findings
                .file(&name, Code::FileNotFound, "the file does not exist");
            return;
        };
        if !self.seen.insert(real) {
            return;
        }
        match read(path) {
            Ok(bytes) => self.text(path, name, bytes, included),
            Err(reason) => self.findings.file(&name, Code::FileUnreadable, reason),
        }
    }

    fn text(&mut self, path: &Path, name: String, bytes: Vec<u8>, included: bool) {
        if bytes.len() as u64 > limits::BYTES {
            let message = "the file is larger than 8 MiB";
            return self.findings.file(&name, Code::FileTooLarge, message);
        }
        let Some(text) = self.utf8(&name, bytes) else {
            return;
        };
        let mut parsed = Parsed {
            path: path.to_owned(),
            source: Source::new(name, text),
            shaped: Shaped::default(),
            included,
        };
        if self.guard(&mut parsed.source) {
            parsed.shaped = shape::shape(&parsed.source, self.findings);
        }
        let include = if included {
            None
        } else {
            parsed.shaped.file.include.clone()
        };
        let position = self.files.len();
        self.files.push(parsed);
        for (index, pattern) in include.iter().flatten().enumerate() {
            self.include(position, index, pattern);
        }
    }

    fn utf8(&mut self, name: &str, mut bytes: Vec<u8>) -> Option<String> {
        // Editors write a byte order mark; `serde_yaml` fails on it, and columns start after it.
        if bytes.starts_with("\u{feff}".as_bytes()) {
            bytes.drain(..3);
        }
        let nul = |text: &String| text.find('\0');
        let (text, at, message) = match String::from_utf8(bytes) {
            Ok(text) => match nul(&text) {
                None => return Some(text),
                Some(at) => (text, at, "the file holds a NUL: it is not text"),
            },
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                (
                    text,
                    at,
                    "the file is not UTF-8 text: a byte here is no part of it",
                )
            }
        };
        let source = Source::new(name.to_owned(), text);
        let span = source.character(at);
        self.findings
            .span(&source, span, Code::NotText, message, None);
        None
    }

    /// The checks that come before any reading; whether the text may be read further.
    fn guard(&mut self, source: &mut Source) -> bool {
        if let Some(at) = unprintable(&source.text) {
            let message = "a character here cannot be seen, or readers disagree about it";
            let span = source.character(at);
            self.findings
                .span(source, span, Code::UnprintableCharacter, message, None);
            return false;
        }
        let pass = events::scan(&source.text);
        source.tree = pass.tree;
        let sound = pass.defects.is_empty();
        for defect in pass.defects {
            let Defect {
                code,
                span,
                message,
                path,
            } = defect;
            self.findings.span(source, span, code, message, path);
        }
        sound
    }

    fn include(&mut self, position: usize, index: usize, pattern: &str) {
        let Some(parsed) = self.files.get(position) else {
            return;
        };
        let directory = parsed.directory();
        let matches = matching(&directory, pattern);
        let place = parsed.source.root().key("include").index(index);
        let paths = match matches {
            Ok(paths) => paths,
            Err((code, message)) => return self.findings.at(place, code, message, None),
        };
        let kept = kept(paths, &directory, place, self.findings);
        for path in &kept {
            self.file(path, true);
        }
    }
}

/// The files that a pattern matches, sorted.
fn matching(directory: &Path, pattern: &str) -> Result<Vec<PathBuf>, (Code, String)> {
    let path = Path::new(pattern);
    if path.is_absolute() || upward(path) {
        let message = format!(
            "include {} does not stay below the directory of the file that holds it",
            title(pattern)
        );
        return Err((Code::IncludeOutside, message));
    }
    let below = if directory == Path::new(".") {
        pattern.to_owned()
    } else {
        format!(
            "{}/{pattern}",
            glob::Pattern::escape(&directory.to_string_lossy())
        )
    };
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        // Editors and volume mounts leave hidden copies beside the files that are meant.
        require_literal_leading_dot: true,
    };
    let found = glob::glob_with(&below, options).map_err(|error| {
        let message = format!("pattern {} is not possible: {}", title(pattern), error.msg);
        (Code::InvalidPattern, message)
    })?;
    let mut paths: Vec<PathBuf> = found.flatten().filter(|path| !path.is_dir()).collect();
    paths.sort();
    if paths.is_empty() {
        let message = format!("no file matches include {}", title(pattern));
        return Err((Code::IncludeNoMatch, message));
    }
    Ok(paths)
}

/// The matches that stay inside the project.
fn kept(
    paths: Vec<PathBuf>,
    directory: &Path,
    place: Place<'_>,
    findings: &mut Findings,
) -> Vec<PathBuf> {
    let mut kept = Vec::new();
    for path in paths {
        match within(&path, directory) {
            Ok(()) => kept.push(path),
            Err(escape) => {
                let code = match escape {
                    confine::Escape::NotAFile => Code::FileUnreadable,
                    _ => Code::IncludeOutside,
                };
                let message = format!("an included file cannot be used: {}", escape.reason());
                findings.at(
                    place,
                    code,
                    message,
                    Some(format!("it is {}", display(&path))),
                );
            }
        }
    }
    kept
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

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let broken = |error: std::io::Error| format!("the file cannot be read: {}", error.kind());
    let found = path.metadata().map_err(broken)?;
    // Shells pass `<(command)` as a pipe below /dev; any other pipe may never end.
    let from_shell = path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd");
    if !found.is_file() && !from_shell {
        return Err("it is not a regular file".into());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(broken)?;
    file.take(limits::BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(broken)?;
    Ok(bytes)
}

/// The first control character, or line separator that YAML 1.1 and 1.2 read differently: the
/// two readers of a file must not see different lines.
pub(super) fn unprintable(text: &str) -> Option<usize> {
    let odd = |c: char| match c {
        '\t' | '\n' | '\r' => false,
        '\u{2028}' | '\u{2029}' | '\u{feff}' => true,
        other => other.is_control(),
    };
    text.find(odd)
}

fn display(path: &Path) -> String {
    let shown = path.display().to_string();
    let safe = shown.chars().flat_map(|c| {
        let escaped = c.is_control().then(|| c.escape_debug());
        escaped
            .into_iter()
            .flatten()
            .chain((!c.is_control()).then_some(c))
    });
    safe.collect()
}
