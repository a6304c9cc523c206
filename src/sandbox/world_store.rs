//! Responsible for the world on disk: a snapshot in JSON, and a journal of the changes since beside it.
//!
//! The snapshot is replaced as a whole (written to a temporary file, then renamed). A change is one appended line,
//! so that a large world is not rewritten for every request, and the line is in the file before the response is
//! sent. Opening and closing fold the journal into the snapshot. Neither file ever holds a credential or a token.
//! A file that cannot be read is reported and left as it is.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::SandboxError;
use super::timestamp::Timestamp;
use super::world::{World, WorldChange};

const FORMAT: &str = "airlift-sandbox-world";
const VERSION: u32 = 1;
/// The number of lines after which a running sandbox folds its journal, so that the journal stays bounded.
const JOURNAL_LINES: usize = 200_000;
/// How long to wait for another process to release the same file.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// The files of one world.
#[derive(Debug)]
pub(crate) struct WorldStore {
    path: PathBuf,
    organization_id: Uuid,
    journal: Mutex<WorldJournal>,
}

#[derive(Debug)]
struct WorldJournal {
    file: File,
    lines: usize,
}

#[derive(Serialize, Deserialize)]
struct WorldFile {
    format: String,
    version: u32,
    organization_id: Uuid,
    /// How often this world was opened: part of what seeded ids are made from.
    openings: u64,
    objects: Vec<WorldChange>,
}

impl WorldStore {
    /// Opens the world at `path`, or begins one. The number is how often it was opened before.
    pub(crate) fn open(
        path: &Path,
        organization_id: Uuid,
        now: Timestamp,
    ) -> Result<(Self, World, u64), SandboxError> {
        if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
            std::fs::create_dir_all(directory).map_err(|e| SandboxError::state(path, e))?;
        }
        let mut file =
            open_journal(&journal_path(path)).map_err(|e| SandboxError::state(path, e))?;
        lock(&file, path)?;
        if !path.exists() {
            // A user who removes the snapshot wants a new world, not the rest of the old one.
            file.set_len(0).map_err(|e| SandboxError::state(path, e))?;
        }
        let (mut world, openings) = read_snapshot(path, organization_id, now)?;
        replay(&mut file, path, &mut world)?;
        let _already_persisted = world.take_changes();
        let journal = Mutex::new(WorldJournal { file, lines: 0 });
        let store = Self {
            path: path.to_owned(),
            organization_id,
            journal,
        };
        store.fold(&mut store.journal(), world.as_changes(), openings + 1)?;
        Ok((store, world, openings))
    }

    /// Appends changes. The caller's closure locks the world only while it takes them.
    pub(crate) fn append(
        &self,
        take: impl FnOnce() -> Vec<WorldChange>,
    ) -> Result<(), SandboxError> {
        let mut journal = self.journal();
        let changes = take();
        if changes.is_empty() {
            return Ok(());
        }
        let mut text = Vec::new();
        for change in &changes {
            serde_json::to_writer(&mut text, change)
                .map_err(|e| SandboxError::state(&self.path, e.into()))?;
            text.push(b'\n');
        }
        journal.lines += changes.len();
        journal
            .file
            .write_all(&text)
            .map_err(|e| SandboxError::state(&self.path, e))
    }

    /// Whether the journal has grown so long that it should be folded.
    pub(crate) fn is_due(&self) -> bool {
        self.journal().lines > JOURNAL_LINES
    }

    /// Writes the snapshot and empties the journal. `openings` is the number that `open` gave.
    ///
    /// The journal is locked before the world, as in `append`. The other order could deadlock.
    pub(crate) fn compact(
        &self,
        objects: impl FnOnce() -> Vec<WorldChange>,
        openings: u64,
    ) -> Result<(), SandboxError> {
        let mut journal = self.journal();
        self.fold(&mut journal, objects(), openings + 1)
    }

    /// Lets another sandbox have the files, even while an open connection still holds this one.
    pub(crate) fn release(&self) -> Result<(), SandboxError> {
        self.journal()
            .file
            .unlock()
            .map_err(|e| SandboxError::state(&self.path, e))
    }

    fn fold(
        &self,
        journal: &mut WorldJournal,
        objects: Vec<WorldChange>,
        openings: u64,
    ) -> Result<(), SandboxError> {
        let snapshot = WorldFile {
            format: FORMAT.into(),
            version: VERSION,
            organization_id: self.organization_id,
            openings,
            objects,
        };
        replace(&self.path, &snapshot).map_err(|e| SandboxError::state(&self.path, e))?;
        // Replaying old lines over a newer snapshot changes nothing, so a kill between these two steps is harmless.
        journal.lines = 0;
        journal
            .file
            .set_len(0)
            .map_err(|e| SandboxError::state(&self.path, e))
    }

    fn journal(&self) -> MutexGuard<'_, WorldJournal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn journal_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".journal");
    PathBuf::from(name)
}

