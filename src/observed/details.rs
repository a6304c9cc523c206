//! Responsible for choosing the connectors whose details are read, because a comparison needs fields
//! that the list does not have.

use super::{Observer, RefreshMode};
use crate::model::{
    ConnectorEntry, ConnectorId, CustomerEntry, DefinitionId, DesiredConnector, DesiredCustomer,
    ObservedConnector, ObservedCustomer, WorkspaceId,
};
use std::collections::BTreeMap;

impl Observer<'_> {
    pub(super) fn details_wanted(
        &self,
        id: WorkspaceId,
        customer: &ObservedCustomer,
    ) -> Vec<ConnectorId> {
        if let Some(survey) = self.survey {
            return survey.details_wanted(self.recorded.customers.get(&id), customer);
        }
        let Some(declared) = self.declared(id, &customer.name) else {
            return Vec::new();
        };
        let candidates = Candidates::new(declared, self.recorded.customers.get(&id));
        customer
            .connectors
            .iter()
            .flatten()
            .filter(|(id, observed)| {
                let entry = candidates.recorded.get(id).copied();
                candidates
                    .matching(observed, entry)
                    .into_iter()
                    .any(|declared| self.needs_details(declared, observed, entry))
            })
            .map(|(id, _)| *id)
            .collect()
    }

    fn needs_details(
        &self,
        declared: &DesiredConnector,
        observed: &ObservedConnector,
        entry: Option<RecordedEntry<'_>>,
    ) -> bool {
        let applied = entry.map(|(_, recorded)| &recorded.applied);
        let wants_settings = declared.replication_config.is_some() || declared.entities.is_some();
        let applied_settings = applied.is_some_and(|applied| {
            applied.replication_config.is_some() || applied.entities.is_some()
        });
        if observed.detail.is_some() || !(wants_settings || applied_settings) {
            return false;
        }
        let Some((_, recorded)) = entry else {
            return true;
        };
        self.refresh == RefreshMode::Full
            || observed.updated_at.is_none()
            || recorded
                .write
                .as_ref()
                .is_some_and(|write| write.is_unsettled())
            || observed.updated_at != recorded.updated_at
            || declared.replication_config != recorded.applied.replication_config
            || declared.entities != recorded.applied.entities
    }
}

/// A recorded connector with its recorded name.
type RecordedEntry<'a> = (&'a str, &'a ConnectorEntry);

/// Index of one customer's declared connectors by the properties that match an observed one.
struct Candidates<'a> {
    declared: &'a DesiredCustomer,
    recorded: BTreeMap<ConnectorId, RecordedEntry<'a>>,
    /// Declared connectors by name and by `previous_name`.
    by_name: BTreeMap<&'a str, Vec<&'a DesiredConnector>>,
    /// Declared connectors without a ledger entry of their name, by type.
    new: BTreeMap<DefinitionId, Vec<&'a DesiredConnector>>,
}

impl<'a> Candidates<'a> {
    fn new(declared: &'a DesiredCustomer, recorded: Option<&'a CustomerEntry>) -> Self {
        let mut candidates = Self {
            declared,
            recorded: BTreeMap::new(),
            by_name: BTreeMap::new(),
            new: BTreeMap::new(),
        };
        for (name, connector) in recorded.iter().flat_map(|recorded| &recorded.connectors) {
            candidates.recorded.insert(connector.id, (name, connector));
        }
        for (name, connector) in &declared.connectors {
            for name in std::iter::once(name).chain(connector.previous_name.as_deref()) {
                candidates.by_name.entry(name).or_default().push(connector);
            }
            let is_known = recorded.is_none_or(|recorded| recorded.connectors.contains_key(name));
            if let Some(definition) = connector.kind.definition_id.filter(|_| !is_known) {
                candidates
                    .new
                    .entry(definition)
                    .or_default()
                    .push(connector);
            }
        }
        candidates
    }

    /// The declared connectors that may match an observed one: by its present or recorded name, and,
    /// if the recorded name is no longer declared, by type among the new declarations, because the
    /// plan may infer a rename.
    fn matching(
        &self,
        observed: &ObservedConnector,
        entry: Option<RecordedEntry<'_>>,
    ) -> Vec<&'a DesiredConnector> {
        let recorded_name = entry.map(|(name, _)| name);
        let renamed = entry
            .filter(|(name, _)| !self.declared.connectors.contains_key(name))
            .and_then(|(_, connector)| self.new.get(&connector.definition_id));
        let named = [Some(observed.name.as_str()), recorded_name]
            .into_iter()
            .flatten()
            .filter_map(|name| self.by_name.get(name));
        named.chain(renamed).flatten().copied().collect()
    }
}
