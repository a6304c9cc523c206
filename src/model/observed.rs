//! What the remote API says there is.

use super::{ConnectorId, DefinitionId, Entity, OrganizationId, TemplateId, WorkspaceId};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Everything that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// The organization that the token acts for.
    pub organization_id: OrganizationId,
    /// Live workspaces by id.
    pub customers: BTreeMap<WorkspaceId, ObservedCustomer>,
    /// Whether the list of workspaces can be relied on to be whole.
    pub completeness: Completeness,
    /// The answer for every type name that the catalog does not know.
    pub kinds: BTreeMap<String, KindLookup>,
}

/// Whether a listing is whole (`list_workspaces` against `get_workspaces_stats`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Completeness {
    /// The end was reached, nothing came twice, and the count is the one of the statistics.
    Complete,
    /// Something is missing or repeated; the text says what.
    Incomplete(String),
}

/// What the live catalog says of a type name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KindLookup {
    /// One definition.
    Found(DefinitionId),
    /// None; the names that come nearest.
    Missing(Vec<String>),
    /// More than one of that name.
    Ambiguous(Vec<DefinitionId>),
}

/// One workspace (`WorkspaceGetResponse`).
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedCustomer {
    /// Its present name.
    pub name: String,
    /// Its status.
    pub status: ObservedStatus,
    /// `cache_enabled`.
    pub cache: Option<bool>,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// Connectors by id, or nothing when they were not read.
    pub connectors: Option<BTreeMap<ConnectorId, ObservedConnector>>,
}

/// A workspace's status, tolerant of values that are newer than this program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ObservedStatus {
    /// In use.
    Active,
    /// Suspended.
    Inactive,
    /// Something this program does not know: nothing is written to such a workspace.
    Other(String),
}

/// One connector as listed (`ConnectorSourceListItem`).
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedConnector {
    /// Its present name; not unique.
    pub name: String,
    /// Its type, from the template summary.
    pub definition_id: DefinitionId,
    /// The registry's name of the type, when the summary has it.
    pub kind_name: Option<String>,
    /// The template it was made from.
    pub template_id: TemplateId,
    /// When it was made, RFC 3339.
    pub created_at: Option<String>,
    /// When it last changed, RFC 3339, when the server says.
    pub updated_at: Option<String>,
    /// The details, or nothing when they were not read.
    pub detail: Option<ObservedDetail>,
}

impl ObservedConnector {
    /// When it was made. A time without an offset is one in UTC, as all of the API's are.
    pub fn created(&self) -> Option<Timestamp> {
        let text = self.created_at.as_deref()?;
        let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
        text.parse().ok().or_else(|| Some(civil()?.timestamp()))
    }
}

/// What only reading one connector tells (`ConnectorSourceGetResponse`).
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedDetail {
    /// The replication settings, which may hold keys that nobody declared.
    pub replication_config: Map<String, Value>,
    /// The requested entities.
    pub entities: Vec<Entity>,
}
