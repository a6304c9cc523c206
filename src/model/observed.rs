//! Responsible for the observed state: what the remote API returned.

use super::{
    ConnectorEntry, ConnectorId, DefinitionId, Entity, OrganizationId, SharedText, TemplateId,
    WorkspaceId,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that was read from the API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// The organization of the token.
    pub organization_id: OrganizationId,
    /// Live workspaces by id.
    pub customers: BTreeMap<WorkspaceId, ObservedCustomer>,
    /// Whether the list of workspaces is complete.
    pub completeness: Completeness,
    /// The result for each type name that the embedded catalog lacks.
    pub kinds: BTreeMap<String, KindLookup>,
    /// Recorded connectors that exist outside the workspace of their customer, by that workspace.
    pub foreign: BTreeMap<WorkspaceId, ForeignConnectors>,
    /// Customers whose workspace or connectors could not be read, with the error. Their connectors
    /// are `None`.
    pub unreadable: BTreeMap<WorkspaceId, String>,
    /// What a listing of the whole organization showed.
    pub organization_listing: OrganizationListing,
}

impl Observed {
    /// Calls a function with every text that output shows as the API returned it: names, and the reasons why something
    /// could not be read. Settings are not among them: they are compared first, and withheld in the result.
    pub fn visit_names(&mut self, mut visit: impl FnMut(&mut String)) {
        self.unreadable.values_mut().for_each(&mut visit);
        for kind in self.kinds.values_mut() {
            if let KindLookup::Missing(similar) = kind {
                similar.iter_mut().for_each(&mut visit);
            }
        }
        for customer in self.customers.values_mut() {
            visit(&mut customer.name);
            visit(&mut customer.created_at);
            if let ObservedStatus::Other(status) = &mut customer.status {
                visit(status);
            }
            for connector in customer
                .connectors
                .iter_mut()
                .flat_map(BTreeMap::values_mut)
            {
                connector.name.edit(&mut visit);
                connector.kind_name.iter_mut().for_each(&mut visit);
                let times = [&mut connector.created_at, &mut connector.updated_at];
                for time in times.into_iter().flatten() {
                    time.edit(&mut visit);
                }
                let details = connector.detail.iter_mut();
                for entity in details.flat_map(|detail| &mut detail.entities) {
                    visit(&mut entity.entity);
                }
            }
        }
    }
}

/// What a listing of the whole organization showed.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationListing {
    /// The run did not ask for it.
    #[default]
    NotUsed,
    /// These customers have the connectors of the ledger. Their connectors are not read: neither names nor settings.
    Compared(BTreeSet<WorkspaceId>),
    /// The listing was refused or could not be checked, for this reason. It had no effect.
    Unusable(String),
}

impl OrganizationListing {
    /// Whether the connectors of a customer were not read.
    pub fn replaces_list_of(&self, customer: WorkspaceId) -> bool {
        matches!(self, Self::Compared(customers) if customers.contains(&customer))
    }

    /// The number of customers whose connectors were not read.
    pub fn customers(&self) -> usize {
        match self {
            Self::Compared(customers) => customers.len(),
            Self::NotUsed | Self::Unusable(_) => 0,
        }
    }
}

/// Connectors with the workspace that holds them; `None` if the API does not tell the workspace.
pub type ForeignConnectors = BTreeMap<ConnectorId, Option<WorkspaceId>>;

/// Whether a listing is complete (`list_workspaces` compared with `get_workspaces_stats`).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    /// The last page was read, no id was repeated, and the count matches the statistics.
    Complete,
    /// Rows are missing or repeated. The text says which.
    Incomplete(String),
}

/// The result of looking a type name up in the API's catalog.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KindLookup {
    /// The name has one definition.
    Found(DefinitionId),
    /// The name has no definition. Holds the most similar names.
    Missing(Vec<String>),
    /// The name has several definitions.
    Ambiguous(Vec<DefinitionId>),
}