fn open_journal(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Locks the world, because two sandboxes on one world would lose each other's changes.
fn lock(file: &File, path: &Path) -> Result<(), SandboxError> {
    let begun = Instant::now();
    while let Err(error) = file.try_lock() {
        match error {
            std::fs::TryLockError::WouldBlock if begun.elapsed() < LOCK_TIMEOUT => {
                std::thread::sleep(Duration::from_millis(20));
            }
            std::fs::TryLockError::WouldBlock => {
                return Err(SandboxError::StateBusy {
                    path: path.to_owned(),
                });
            }
            std::fs::TryLockError::Error(error) => return Err(SandboxError::state(path, error)),
        }
    }
    Ok(())
}

fn read_snapshot(
    path: &Path,
    organization_id: Uuid,
    now: Timestamp,
) -> Result<(World, u64), SandboxError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok((World::with_default_workspace(organization_id, now), 0));
        }
        Err(error) => return Err(SandboxError::state(path, error)),
    };
    let corrupt = |reason: String| SandboxError::StateCorrupt {
        path: path.to_owned(),
        reason,
    };
    let snapshot: WorldFile = serde_json::from_slice(&bytes).map_err(|e| corrupt(position(&e)))?;
    if snapshot.format != FORMAT || snapshot.version != VERSION {
        return Err(corrupt(format!(
            "it is not a {FORMAT} of version {VERSION}"
        )));
    }
    if snapshot.organization_id != organization_id {
        return Err(SandboxError::OtherOrganization {
            path: path.to_owned(),
            found: snapshot.organization_id,
        });
    }
    let mut world = World::default();
    snapshot
        .objects
        .into_iter()
        .for_each(|change| world.apply(change));
    Ok((world, snapshot.openings))
}

/// Applies the journal. A last line without its end belongs to a request without a response, and is dropped.
fn replay(file: &mut File, path: &Path, world: &mut World) -> Result<(), SandboxError> {
    let mut text = String::new();
    file.rewind()
        .and_then(|()| file.read_to_string(&mut text))
        .map_err(|e| SandboxError::state(path, e))?;
    let complete = text.rfind('\n').map_or("", |end| text.split_at(end).0);
    for (index, line) in complete.lines().enumerate() {
        let change = serde_json::from_str(line).map_err(|e| SandboxError::StateCorrupt {
            path: journal_path(path),
            reason: format!("line {}: {}", index + 1, position(&e)),
        })?;
        world.apply(change);
    }
    Ok(())
}

/// Where the text is broken. Serde's own message may repeat values.
fn position(error: &serde_json::Error) -> String {
    format!(
        "not a world at line {} column {}",
        error.line(),
        error.column()
    )
}

fn replace(path: &Path, snapshot: &WorldFile) -> std::io::Result<()> {
    let directory = path
        .parent()
        .filter(|d| !d.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(directory)?;
    let mut writer = std::io::BufWriter::new(temporary.as_file_mut());
    serde_json::to_writer(&mut writer, snapshot)?;
    writer.write_all(b"\n")?;
    writer.flush()?;
    drop(writer);
    temporary.persist(path).map(drop).map_err(|e| e.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_appended_is_there_after_a_kill() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/world.json");
        let (store, mut world, openings) =
            WorldStore::open(&path, Uuid::nil(), Timestamp::from_micros(0)).unwrap();
        assert_eq!(openings, 0);
        let mut workspace = world.workspace_named("default").unwrap().clone();
        workspace.active = false;
        world.put_workspace(workspace);
        store.append(|| world.take_changes()).unwrap();
        drop(store);
        let mut journal = OpenOptions::new()
            .append(true)
            .open(journal_path(&path))
            .unwrap();
        journal.write_all(b"{\"workspace\":{\"id\":").unwrap();
        let (_store, world, openings) =
            WorldStore::open(&path, Uuid::nil(), Timestamp::from_micros(0)).unwrap();
        assert_eq!(openings, 1);
        assert!(!world.workspace_named("default").unwrap().active);
    }

    #[test]
    fn a_broken_file_is_reported_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("world.json");
        std::fs::write(&path, "{\"format\": \"something\"").unwrap();
        let error = WorldStore::open(&path, Uuid::nil(), Timestamp::from_micros(0))
            .map(drop)
            .unwrap_err();
        assert!(
            matches!(error, SandboxError::StateCorrupt { .. }),
            "{error}"
        );
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "{\"format\": \"something\""
        );
    }

    #[test]
    fn another_organization_or_a_second_sandbox_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("world.json");
        let (store, _, _) =
            WorldStore::open(&path, Uuid::nil(), Timestamp::from_micros(0)).unwrap();
        assert!(matches!(
            WorldStore::open(&path, Uuid::nil(), Timestamp::from_micros(0)),
            Err(SandboxError::StateBusy { .. })
        ));
        drop(store);
        assert!(matches!(
            WorldStore::open(&path, Uuid::max(), Timestamp::from_micros(0)),
            Err(SandboxError::OtherOrganization { .. })
        ));
    }
}
