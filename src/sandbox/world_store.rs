//! Responsible for the world on disk: a JSON snapshot, and next to it a journal of later changes.
//!
//! The store replaces the snapshot atomically (temporary file, then rename). It appends each change to the journal
//! before the response is sent, so that a request does not rewrite a large world. Opening and closing the store
//! write the journal's changes into the snapshot. Neither file contains credentials or tokens. A file that cannot
//! be read is an error, and the store does not change it.
//!
//! The files can be below a checkout. The store therefore follows no link, opens regular files only, rejects files
//! that other users can write, and reads with a bound.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::SandboxError;
use super::options::StateFile;
use super::timestamp::Timestamp;
use super::world::{World, WorldChange};
use crate::files::{self, Access};

/// The largest snapshot or journal. A world with 100,000 connectors has about 100 MB.
const SIZE_LIMIT: u64 = 128 << 20;
const FORMAT: &str = "airlift-sandbox-world";
const VERSION: u32 = 1;
/// The number of lines after which a running sandbox compacts its journal, so that the journal stays bounded.
const JOURNAL_LINES: usize = 200_000;
/// The longest wait for another process to release the file. A sandbox that stops needs less.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// The files of one world.
#[derive(Debug)]
pub(crate) struct WorldStore {
    state: StateFile,
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
    /// Opens a world, or creates one. Also returns how often the world was opened before.
    pub(crate) fn open(
        state: &StateFile,
        organization_id: Uuid,
        now: Timestamp,
    ) -> Result<(Self, World, u64), SandboxError> {
        let path = state.path();
        // Refuses a link in the place of the snapshot before the journal is created beside it.
        files::open_read(&state.root, &state.relative)?;
        let mut file = open_journal(state)?;
        lock(&file, &path)?;
        let snapshot = files::read_private(&state.root, &state.relative, SIZE_LIMIT)?;
        let (mut world, openings) = if let Some(bytes) = snapshot {
            read_snapshot(&bytes, &path, organization_id)?
        } else {
            // A user who removes the snapshot wants an empty world, not the changes of the old one.
            file.set_len(0).map_err(|e| SandboxError::state(&path, e))?;
            (World::with_default_workspace(organization_id, now), 0)
        };
        replay(&mut file, state, &mut world)?;
        let _already_persisted = world.take_changes();
        let journal = Mutex::new(WorldJournal { file, lines: 0 });
        let store = Self {
            state: state.clone(),
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
            serde_json::to_writer(&mut text, change).map_err(|e| self.io_error(e.into()))?;
            text.push(b'\n');
        }
        journal.lines += changes.len();
        journal.file.write_all(&text).map_err(|e| self.io_error(e))
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
        self.journal().file.unlock().map_err(|e| self.io_error(e))
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
        let mut bytes = serde_json::to_vec(&snapshot).map_err(|e| self.io_error(e.into()))?;
        bytes.push(b'\n');
        let StateFile { root, relative } = &self.state;
        files::replace_atomically(root, relative, &bytes, Access::Private)?;
        // Replaying old lines over a newer snapshot changes nothing, so a kill between the two steps loses nothing.
        journal.lines = 0;
        journal.file.set_len(0).map_err(|e| self.io_error(e))
    }

    fn io_error(&self, error: std::io::Error) -> SandboxError {
        SandboxError::state(&self.state.path(), error)
    }

