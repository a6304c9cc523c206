//! Responsible for what a disk has after the machine loses its power: only what was synced, and what the
//! system happened to write on its own. Replays the calls of a run that strace logged.

use crate::support::files::{copy, files};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// The calls that change files or make them durable, for strace.
pub(crate) const CALLS: &str =
    "trace=openat,write,ftruncate,renameat,renameat2,unlinkat,fsync,fdatasync,syncfs";

/// What of the unsynced changes is on the disk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unsynced {
    /// Nothing.
    Lost,
    /// New names, without the content of their files.
    Names,
    /// New names, with half of the content that is not synced.
    Torn,
}

/// The content of a file.
#[derive(Clone, Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    synced: Vec<u8>,
}

impl Content {
    fn after_power_loss(&self, unsynced: Unsynced) -> &[u8] {
        let rest = self.bytes.len().saturating_sub(self.synced.len());
        match unsynced {
            Unsynced::Torn if self.bytes.starts_with(&self.synced) => {
                &self.bytes[..self.synced.len() + rest / 2]
            }
            _ => &self.synced,
        }
    }
}

/// The files below a directory.
pub(crate) struct SyncedDisk {
    below: PathBuf,
    contents: Vec<Content>,
    /// The content of each file, by its name as programs see it.
    names: BTreeMap<PathBuf, usize>,
    /// The names that are durable.
    synced_names: BTreeMap<PathBuf, usize>,
}

impl SyncedDisk {
    /// Starts with the files of a directory, all of them durable.
    pub(crate) fn new(below: &Path) -> Self {
        let mut disk = Self {
            below: below.to_owned(),
            contents: Vec::new(),
            names: BTreeMap::new(),
            synced_names: BTreeMap::new(),
        };
        for path in files(below, &|_| true) {
            let bytes = std::fs::read(&path).unwrap();
            let synced = bytes.clone();
            disk.names.insert(path, disk.contents.len());
            disk.contents.push(Content { bytes, synced });
        }
        disk.synced_names = disk.names.clone();
        disk
    }

    /// Applies the calls of a log.
    pub(crate) fn replay(&mut self, log: &str) {
        let mut unfinished: HashMap<&str, &str> = HashMap::new();
        for line in log.lines() {
            let (process, call) = line.split_once(' ').unwrap();
            let call = call.trim_start();
            if let Some(start) = call.strip_suffix(" <unfinished ...>") {
                unfinished.insert(process, start);
            } else if let Some(end) = call.strip_prefix("<... ") {
                let (_, end) = end.split_once(" resumed>").unwrap();
                let start = unfinished.remove(process).unwrap();
                self.apply(&format!("{start}{end}"));
            } else {
                self.apply(call);
            }
        }
    }

    /// Applies a call that succeeded.
    fn apply(&mut self, call: &str) {
        let Some((call, result)) = call.rsplit_once(") ") else {
            return;
        };
        let result = result.trim_start().trim_start_matches("= ");
        if !result.starts_with(|first: char| first.is_ascii_digit()) {
            return;
        }
        let (name, arguments) = call.split_once('(').unwrap();
        let arguments: Vec<&str> = arguments.split(", ").collect();
        match name {
            "openat" => self.open(&opened(result), &arguments),
            "write" => self.write(&opened(arguments[0]), &quoted(arguments[1])),
            "ftruncate" => self.truncate(&opened(arguments[0])),
            "fsync" | "fdatasync" => self.sync(&opened(arguments[0])),
            "syncfs" => self.sync_all(),
            "renameat" | "renameat2" => {
                let path = |at: usize| opened(arguments[at]).join(text(arguments[at + 1]));
                self.rename(&path(0), path(2));
            }
            "unlinkat" => {
                let path = opened(arguments[0]).join(text(arguments[1]));
                self.names.remove(&path);
            }
            other => panic!("{other} is not expected"),
        }
    }

    fn open(&mut self, path: &Path, arguments: &[&str]) {
        let creates = arguments[2].contains("O_CREAT");
        assert!(!arguments[2].contains("O_TRUNC") || !path.starts_with(&self.below));
        if creates && path.starts_with(&self.below) && !self.names.contains_key(path) {
            self.names.insert(path.to_owned(), self.contents.len());
            self.contents.push(Content::default());
        }
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) {
        if let Some(content) = self.names.get(path) {
            self.contents[*content].bytes.extend(bytes);
        }
    }

    fn truncate(&mut self, path: &Path) {
        if let Some(content) = self.names.get(path) {
            self.contents[*content].bytes.clear();
        }
    }

