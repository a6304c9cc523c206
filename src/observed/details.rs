//! Which connectors have to be read one by one, because a comparison needs more than the list.

use super::{Observer, RefreshMode};
use crate::model::{
    ConnectorId, DefinitionId, DesiredConnector, DesiredCustomer, ObservedConnector,
    ObservedCustomer, RecordedConnector, RecordedCustomer, WorkspaceId,
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
                let ours = candidates.recorded.get(id).copied();
                candidates
                    .of(observed, ours)
                    .into_iter()
                    .any(|wanted| self.needs_details(wanted, observed, ours))
            })
            .map(|(id, _)| *id)
            .collect()
    }

    fn needs_details(
        &self,
        wanted: &DesiredConnector,
        observed: &ObservedConnector,
        ours: Option<RecordedEntry<'_>>,
    ) -> bool {
        let applied = ours.map(|(_, recorded)| &recorded.applied);
        let declares = wanted.replication_config.is_some() || wanted.entities.is_some();
        let declared_then = applied.is_some_and(|applied| {
            applied.replication_config.is_some() || applied.entities.is_some()
        });
        if observed.detail.is_some() || !(declares || declared_then) {
            return false;
        }
        let Some((_, recorded)) = ours else {
            return true;
        };
        self.refresh == RefreshMode::Full
            || observed.updated_at.is_none()
            || observed.updated_at != recorded.updated_at
            || wanted.replication_config != recorded.applied.replication_config
            || wanted.entities != recorded.applied.entities
    }
}

/// A recorded connector with the name that it is recorded under.
type RecordedEntry<'a> = (&'a str, &'a RecordedConnector);

/// The declared connectors of one customer, by what an observed one may be matched with.
struct Candidates<'a> {
    declared: &'a DesiredCustomer,
    recorded: BTreeMap<ConnectorId, RecordedEntry<'a>>,
    /// By their names and by their previous names.
    by_name: BTreeMap<&'a str, Vec<&'a DesiredConnector>>,
    /// By type, those that the ledger does not know by name.
    new: BTreeMap<DefinitionId, Vec<&'a DesiredConnector>>,
}

impl<'a> Candidates<'a> {
    fn new(declared: &'a DesiredCustomer, recorded: Option<&'a RecordedCustomer>) -> Self {
        let mut candidates = Self {
            declared,
            recorded: BTreeMap::new(),
            by_name: BTreeMap::new(),
            new: BTreeMap::new(),
        };
        for (name, connector) in recorded.iter().flat_map(|recorded| &recorded.connectors) {
            candidates.recorded.insert(connector.id, (name, connector));
        }
        for (name, wanted) in &declared.connectors {
            for name in std::iter::once(name).chain(&wanted.previous_name) {
                candidates.by_name.entry(name).or_default().push(wanted);
            }
            let is_known = recorded.is_none_or(|recorded| recorded.connectors.contains_key(name));
            if let Some(definition) = wanted.kind.definition_id.filter(|_| !is_known) {
                candidates.new.entry(definition).or_default().push(wanted);
            }
        }
        candidates
    }

    /// The declared connectors that an observed one may be matched with: by the name it has or is
    /// recorded under, or, where the files no longer have that name, by its type under a new name
    /// that nothing spells out.
    fn of(
        &self,
        observed: &ObservedConnector,
        ours: Option<RecordedEntry<'_>>,
    ) -> Vec<&'a DesiredConnector> {
        let recorded_as = ours.map(|(name, _)| name);
        let renamed = ours
            .filter(|(name, _)| !self.declared.connectors.contains_key(*name))
            .and_then(|(_, connector)| self.new.get(&connector.definition_id));
        let named = [Some(observed.name.as_str()), recorded_as]
            .into_iter()
            .flatten()
            .filter_map(|name| self.by_name.get(name));
        named.chain(renamed).flatten().copied().collect()
    }
}