/// One workspace (`WorkspaceGetResponse`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservedCustomer {
    /// The name, which need not be unique.
    pub name: String,
    /// Whether the workspace is active.
    pub status: ObservedStatus,
    /// `cache_enabled`.
    pub cache: Option<bool>,
    /// The creation time, RFC 3339.
    pub created_at: String,
    /// Connectors by id, or `None` if they were not read.
    pub connectors: Option<BTreeMap<ConnectorId, Box<ObservedConnector>>>,
}

/// A workspace's status. Accepts values that this version does not know.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObservedStatus {
    /// In use.
    Active,
    /// Suspended.
    Inactive,
    /// An unknown status. Runs do not write to such a workspace.
    Other(String),
}

/// One connector as listed (`ConnectorSourceListItem`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservedConnector {
    /// The name, which need not be unique.
    pub name: SharedText,
    /// The connector type, from the template summary.
    pub definition_id: DefinitionId,
    /// The name of the type in the registry, if the summary has it.
    pub kind_name: Option<String>,
    /// The template that the connector was created from; `None` if it is not known.
    pub template_id: Option<TemplateId>,
    /// The creation time, RFC 3339.
    pub created_at: Option<SharedText>,
    /// The time of the last change, RFC 3339, if the server returns it.
    pub updated_at: Option<SharedText>,
    /// The details, or `None` if they were not read.
    pub detail: Option<Box<ObservedDetail>>,
}

impl ObservedConnector {
    /// Replaces texts that equal those of the ledger by copies that share their memory.
    pub(crate) fn share(&mut self, name: &SharedText, recorded: &ConnectorEntry) {
        if self.name == *name {
            self.name = name.clone();
        }
        if self.updated_at == recorded.updated_at {
            self.updated_at.clone_from(&recorded.updated_at);
        }
        if self.created_at == self.updated_at {
            self.created_at.clone_from(&self.updated_at);
        }
    }

    /// The creation time. The API uses UTC, so a time without an offset is read as UTC.
    pub fn created(&self) -> Option<Timestamp> {
        let text = self.created_at.as_deref()?;
        let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
        text.parse().ok().or_else(|| Some(civil()?.timestamp()))
    }
}

/// The fields that the list lacks (`ConnectorSourceGetResponse`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservedDetail {
    /// The replication settings, which can contain keys that the files do not declare.
    pub replication_config: Map<String, Value>,
    /// The requested entities.
    pub entities: Vec<Entity>,
}

#[cfg(test)]
mod tests {
    use super::ObservedConnector;
    use crate::model::{ConnectorEntry, SharedText};
    use serde_json::json;

    const ID: &str = "00000000-0000-0000-0000-000000000001";

    fn observed(name: &str, created_at: &str, updated_at: &str) -> ObservedConnector {
        serde_json::from_value(json!({
            "name": name, "definition_id": ID, "created_at": created_at, "updated_at": updated_at
        }))
        .unwrap()
    }

    fn recorded(updated_at: &str) -> ConnectorEntry {
        let entry = json!({"id": ID, "definition_id": ID, "updated_at": updated_at});
        serde_json::from_value(entry).unwrap()
    }

    #[test]
    fn share_of_equal_texts_uses_those_of_the_ledger() {
        let (name, entry) = (SharedText::from("git"), recorded("1"));
        let mut connector = observed("git", "1", "1");
        let before = connector.clone();
        connector.share(&name, &entry);
        assert_eq!(connector, before);
        let address = |text: Option<&SharedText>| text.unwrap().as_str().as_ptr();
        assert_eq!(address(Some(&connector.name)), address(Some(&name)));
        for time in [&connector.created_at, &connector.updated_at] {
            assert_eq!(address(time.as_ref()), address(entry.updated_at.as_ref()));
        }
    }

    #[test]
    fn share_of_other_texts_changes_nothing() {
        for (created_at, updated_at) in [("1", "2"), ("2", "2"), ("3", "1")] {
            let before = observed("other", created_at, updated_at);
            let mut after = before.clone();
            after.share(&SharedText::from("git"), &recorded("1"));
            assert_eq!(after, before);
        }
    }
}
