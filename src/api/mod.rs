//! Responsible for all communication with the remote API. A run opens one [`Session`], which hands
//! out two views: a [`Reader`] sends GETs and requests the application token, and a [`Writer`] sends
//! everything else.
//!
//! Does not follow redirects. Does not accept responses of another organization, responses without
//! a size limit, or text that repeats a secret.

mod body;
mod client;
mod consents;
mod error;
mod error_scope;
mod first_page;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod new_workspaces;
mod options;
mod organization_listing;
mod pagination;
mod reader;
mod recent_settings;
mod redaction;
mod request;
mod request_report;
mod requested_tokens;
mod resilience;
mod scoped_tokens;
mod server_clock;
mod session;
mod status_text;
mod success;
mod target;
mod tokens;
mod transport;
mod wire;
mod writer;

#[cfg(test)]
pub(crate) mod tests;

pub use consents::{ConsentRequest, SourceTemplate};
pub use error::{ApiError, ApiErrorKind, Effect};
pub use error_scope::FORBIDDEN_CUSTOMERS;
pub use first_page::FirstPage;
pub use new_workspaces::NewWorkspaces;
pub use options::{ConnectorToken, Load, Options};
pub use organization_listing::ConnectorIds;
pub use reader::Reader;
pub use redaction::repeats;
pub use requested_tokens::RequestedToken;
pub use scoped_tokens::{MintedToken, TokenUse};
pub use session::{Credentials, Session};
pub use target::{DEFAULT_TARGET, Target};
pub use writer::Writer;
#[cfg(test)]
pub(crate) use {
    error::{Call, TokenOwner},
    options::{CircuitOptions, Limits, RetryPolicy, Timeouts},
    pagination::Listing,
    redaction::ServerMessage,
};

use crate::model::{
    ConnectorId, DefinitionId, ObservedConnector, ObservedCustomer, ObservedDetail, ObservedStatus,
    OrganizationId, Settings, WorkspaceId, pair_settings,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// A live workspace (`WorkspaceGetResponse`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Workspace {
    pub(crate) id: WorkspaceId,
    pub(crate) name: String,
    /// Checked against the session's organization on every read.
    pub(crate) organization_id: Option<OrganizationId>,
    pub(crate) status: ObservedStatus,
    pub(crate) cache: Option<bool>,
    /// RFC 3339; empty if the response has no creation time.
    pub(crate) created_at: String,
}

impl Workspace {
    /// The bytes of its texts that have no fixed size.
    fn text_size(&self) -> usize {
        let status = match &self.status {
            ObservedStatus::Other(status) => status.len(),
            ObservedStatus::Active | ObservedStatus::Inactive => 0,
        };
        self.name.len() + self.created_at.len() + status
    }
}

impl From<Workspace> for ObservedCustomer {
    /// The customer without its connectors, which are read separately.
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

/// The replication settings of a connector, exactly as the API returned them. They may repeat a
/// secret, so they can be changed and sent back, but not displayed.
pub struct Replication {
    settings: Map<String, Value>,
    /// The `updated_at` of the connector that has these settings.
    pub(crate) updated_at: Option<String>,
}

impl Replication {
    /// The values of declared settings by dotted path, for comparisons.
    pub fn values(&self, declared: &Settings) -> BTreeMap<String, Value> {
        let mut values = BTreeMap::new();
        pair_settings(
            "replication_config",
            declared,
            &self.settings,
            &mut |path, _, value| {
                values.insert(path, value.cloned().unwrap_or_default());
            },
        );
        values
    }

    /// Applies a change to the settings.
    #[must_use]
    pub fn with(self, change: impl FnOnce(Map<String, Value>) -> Map<String, Value>) -> Self {
        Self {
            settings: change(self.settings),
            ..self
        }
    }
}

impl From<ObservedConnector> for Replication {
    fn from(observed: ObservedConnector) -> Self {
        let settings = observed.detail.map(|detail| detail.replication_config);
        Self {
            settings: settings.unwrap_or_default(),
            updated_at: observed.updated_at.map(String::from),
        }
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
    pub(crate) id: ConnectorId,
    pub(crate) observed: ObservedConnector,
}

/// The response to the creation or the update of a connector (`ConnectorSourceCreateResponse`,
/// `ConnectorSourceUpdateResponse`).
#[derive(Clone, Debug, PartialEq)]
pub struct NewConnector {
    pub(crate) id: ConnectorId,
    /// RFC 3339.
    pub(crate) created_at: Option<String>,
    /// RFC 3339.
    pub(crate) updated_at: Option<String>,
    /// `None` if the response has no settings, or if the connector comes from a list.
    pub(crate) settings: Option<AnsweredSettings>,
}

/// The settings in the response to a write. Texts that repeat a secret of the session are replaced.
#[derive(Clone, Debug, PartialEq)]
pub struct AnsweredSettings {
    pub(crate) name: String,
    pub(crate) detail: ObservedDetail,
}

/// Whether a text of a response was replaced, because it repeated a secret of the session.
pub fn is_replaced(text: &str) -> bool {
    text == redaction::WITHHELD
}

/// The result of a credential check (`ConnectorSourceCheckConfigResponse`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    pub(crate) status: CheckStatus,
    /// The server's explanation, safe to display.
    pub(crate) message: Option<String>,
}

/// The status of a credential check (`CheckStatus`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CheckStatus {
    /// The credentials work.
    Succeeded,
    /// The credentials do not work.
    Failed,
    /// The check has not started.
    Pending,
    /// The check is in progress.
    Running,
    /// The server stopped the check.
    Cancelled,
    /// The server made no check.
    Skipped,
    /// The check had no result: `inconclusive` or null.
    Inconclusive,
    /// A status that this version does not know.
    Other,
}

/// The response to a DELETE.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DeleteOutcome {
    /// The server deletes the object, now or later.
    Accepted,
    /// The object does not exist (404).
    NotFound,
}

/// A connector type of the live catalog (`ConnectorDefinitionSummarized`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Definition {
    pub(crate) id: DefinitionId,
    pub(crate) name: String,
}
