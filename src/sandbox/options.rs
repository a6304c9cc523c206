//! Responsible for the options of a sandbox, and for the errors that a sandbox ends with.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;

use super::faults::Faults;

/// The organization of a sandbox whose options name no other.
pub const ORGANIZATION_ID: Uuid = Uuid::from_u128(0x0b5c_6f0e_6a51_4f2f_9d0e_0a8a_5f4b_7c11);

/// How a sandbox behaves.
#[derive(Clone)]
pub struct Options {
    /// The only organization.
    pub organization_id: Uuid,
    /// The only client id and secret that get a token. Without it, any pair that is not empty gets one.
    pub client: Option<(String, String)>,
    /// The file that keeps the world. Without it, the world is in memory.
    pub state: Option<PathBuf>,
    /// The faults that requests meet.
    pub faults: Faults,
    /// How long an application token lives.
    pub app_token_ttl: Duration,
    /// How long a scoped or widget token lives.
    pub scoped_token_ttl: Duration,
    /// The largest page of workspaces, whatever limit is asked for.
    pub page_size_max: usize,
    /// How long the deletion of a connector takes.
    pub delete_delay: Duration,
    /// How long each request waits before it is handled.
    pub latency: Duration,
    /// Makes ids and random faults the same in every run.
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

/// Without the client secret.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("organization_id", &self.organization_id)
            .field("client_id", &self.client.as_ref().map(|(id, _)| id))
            .field("state", &self.state)
            .field("faults", &self.faults)
            .field("app_token_ttl", &self.app_token_ttl)
            .field("scoped_token_ttl", &self.scoped_token_ttl)
            .field("page_size_max", &self.page_size_max)
            .field("delete_delay", &self.delete_delay)
            .field("latency", &self.latency)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// Why a sandbox does not start or did not end well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The port.
    #[error("open a loopback port: {0}")]
    Listen(#[source] std::io::Error),
    /// The server.
    #[error("serve the sandbox: {0}")]
    Serve(#[source] std::io::Error),
    /// The embedded contract. A mistake of this program.
    #[error("read the embedded API contract: {0}")]
    Contract(String),
    /// The embedded catalog. A mistake of this program.
    #[error("read the embedded connector catalog: {0}")]
    Catalog(String),
    /// A fault that cannot be understood.
    #[error("read the faults: {0}")]
    Fault(String),
    /// The world file cannot be read or written.
    #[error("keep the sandbox's world in {}: {source}", .path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The world file is not one. It is left as it is.
    #[error("read the sandbox's world from {}: {reason}; remove the file to begin a new world", .path.display())]
    StateCorrupt {
        /// The file.
        path: PathBuf,
        /// Where it is broken.
        reason: String,
    },
    /// Another sandbox is at work on the same file.
    #[error("open the sandbox's world in {}: another process is using it", .path.display())]
    StateBusy {
        /// The file.
        path: PathBuf,
    },
    /// The world file belongs to another organization.
    #[error("open the sandbox's world in {}: it belongs to organization {found}", .path.display())]
    OtherOrganization {
        /// The file.
        path: PathBuf,
        /// Its organization.
        found: Uuid,
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
