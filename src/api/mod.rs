//! Everything that speaks to the remote API.
//!
//! Responsible for one session per run and its two views: a [`Reader`] sends GETs and asks for the
//! application token, a [`Writer`] does the rest. Does not follow redirects, and does not accept
//! other organizations, unbounded responses and waits, or any text that shows a secret.

mod body;
mod client;
mod error;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod options;
mod pagination;
mod reader;
mod redaction;
mod request;
mod resilience;
mod session;
mod success;
mod target;
mod tokens;
mod transport;
mod wire;
mod writer;

#[cfg(test)]
pub(crate) mod tests;

pub use error::{ApiError, ApiErrorKind, Call, Effect};
pub use options::{CircuitOptions, ConnectorToken, Limits, Load, Options, RetryPolicy, Timeouts};
pub use pagination::Listing;
pub use reader::Reader;
pub use redaction::ServerMessage;
pub use session::{Credentials, Session};
pub use target::{DEFAULT_TARGET, Target, TargetError};
pub use writer::Writer;

use crate::model::{
    ConnectorId, DefinitionId, ObservedConnector, ObservedCustomer, ObservedStatus, OrganizationId,
    TemplateId, WorkspaceId,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;

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