    fn sync(&mut self, path: &Path) {
        if let Some(content) = self.names.get(path) {
            let content = &mut self.contents[*content];
            content.synced.clone_from(&content.bytes);
        } else {
            self.synced_names
                .retain(|name, _| name.parent() != Some(path));
            let is_in = |(name, _): &(&PathBuf, &usize)| name.parent() == Some(path);
            let names = self.names.iter().filter(is_in);
            self.synced_names
                .extend(names.map(|(name, content)| (name.clone(), *content)));
        }
    }

    fn sync_all(&mut self) {
        for content in &mut self.contents {
            content.synced.clone_from(&content.bytes);
        }
        self.synced_names = self.names.clone();
    }

    fn rename(&mut self, from: &Path, to: PathBuf) {
        if let Some(content) = self.names.remove(from) {
            self.names.insert(to, content);
        }
    }

    /// Replaces the files of a directory by those that the disk has after a power loss.
    pub(crate) fn restore(&self, unsynced: Unsynced) {
        let names = match unsynced {
            Unsynced::Lost => &self.synced_names,
            Unsynced::Names | Unsynced::Torn => &self.names,
        };
        for path in files(&self.below, &|_| true) {
            std::fs::remove_file(path).unwrap();
        }
        for (path, content) in names {
            let content = self.contents[*content].after_power_loss(unsynced);
            std::fs::write(path, content).unwrap();
        }
    }
}

/// The path of a descriptor, as in `3<\x2f\x74>`.
fn opened(argument: &str) -> PathBuf {
    let Some((_, path)) = argument.split_once('<') else {
        return PathBuf::new();
    };
    let path = path.split_once('>').map_or(path, |(path, _)| path);
    PathBuf::from(String::from_utf8(decoded(path)).unwrap())
}

fn text(argument: &str) -> String {
    String::from_utf8(quoted(argument)).unwrap()
}

fn quoted(argument: &str) -> Vec<u8> {
    let inner = argument.trim_matches('"');
    assert!(!argument.ends_with("..."), "strace cut a string");
    decoded(inner)
}

/// The bytes of `\x2f\x74`.
fn decoded(hexadecimal: &str) -> Vec<u8> {
    let bytes = hexadecimal.split("\\x").skip(1);
    bytes
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

/// The form of a text in the log of strace.
fn hex(text: &str) -> String {
    let bytes: Vec<String> = text.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
    bytes.concat()
}

#[test]
fn disk_has_only_synced_bytes_after_power_loss() {
    let dir = tempfile::tempdir().unwrap();
    let below = dir.path().join("ledger");
    std::fs::create_dir(&below).unwrap();
    std::fs::write(below.join("old"), "old").unwrap();
    let path = |name: &str| hex(below.join(name).to_str().unwrap());
    let (dir_fd, new) = (format!("4<{}>", hex(below.to_str().unwrap())), path("new"));
    let lines = [
        format!(
            "1 openat({dir_fd}, \"{}\", O_RDWR|O_CREAT|O_EXCL, 0600) = 3<{new}>",
            hex("new")
        ),
        format!("1 write(3<{new}>, \"{}\", 6) = 6", hex("synced")),
        format!("1 fdatasync(3<{new}> <unfinished ...>"),
        "2 write(5<pipe:[1]>, \"\\x01\", 1) = 1".to_owned(),
        "1 <... fdatasync resumed>)          = 0".to_owned(),
        format!("1 write(3<{new}>, \"{}\", 4) = 4", hex("lost")),
        format!(
            "1 renameat({dir_fd}, \"{}\", {dir_fd}, \"{}\") = 0",
            hex("new"),
            hex("old")
        ),
        format!("1 fsync({dir_fd})               = ?"),
    ];
    let after = |unsynced: Unsynced, lines: &[String]| {
        let copied = tempfile::tempdir().unwrap();
        copy(&below, copied.path());
        let mut disk = SyncedDisk::new(&below);
        disk.replay(&lines.join("\n"));
        disk.restore(unsynced);
        let content = std::fs::read_to_string(below.join("old"));
        let result = (content.unwrap(), files(&below, &|_| true).len());
        copy(copied.path(), &below);
        result
    };
    let expected = [
        (Unsynced::Lost, "old"),
        (Unsynced::Names, "synced"),
        (Unsynced::Torn, "syncedlo"),
    ];
    for (unsynced, content) in expected {
        assert_eq!(after(unsynced, &lines), (content.to_owned(), 1));
    }
    let mut synced = lines.to_vec();
    synced.push(format!("1 fsync({dir_fd}) = 0"));
    assert_eq!(after(Unsynced::Lost, &synced), ("synced".to_owned(), 1));
    synced.push(format!("1 syncfs({dir_fd}) = 0"));
    assert_eq!(after(Unsynced::Lost, &synced), ("syncedlost".to_owned(), 1));
}
