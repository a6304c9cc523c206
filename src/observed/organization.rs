//! Responsible for the customers whose connectors are not listed one by one, because a listing of the whole organization
//! shows that they are those of the ledger.
//!
//! Does not apply to a customer whose declaration differs from the ledger, so that a plan that writes has read the
//! customer's connectors.

use super::Observer;
use super::read_state::ReadState;
use crate::api::{ApiError, ConnectorIds};
use crate::model::{
    Completeness, ConnectorEntry, ConnectorId, CustomerEntry, DesiredConnector, ObservedConnector,
    OrganizationListing, SharedText, WorkspaceId, filled,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What reads the connectors of a customer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ListingMode {
    /// A list for each customer.
    #[default]
    Customers,
    /// A listing of the whole organization, and a list for each customer that it does not show as in the ledger.
    Organization,
}

/// The connectors of the organization, or why their listing cannot be used.
pub(super) type OrganizationIds = Result<ConnectorIds, String>;

impl Observer<'_> {
    /// The connectors of the organization, if the run may use them.
    pub(super) async fn list_organization(&self) -> Result<Option<OrganizationIds>, ApiError> {
        match (self.listing, self.reader.organization()) {
            (ListingMode::Organization, Some(organization)) => {
                let recorded = self.recorded.customers.values();
                let expected = recorded.map(|entry| entry.connectors.len()).sum();
                let listed = self.reader.connectors_of_organization(
                    organization,
                    expected,
                    self.parallelism,
                );
                listed.await.map(Some)
            }
            (ListingMode::Organization, None) => {
                Ok(Some(Err("the organization is not known".to_owned())))
            }
            (ListingMode::Customers, _) => Ok(None),
        }
    }

    /// Adds the connectors of each customer that the listing shows as in the ledger.
    pub(super) fn add_recorded_connectors(
        &self,
        state: &mut ReadState,
        completeness: &Completeness,
        listed: Option<OrganizationIds>,
    ) -> OrganizationListing {
        let ids = match (listed, completeness) {
            (None, _) => return OrganizationListing::NotUsed,
            (Some(Err(reason)), _) => return OrganizationListing::Unusable(reason),
            (Some(Ok(_)), Completeness::Incomplete(reason)) => {
                return OrganizationListing::Unusable(reason.clone());
            }
            (Some(Ok(ids)), Completeness::Complete) => ids,
        };
        let mut compared = BTreeSet::new();
        for (id, customer) in &mut state.customers {
            let Some(recorded) = self.as_recorded(&ids, *id, &customer.name) else {
                continue;
            };
            customer.connectors = Some(recorded_connectors(recorded));
            compared.insert(*id);
        }
        OrganizationListing::Compared(compared)
    }

    /// Whether the listing shows a customer of this name as in the ledger.
    pub(super) fn shows_as_recorded(
        &self,
        ids: Option<&OrganizationIds>,
        id: WorkspaceId,
        name: &str,
    ) -> bool {
        let ids = ids.and_then(|ids| ids.as_ref().ok());
        ids.is_some_and(|ids| self.as_recorded(ids, id, name).is_some())
    }

    /// The ledger entry of a workspace, if it has these connectors and the files declare what the entry has.
    fn as_recorded(
        &self,
        ids: &ConnectorIds,
        id: WorkspaceId,
        name: &str,
    ) -> Option<&CustomerEntry> {
        let none = BTreeSet::new();
        let ids = ids.get(&id).unwrap_or(&none);
        let recorded = self.recorded.customers.get(&id)?;
        let declared = self.desired.customers.get(name)?;
        let is_same_customer = recorded.name == name && !recorded.suspended;
        let connectors = &recorded.connectors;
        let is_declared = |(name, entry): (&SharedText, &Arc<ConnectorEntry>)| {
            let declared = declared.connectors.get(name);
            declared.is_some_and(|declared| is_unchanged(declared, entry))
        };
        let is_as_recorded = is_same_customer
            && recorded.owned() == *ids
            && recorded.pending_deletion.is_empty()
            && connectors.len() == declared.connectors.len()
            && connectors.iter().all(is_declared);
        is_as_recorded.then_some(recorded)
    }
}

/// Whether the files declare what was last applied. The comparison of secrets does not need the API.
fn is_unchanged(declared: &DesiredConnector, recorded: &ConnectorEntry) -> bool {
    let applied = &recorded.applied;
    let template = declared.template_id;
    declared.kind.definition_id == Some(recorded.definition_id)
        && (template.is_none() || template == recorded.template_id)
        && declared.credentials_version == recorded.credentials_version
        && filled(declared.environment.as_ref()) == filled(applied.environment.as_ref())
        && filled(declared.replication_config.as_ref())
            == filled(applied.replication_config.as_ref())
        && declared.entities == applied.entities
        && recorded.updated_at.is_some()
        && !recorded
            .write
            .as_ref()
            .is_some_and(|write| write.is_unsettled())
}

/// The connectors of a ledger entry, as the last apply left them.
fn recorded_connectors(recorded: &CustomerEntry) -> BTreeMap<ConnectorId, Box<ObservedConnector>> {
    let connectors = recorded.connectors.iter();
    connectors
        .map(|(name, entry)| {
            let observed = ObservedConnector {
                name: name.clone(),
                definition_id: entry.definition_id,
                kind_name: None,
                template_id: entry.template_id,
                created_at: None,
                updated_at: entry.updated_at.clone(),
                detail: None,
            };
            (entry.id, Box::new(observed))
        })
        .collect()
}
