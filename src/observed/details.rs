//! Which connectors have to be read one by one, because a comparison needs more than the list.

use super::{Reading, Refresh};
use crate::model::{
    ConnectorId, DesiredConnector, DesiredCustomer, ObservedConnector, ObservedCustomer,
    RecordedConnector, RecordedCustomer, WorkspaceId,
};

impl Reading<'_> {
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
        let recorded = self.recorded.customers.get(&id);
        customer
            .connectors
            .iter()
            .flatten()
            .filter(|(id, observed)| {
                let ours = recorded.and_then(|recorded| by_id(recorded, **id));
                declared
                    .connectors
                    .iter()
                    .filter(|(name, wanted)| {
                        fits(name, wanted, observed, ours)
                            || may_rename(name, wanted, declared, recorded, ours)
                    })
                    .any(|(_, wanted)| self.needs_details(wanted, observed, ours))
            })
            .map(|(id, _)| *id)
            .collect()
    }

    fn needs_details(
        &self,
        wanted: &DesiredConnector,
        observed: &ObservedConnector,
        ours: Option<(&String, &RecordedConnector)>,
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
        self.refresh == Refresh::Full
            || observed.updated_at.is_none()
            || observed.updated_at != recorded.updated_at
            || wanted.replication_config != recorded.applied.replication_config
            || wanted.entities != recorded.applied.entities
    }
}

fn by_id(recorded: &RecordedCustomer, id: ConnectorId) -> Option<(&String, &RecordedConnector)> {
    let mut connectors = recorded.connectors.iter();
    connectors.find(|(_, connector)| connector.id == id)
}

/// Whether a declared connector may be matched with an observed one: by the name it is recorded
/// under, or by the name it has.
fn fits(
    name: &str,
    wanted: &DesiredConnector,
    observed: &ObservedConnector,
    ours: Option<(&String, &RecordedConnector)>,
) -> bool {
    let is = |other: &str| name == other || wanted.previous_name.as_deref() == Some(other);
    is(&observed.name) || ours.is_some_and(|(recorded_as, _)| is(recorded_as))
}

/// Whether a declared connector may be a recorded one under a new name that nothing spells out:
/// the files no longer have the old name, and the ledger does not know the new one.
fn may_rename(
    name: &str,
    wanted: &DesiredConnector,
    declared: &DesiredCustomer,
    recorded: Option<&RecordedCustomer>,
    ours: Option<(&String, &RecordedConnector)>,
) -> bool {
    ours.is_some_and(|(recorded_as, connector)| {
        !declared.connectors.contains_key(recorded_as)
            && wanted.kind.definition_id == Some(connector.definition_id)
    }) && recorded.is_some_and(|recorded| !recorded.connectors.contains_key(name))
}
