//! Everything that speaks to the remote API.
//!
//! Owns one session per run and its two views: a [`Reader`] sends GETs and asks for the
//! application token, a [`Writer`] does the rest. Refuses redirects, foreign hosts, other
//! organizations, unbounded answers and waits, and any text that shows what was secret. Knows
//! nothing of files, plans or people.

mod body;
mod core;
mod echo;
mod error;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod listing;
mod options;
mod reader;
mod request;
mod resilience;
mod said;
mod sent;
mod target;
mod tokens;
mod transport;
mod wire;
mod writer;

#[cfg(test)]
pub(crate) mod tests;

pub use error::{ApiError, ApiErrorKind, Call, Effect, ServerMessage};
pub use listing::Listing;
pub use options::{CircuitOptions, ConnectorToken, Limits, Load, Options, RetryPolicy, Timeouts};
pub use reader::Reader;
pub use target::{DEFAULT_TARGET, Target, TargetError};
pub use writer::Writer;

use self::core::Core;
use self::transport::Transport;
use crate::model::{
    ConnectorId, DefinitionId, ObservedConnector, ObservedCustomer, ObservedStatus, OrganizationId,
    SecretValue, TemplateId, WorkspaceId,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;

/// The organization's client credentials (`TokenRequest`).
#[derive(Debug)]
pub struct Credentials {
    /// Names the application; not secret.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretValue,
}

/// One run's way to the API: connections, tokens, limits.
pub struct Session {
    core: Arc<Core>,
}

impl Session {
    /// Gets an application token (`create_account_applications_token`) and refuses one of
    /// another organization than the expected.
    pub async fn open(
        target: Target,
        credentials: Credentials,
        options: Options,
    ) -> Result<Self, ApiError> {
        let transport = Transport::new(target, &options)?;
        let core = Arc::new(Core::new(transport, credentials, options));
        core.application().await?;
        Ok(Self { core })
    }

    /// The view that reads.
    pub fn reader(&self) -> Reader {
        Reader {
            core: Arc::clone(&self.core),
        }
    }

    /// The view that writes, too.
    pub fn writer(&self) -> Writer {
        Writer {
            core: Arc::clone(&self.core),
        }
    }

    /// From now on a call that would have to wait, for the service's return or because it asked to
    /// be left alone, is given up. What may go at once goes on, and what is under way for some
    /// seconds more.
    pub fn halt(&self) {
        self.core.halt();
    }

    /// Notes texts that are no secret, such as declared names: answers show them as they are, even
    /// where they look like part of one.
    pub fn note_plain<'a>(&self, texts: impl IntoIterator<Item = &'a str>) {
        self.core.note_plain(texts);
    }

    /// The organization that the session acts for, as far as known.
    pub fn organization(&self) -> Option<OrganizationId> {
        self.core.organization()
    }
}

/// A live workspace (`WorkspaceGetResponse`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its present name.
    pub name: String,
    /// Whose it is; checked on every read.
    pub organization_id: Option<OrganizationId>,
    /// Its status.
    pub status: ObservedStatus,
    /// `cache_enabled`.
    pub cache: Option<bool>,
    /// When it was made, RFC 3339; empty when the server does not say.
    pub created_at: String,
}

impl From<Workspace> for ObservedCustomer {
    /// With its connectors not read yet.
    fn from(workspace: Workspace) -> Self {
        Self {
            name: workspace.name,
            status: workspace.status,
            cache: workspace.cache,
            created_at: workspace.created_at,
            connectors: None,
        }
    }
}

/// Replication settings as the server has them. What it repeats of a secret is in there, too, so
/// they can be changed and sent back, and not be shown.
pub struct Replication(Map<String, Value>);

impl Replication {
    /// The same with a change to it.
    #[must_use]
    pub fn with(self, change: impl FnOnce(Map<String, Value>) -> Map<String, Value>) -> Self {
        Self(change(self.0))
    }
}

impl fmt::Debug for Replication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Replication")
    }
}

/// One connector (`ConnectorSourceGetResponse`).
#[derive(Clone, Debug, PartialEq)]
pub struct Connector {
    /// Its id.
    pub id: ConnectorId,
    /// What was read of it.
    pub observed: ObservedConnector,
}

/// What creating a connector tells (`ConnectorSourceCreateResponse`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Created {
    /// Its id.
    pub id: ConnectorId,
    /// When it was made, RFC 3339.
    pub created_at: Option<String>,
    /// When it last changed, RFC 3339.
    pub updated_at: Option<String>,
}

/// What a check tells (`ConnectorSourceCheckConfigResponse`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    /// The verdict.
    pub status: CheckStatus,
    /// The server's words, fit to be shown.
    pub message: Option<String>,
}

/// A check's verdict (`CheckStatus`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CheckStatus {
    /// The credentials work.
    Succeeded,
    /// They do not.
    Failed,
    /// Not begun.
    Pending,
    /// Under way.
    Running,
    /// Given up by the server.
    Cancelled,
    /// Not made.
    Skipped,
    /// No verdict: inconclusive, or null.
    Inconclusive,
    /// A value newer than this program.
    Other,
}

/// What a deletion tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Gone {
    /// The server took it on.
    Accepted,
    /// There was nothing to delete (404).
    Already,
}

/// A connector type of the live catalog (`ConnectorDefinitionSummarized`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Definition {
    /// `sourceDefinitionId`.
    pub id: DefinitionId,
    /// Its display name.
    pub name: String,
}

/// A source template (`SourceTemplateListItem`).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
pub struct Template {
    /// Its id.
    pub id: TemplateId,
    /// Its name.
    pub name: String,
    /// The registry's name of its type.
    pub connector_name: Option<String>,
    /// Whose it is; nothing for a global one.
    pub organization_id: Option<OrganizationId>,
    /// Its type.
    pub actor_definition_id: DefinitionId,
}
