//! Responsible for the connectors of a workspace before the creations of a run, found by id, by name and
//! by type, so that a creation costs the same in a large workspace.

use super::live_connectors::Listed;
use crate::model::{ConnectorBody, ConnectorId, DefinitionId, ObservedConnector, SharedText};
use std::collections::{BTreeMap, BTreeSet};

/// A list of connectors.
#[derive(Debug, Default)]
pub(super) struct CachedList {
    listed: Listed,
    by_name: BTreeMap<SharedText, BTreeSet<ConnectorId>>,
    /// The connectors that the ledger did not own when the list was read.
    unowned: BTreeMap<DefinitionId, BTreeSet<ConnectorId>>,
}

impl CachedList {
    pub(super) fn new(listed: Listed, owns: impl Fn(ConnectorId) -> bool) -> Self {
        let mut cached = Self::default();
        for (id, connector) in &listed {
            let name = connector.name.clone();
            cached.by_name.entry(name).or_default().insert(*id);
            if !owns(*id) {
                let unowned = cached.unowned.entry(connector.definition_id);
                unowned.or_default().insert(*id);
            }
        }
        Self { listed, ..cached }
    }

    pub(super) fn get(&self, id: ConnectorId) -> Option<&ObservedConnector> {
        self.listed.get(&id).map(Box::as_ref)
    }

    /// The connectors with the name and the type of a body.
    pub(super) fn matching(&self, body: &ConnectorBody) -> impl Iterator<Item = ConnectorId> {
        let definition = body.definition_id;
        let named = self.by_name.get(body.name.as_str()).into_iter().flatten();
        named
            .copied()
            .filter(move |id| self.listed[id].definition_id == definition)
    }

    /// The connectors that could be taken for the one that a body creates: those of its name and type, and
    /// those of its type that may be renamed by others. A connector of the ledger is never taken for another one.
    pub(super) fn similar(&self, body: &ConnectorBody) -> BTreeSet<ConnectorId> {
        let unowned = self.unowned.get(&body.definition_id);
        let unowned = unowned.into_iter().flatten().copied();
        self.matching(body).chain(unowned).collect()
    }

    pub(super) fn remove(&mut self, id: ConnectorId) {
        if let Some(connector) = self.listed.remove(&id) {
            if let Some(named) = self.by_name.get_mut(&connector.name) {
                named.remove(&id);
            }
            if let Some(unowned) = self.unowned.get_mut(&connector.definition_id) {
                unowned.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CachedList;
    use crate::model::{ConnectorBody, ConnectorId, DefinitionId, ObservedConnector};
    use serde_json::json;
    use uuid::Uuid;

    fn id(n: u128) -> ConnectorId {
        ConnectorId(Uuid::from_u128(n))
    }

    fn definition(n: u128) -> DefinitionId {
        DefinitionId(Uuid::from_u128(n))
    }

    fn connector(name: &str, kind: u128) -> ObservedConnector {
        ObservedConnector {
            name: name.into(),
            definition_id: definition(kind),
            kind_name: None,
            template_id: None,
            created_at: None,
            updated_at: None,
            detail: None,
        }
    }

    fn body(name: &str, kind: u128) -> ConnectorBody {
        let body = json!({"name": name, "kind": "github", "definition_id": definition(kind)});
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn similar_connectors_have_the_name_or_are_not_owned_and_have_the_type() {
        let listed = [
            (id(1), connector("a", 7).into()),
            (id(2), connector("b", 7).into()),
            (id(3), connector("c", 7).into()),
            (id(4), connector("d", 8).into()),
            (id(5), connector("a", 8).into()),
        ];
        let mut cached = CachedList::new(listed.into(), |owned| owned == id(1) || owned == id(2));
        assert_eq!(cached.similar(&body("a", 7)), [id(1), id(3)].into());
        assert_eq!(cached.similar(&body("new", 7)), [id(3)].into());
        assert_eq!(cached.similar(&body("new", 9)), [].into());
        assert_eq!(cached.matching(&body("a", 8)).collect::<Vec<_>>(), [id(5)]);
        cached.remove(id(3));
        assert_eq!(cached.similar(&body("a", 7)), [id(1)].into());
        assert_eq!(cached.get(id(3)), None);
    }
}