    fn journal(&self) -> MutexGuard<'_, WorldJournal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the journal, with its directory. The empty file that this creates is also the lock.
fn open_journal(state: &StateFile) -> Result<File, SandboxError> {
    let StateFile { root, relative } = state;
    // The root exists, unless an operator named a new directory.
    if !root.as_os_str().is_empty() {
        std::fs::create_dir_all(root).map_err(|e| SandboxError::state(root, e))?;
    }
    let directory = relative.parent().unwrap_or(Path::new(""));
    files::private_dir(root, directory)?;
    let journal = journal_of(relative);
    let file = files::open_append(root, &journal)?;
    files::check_owner_and_mode(root, &journal, &file, Access::Private)?;
    Ok(file)
}

fn journal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".journal");
    PathBuf::from(name)
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
    bytes: &[u8],
    path: &Path,
    organization_id: Uuid,
) -> Result<(World, u64), SandboxError> {
    let corrupt = |reason: String| SandboxError::StateCorrupt {
        path: path.to_owned(),
        reason,
    };
    let snapshot: WorldFile = serde_json::from_slice(bytes).map_err(|e| corrupt(position(&e)))?;
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
fn replay(file: &mut File, state: &StateFile, world: &mut World) -> Result<(), SandboxError> {
    let journal = journal_of(&state.relative);
    file.rewind()
        .map_err(|e| SandboxError::state(&state.root.join(&journal), e))?;
    let bytes = files::read_to_limit(&state.root, &journal, file, SIZE_LIMIT)?;
    // An incomplete line can end within a character.
    let text = String::from_utf8_lossy(&bytes);
    let complete = text.rfind('\n').map_or("", |end| text.split_at(end).0);
    for (index, line) in complete.lines().enumerate() {
        let change = serde_json::from_str(line).map_err(|e| SandboxError::StateCorrupt {
            path: state.root.join(&journal),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> Result<(WorldStore, World, u64), SandboxError> {
        let state = StateFile::from(path.to_owned());
        WorldStore::open(&state, Uuid::nil(), Timestamp::from_micros(0))
    }

    #[test]
    fn open_after_kill_replays_journal_and_ignores_incomplete_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/world.json");
        let (store, mut world, openings) = open(&path).unwrap();
        assert_eq!(openings, 0);
        let mut workspace = world.workspace_named("default").unwrap().clone();
        workspace.active = false;
        world.put_workspace(workspace);
        store.append(|| world.take_changes()).unwrap();
        drop(store);
        let mut journal = std::fs::OpenOptions::new()
            .append(true)
            .open(journal_of(&path))
            .unwrap();
        journal.write_all(b"{\"workspace\":{\"id\":").unwrap();
        let (_store, world, openings) = open(&path).unwrap();
        assert_eq!(openings, 1);
        assert!(!world.workspace_named("default").unwrap().active);
    }

    #[cfg(unix)]
    #[test]
    fn open_with_link_as_snapshot_creates_no_journal() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("world.json");
        std::os::unix::fs::symlink(directory.path().join("absent.json"), &link).unwrap();
        assert!(open(&link).is_err());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn open_with_invalid_snapshot_fails_and_does_not_change_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("world.json");
        std::fs::write(&path, "{\"format\": \"something\"").unwrap();
        let error = open(&path).map(drop).unwrap_err();
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
        let _running = open(&path).unwrap();
        assert!(matches!(open(&path), Err(SandboxError::StateBusy { .. })));
    }

    #[test]
    fn open_with_other_organization_fails() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("world.json");
        drop(open(&path).unwrap());
        assert!(matches!(
            WorldStore::open(&path.into(), Uuid::max(), Timestamp::from_micros(0)),
            Err(SandboxError::OtherOrganization { .. })
        ));
    }

    /// The error of a world below a checkout in which `prepare` created links or files.
    #[cfg(unix)]
    fn refused(prepare: impl FnOnce(&Path)) -> String {
        let directory = tempfile::tempdir().unwrap();
        let outside = directory.path().join("outside");
        std::fs::write(&outside, "outside").unwrap();
        let checkout = directory.path().join("checkout");
        std::fs::create_dir_all(checkout.join(".airlift")).unwrap();
        prepare(&checkout);
        let state = StateFile::below(&checkout, ".airlift/sandbox.json");
        let error = WorldStore::open(&state, Uuid::nil(), Timestamp::from_micros(0))
            .map(drop)
            .unwrap_err();
        assert_eq!(std::fs::read_to_string(outside).unwrap(), "outside");
        assert!(!directory.path().join("created").exists());
        assert!(matches!(error, SandboxError::StateUntrusted(_)), "{error}");
        error.to_string()
    }

    #[cfg(unix)]
    #[test]
    fn open_with_link_as_journal_fails_and_leaves_target() {
        use std::os::unix::fs::symlink;
        for target in ["../../outside", "../../created"] {
            let error = refused(|checkout| {
                symlink(target, checkout.join(".airlift/sandbox.json.journal")).unwrap();
            });
            assert!(error.contains("sandbox.json.journal: is a link"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn open_with_link_as_snapshot_fails() {
        use std::os::unix::fs::symlink;
        for target in ["../../outside", "/dev/zero"] {
            let error = refused(|checkout| {
                symlink(target, checkout.join(".airlift/sandbox.json")).unwrap();
            });
            assert!(error.contains("sandbox.json: is a link"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn open_with_link_as_directory_fails() {
        use std::os::unix::fs::symlink;
        let error = refused(|checkout| {
            std::fs::remove_dir(checkout.join(".airlift")).unwrap();
            symlink("..", checkout.join(".airlift")).unwrap();
        });
        assert!(error.contains("link"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn open_with_snapshot_writable_by_others_fails() {
        use std::os::unix::fs::PermissionsExt as _;
        let error = refused(|checkout| {
            let path = checkout.join(".airlift/sandbox.json");
            std::fs::write(&path, "{}").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        });
        assert!(error.contains("can be written by other users"), "{error}");
    }
}
