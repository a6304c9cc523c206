//! Responsible for the world on disk: a JSON snapshot, and next to it a journal of later changes.
//!
//! The store replaces the snapshot atomically (temporary file, then rename). It appends each change to the journal
//! before the response is sent, so that a request does not rewrite a large world. Opening and closing the store
//! write the journal's changes into the snapshot. Neither file contains credentials or tokens. A file that cannot
//! be read is an error, and the store does not change it.

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
/// The number of lines after which a running sandbox compacts its journal, so that the journal stays bounded.
const JOURNAL_LINES: usize = 200_000;
/// The longest wait for another process to release the file. A sandbox that stops needs less.
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
    /// How often this world was opened. Ids with a seed depend on the number.
    openings: u64,
    objects: Vec<WorldChange>,
}

impl WorldStore {
    /// Opens the world at `path`, or creates one. Also returns how often the world was opened before.
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
            // A user who removes the snapshot wants an empty world, not the changes of the old one.
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
        store.write_snapshot(&mut store.journal(), world.as_changes(), openings + 1)?;
        Ok((store, world, openings))
    }

    /// Appends changes. `take` locks the world only while it removes them.
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

    /// Whether the journal is long enough to compact.
    pub(crate) fn is_due(&self) -> bool {
        self.journal().lines > JOURNAL_LINES
    }

    /// Writes the snapshot and empties the journal. `openings` is the number that `open` returned.
    ///
    /// Locks the journal before the world, as `append` does. A different order could deadlock.
    pub(crate) fn compact(
        &self,
        objects: impl FnOnce() -> Vec<WorldChange>,
        openings: u64,
    ) -> Result<(), SandboxError> {
        let mut journal = self.journal();
        self.write_snapshot(&mut journal, objects(), openings + 1)
    }

    /// Releases the files for another sandbox, although open connections may keep this store alive.
    pub(crate) fn release(&self) -> Result<(), SandboxError> {
        self.journal()
            .file
            .unlock()
            .map_err(|e| SandboxError::state(&self.path, e))
    }

    fn write_snapshot(
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
        // Replaying old lines over a newer snapshot changes nothing, so a kill between the two steps loses nothing.
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

/// Locks the world, because two sandboxes with one world would overwrite each other's changes.
fn lock(file: &File, path: &Path) -> Result<(), SandboxError> {
    let start = Instant::now();
    while let Err(error) = file.try_lock() {
        match error {
            std::fs::TryLockError::WouldBlock if start.elapsed() < LOCK_TIMEOUT => {
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
            actual: snapshot.organization_id,
        });
    }
    let mut world = World::default();
    snapshot
        .objects
        .into_iter()
        .for_each(|change| world.apply(change));
    Ok((world, snapshot.openings))
}

/// Applies the journal. An incomplete last line belongs to a request without a response and is ignored.
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

/// The position of a syntax error. Serde's own message may contain values.
fn position(error: &serde_json::Error) -> String {
    format!(
        "invalid content at line {} column {}",
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
    fn open_after_kill_replays_journal_and_ignores_incomplete_line() {
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
    fn open_with_invalid_snapshot_fails_and_does_not_change_it() {
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
    fn open_while_another_sandbox_runs_fails() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("world.json");
        let _running = WorldStore::open(&path, Uuid::nil(), Timestamp::from_micros(0)).unwrap();
        assert!(matches!(
            WorldStore::open(&path, Uuid::nil(), Timestamp::from_micros(0)),
            Err(SandboxError::StateBusy { .. })
        ));
    }

    #[test]
    fn open_with_other_organization_fails() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("world.json");
        drop(WorldStore::open(&path, Uuid::nil(), Timestamp::from_micros(0)).unwrap());
        assert!(matches!(
            WorldStore::open(&path, Uuid::max(), Timestamp::from_micros(0)),
            Err(SandboxError::OtherOrganization { .. })
        ));
    }
}
