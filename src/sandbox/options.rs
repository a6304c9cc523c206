//! Responsible for the options of a sandbox, and for the errors of starting, running and stopping it.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;

use super::faults::Faults;
use super::settings_behavior::SettingsBehavior;
use crate::files::{FileError, FileErrorKind};

/// The organization of a sandbox by default.
pub const ORGANIZATION_ID: Uuid = Uuid::from_u128(0x0b5c_6f0e_6a51_4f2f_9d0e_0a8a_5f4b_7c11);

/// The options of a sandbox.
#[derive(Clone)]
pub struct Options {
    /// The organization that the client credentials belong to.
    pub organization_id: Uuid,
    /// The client id and secret that the token endpoint accepts. `None` accepts every pair that is not empty.
    pub client: Option<(String, String)>,
    /// The file of the world. `None` keeps the world in memory.
    pub state: Option<StateFile>,
    /// The faults to inject.
    pub faults: Faults,
    /// How replication settings are stored and returned.
    pub behaviors: Vec<SettingsBehavior>,
    /// The validity of an application token.
    pub app_token_ttl: Duration,
    /// The validity of a scoped or widget token.
    pub scoped_token_ttl: Duration,
    /// The largest page of workspaces, even if a request asks for more.
    pub page_size_max: usize,
    /// The time from the request to the end of a connector's deletion.
    pub delete_delay: Duration,
    /// The delay of each request before its execution.
    pub latency: Duration,
    /// Makes ids and random faults reproducible.
    pub seed: Option<u64>,
    /// The settings that only tests have.
    #[cfg(feature = "testing")]
    pub testing: super::testing::TestOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            organization_id: ORGANIZATION_ID,
            client: None,
            state: None,
            faults: Faults::default(),
            behaviors: Vec::new(),
            app_token_ttl: Duration::from_mins(15),
            scoped_token_ttl: Duration::from_mins(20),
            page_size_max: 100,
            delete_delay: Duration::from_millis(300),
            latency: Duration::ZERO,
            seed: None,
            #[cfg(feature = "testing")]
            testing: super::testing::TestOptions::default(),
        }
    }
}

/// The file of the world. Its journal has the same name with `.journal` appended.
///
/// Neither file may be a link, nor may a directory between them and the root. The root and the directories above it
/// may be links, because the operator chose them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFile {
    pub(crate) root: PathBuf,
    pub(crate) relative: PathBuf,
}

impl StateFile {
    /// A file below a directory whose content may come from a checkout.
    pub fn below(root: impl Into<PathBuf>, relative: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            relative: relative.into(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.root.join(&self.relative)
    }
}

/// A file that the operator chose. No link is followed on a relative path, because the current directory may come from
/// a checkout.
impl From<PathBuf> for StateFile {
    fn from(path: PathBuf) -> Self {
        let is_name = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if path.components().all(is_name) {
            return Self::below(".", path);
        }
        let relative = path.file_name().map(PathBuf::from).unwrap_or_default();
        let root = path.parent().map(Path::to_owned).unwrap_or_default();
        Self { root, relative }
    }
}

/// Omits the client secret.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("organization_id", &self.organization_id)
            .field("client_id", &self.client.as_ref().map(|(id, _)| id))
            .field("state", &self.state)
            .field("faults", &self.faults)
            .field("behaviors", &self.behaviors)
            .field("app_token_ttl", &self.app_token_ttl)
            .field("scoped_token_ttl", &self.scoped_token_ttl)
            .field("page_size_max", &self.page_size_max)
            .field("delete_delay", &self.delete_delay)
            .field("latency", &self.latency)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// An error of starting, running or stopping a sandbox.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The port cannot be opened.
    #[error("open a loopback port: {0}")]
    Listen(#[source] std::io::Error),
    /// The HTTP server failed.
    #[error("serve the sandbox: {0}")]
    Serve(#[source] std::io::Error),
    /// The embedded contract cannot be parsed. This is a bug.
    #[error("read the embedded API contract: {0}")]
    Contract(String),
    /// The embedded catalog cannot be parsed. This is a bug.
    #[error("read the embedded connector catalog: {0}")]
    Catalog(String),
    /// The text of a fault cannot be parsed.
    #[error("read the faults: {0}")]
    Fault(String),
    /// The text of a behavior is unknown.
    #[error("`{0}` is not a behavior")]
    Behavior(String),
    /// The world file cannot be read or written.
    #[error("keep the sandbox's world in {}: {source}", .path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The world file or its journal is a link, not a regular file, too large, or writable by other users.
    #[error("refuse the sandbox's world: {0}")]
    StateUntrusted(#[source] FileError),
    /// The content of the world file is invalid. The sandbox does not change the file.
    #[error("read the sandbox's world from {}: {reason}; remove the file to start with an empty world", .path.display())]
    StateCorrupt {
        /// The file.
        path: PathBuf,
        /// The position and the kind of the error.
        reason: String,
    },
    /// Another sandbox uses the same file.
    #[error("open the sandbox's world in {}: another process is using it", .path.display())]
    StateBusy {
        /// The file.
        path: PathBuf,
    },
    /// The world file belongs to another organization.
    #[error("open the sandbox's world in {}: it belongs to organization {actual}", .path.display())]
    OtherOrganization {
        /// The file.
        path: PathBuf,
        /// The organization of the file.
        actual: Uuid,
    },
}

impl SandboxError {
    pub(crate) fn state(path: &Path, source: std::io::Error) -> Self {
        Self::State {
            path: path.to_owned(),
            source,
        }
    }
}

impl From<FileError> for SandboxError {
    fn from(error: FileError) -> Self {
        match error.kind {
            FileErrorKind::Io(source) => Self::State {
                path: error.path,
                source,
            },
            _ => Self::StateUntrusted(error),
        }
    }
}
