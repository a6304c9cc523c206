//! Responsible for matching the declared connectors of one customer with the remote ones.

use super::renames::{previous_names, renames};
use super::{LiveCustomer, absence};
use crate::model::{
    ConnectorEntry, ConnectorId, DefinitionId, DesiredConnector, DesiredCustomer, KindLookup,
    Observed, ObservedConnector,
};
use crate::plan::Reason;
use std::collections::{BTreeMap, BTreeSet};

/// The remote connector that a declared connector matches.
#[derive(Clone, Copy, Debug)]
pub(in crate::plan) enum ConnectorMatch<'a> {
    /// One existing connector. Without a ledger entry it is to be adopted.
    Live {
        id: ConnectorId,
        observed: &'a ObservedConnector,
        recorded: Option<&'a ConnectorEntry>,
    },
    /// None: the connector is to be created, for this reason.
    Absent(Reason),
    /// More than one unrecorded connector of this name and type.
    Ambiguous,
}

/// A declared connector with its match.
#[derive(Clone, Debug)]
pub(in crate::plan) struct MatchedConnector<'a> {
    pub(in crate::plan) name: &'a str,
    pub(in crate::plan) declared: &'a DesiredConnector,
    /// `None` if neither the embedded catalog nor the API has exactly one definition of the type.
    pub(in crate::plan) definition: Option<DefinitionId>,
    pub(in crate::plan) matched: ConnectorMatch<'a>,
    /// The files declare a recorded connector under a new name.
    pub(in crate::plan) renamed: bool,
    /// Existing unrecorded connectors with the declared name and type.
    pub(in crate::plan) namesakes: Vec<ConnectorId>,
    /// A namesake was created at or after the time of the recorded connector.
    pub(in crate::plan) has_newer_namesake: bool,
}

impl MatchedConnector<'_> {
    /// The id, if the ledger has the connector and it exists remotely.
    pub(in crate::plan) fn recorded_id(&self) -> Option<ConnectorId> {
        match self.matched {
            ConnectorMatch::Live { recorded, .. } => recorded.map(|recorded| recorded.id),
            _ => None,
        }
    }

    /// The unrecorded connector that already has the name and the type that a recorded connector of
    /// another name would get.
    pub(in crate::plan) fn rename_conflict(&self) -> Option<ConnectorId> {
        match self.matched {
            ConnectorMatch::Live {
                observed,
                recorded: Some(_),
                ..
            } if observed.name != self.name => self.namesakes.first().copied(),
            _ => None,
        }
    }
}

/// The connectors of one customer, matched.
#[derive(Debug, Default)]
pub(in crate::plan) struct ConnectorMatches<'a> {
    /// Declared connectors in name order.
    pub(in crate::plan) declared: Vec<MatchedConnector<'a>>,
    /// Existing recorded connectors that are no longer declared and not renamed.
    pub(in crate::plan) undeclared: Vec<(&'a str, ConnectorId, &'a ObservedConnector)>,
    /// Existing connectors without a ledger entry.
    pub(in crate::plan) unrecorded: Vec<(ConnectorId, &'a ObservedConnector)>,
    /// Those of them whose consents were refused.
    pub(in crate::plan) refused: BTreeSet<ConnectorId>,
}

impl<'a> ConnectorMatches<'a> {
    /// The connectors of a customer that is to be created.
    pub(super) fn all_absent(declared: &'a DesiredCustomer, observed: &Observed) -> Self {
        let connectors = declared.connectors.iter();
        let declared = connectors.map(|(name, declared)| MatchedConnector {
            name,
            declared,
            definition: definition_of(declared, observed),
            matched: ConnectorMatch::Absent(Reason::MissingRemote),
            renamed: false,
            namesakes: Vec::new(),
            has_newer_namesake: false,
        });
        Self {
            declared: declared.collect(),
            ..Self::default()
        }
    }
}

/// The definition of a declared type, from the embedded catalog or from the API.
fn definition_of(declared: &DesiredConnector, observed: &Observed) -> Option<DefinitionId> {
    let kind = &declared.kind;
    kind.definition_id
        .or_else(|| match observed.kinds.get(kind.name.as_str())? {
            KindLookup::Found(definition) => Some(*definition),
            _ => None,
        })
}

/// Whether an unrecorded connector with the same name and type was created at or after the time of
/// the recorded one. Another run may then be replacing the recorded connector.
fn newer_namesake_exists(
    matched: ConnectorMatch<'_>,
    namesakes: &[(ConnectorId, &ObservedConnector)],
) -> bool {
    let ConnectorMatch::Live {
        observed,
        recorded: Some(_),
        ..
    } = matched
    else {
        return false;
    };
    namesakes
        .iter()
        .any(|(_, other)| other.created() >= observed.created())
}

/// Index of one customer's remote and recorded connectors.
#[derive(Debug)]
pub(super) struct ConnectorIndex<'a> {
    observed: BTreeMap<ConnectorId, &'a ObservedConnector>,
    recorded: BTreeMap<&'a str, &'a ConnectorEntry>,
    /// Recorded name by new name.
    renamed: BTreeMap<&'a str, &'a str>,
    /// Declared `previous_name` by new name.
    previous: BTreeMap<&'a str, &'a str>,
    /// Existing connectors without a ledger entry, in id order.
    unrecorded: Vec<(ConnectorId, &'a ObservedConnector)>,
    /// Connectors whose consents were refused.
    refused: BTreeSet<ConnectorId>,
    /// The unrecorded connectors by name and type.
    by_name: BTreeMap<(&'a str, DefinitionId), Vec<(ConnectorId, &'a ObservedConnector)>>,
}

impl<'a> ConnectorIndex<'a> {
    pub(super) fn new(customer: LiveCustomer<'a>, declared: &'a DesiredCustomer) -> Self {
        let pending_deletion = customer.recorded.map(|recorded| &recorded.pending_deletion);
        let observed: BTreeMap<_, _> = customer
            .observed
            .connectors
            .iter()
            .flatten()
            .filter(|(id, _)| !pending_deletion.is_some_and(|ids| ids.contains(id)))
            .map(|(id, connector)| (*id, connector.as_ref()))
            .collect();
        let recorded: BTreeMap<_, _> = customer
            .recorded
            .iter()
            .flat_map(|recorded| &recorded.connectors)
            .map(|(name, connector)| (name.as_str(), connector.as_ref()))
            .collect();
        let recorded_ids: BTreeSet<ConnectorId> =
            recorded.values().map(|connector| connector.id).collect();
        let unrecorded: Vec<_> = observed
            .iter()
            .filter(|(id, _)| !recorded_ids.contains(id))
            .map(|(id, connector)| (*id, *connector))
            .collect();
        let mut by_name: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (id, connector) in &unrecorded {
            let key = (connector.name.as_str(), connector.definition_id);
            by_name.entry(key).or_default().push((*id, *connector));
        }
        Self {
            renamed: renames(&observed, &recorded, declared),
            previous: previous_names(declared),
            observed,
            recorded,
            unrecorded,
            refused: customer
                .recorded
                .map(|recorded| recorded.refused_consents.clone())
                .unwrap_or_default(),
            by_name,
        }
    }

    /// Matches every declared connector.
    pub(super) fn matches(
        self,
        declared: &'a DesiredCustomer,
        observed: &Observed,
    ) -> ConnectorMatches<'a> {
        let connectors = declared.connectors.iter();
        let matched = connectors.map(|(name, declared)| {
            let definition = definition_of(declared, observed);
            let matched = self.find(name, definition, declared.consent.is_some());
            let namesakes =
                definition.map_or(&[][..], |definition| self.unrecorded_of(name, definition));
            MatchedConnector {
                name,
                declared,
                definition,
                matched,
                renamed: self.renamed.contains_key(name),
                namesakes: namesakes.iter().map(|(id, _)| *id).collect(),
                has_newer_namesake: newer_namesake_exists(matched, namesakes),
            }
        });
        ConnectorMatches {
            declared: matched.collect(),
            undeclared: self.undeclared(declared),
            unrecorded: self.unrecorded,
            refused: self.refused,
        }
    }

    /// Matches one declared connector. A connector of an unknown type is matched by recorded id only, and one that
    /// needs a consent by no connector whose consent was refused.
    fn find(
        &self,
        name: &'a str,
        definition: Option<DefinitionId>,
        needs_consent: bool,
    ) -> ConnectorMatch<'a> {
        let recorded_name = self.renamed.get(name).copied().unwrap_or(name);
        let recorded = self.recorded.get(recorded_name).copied();
        if let Some(recorded) = recorded
            && let Some(observed) = self.observed.get(&recorded.id)
        {
            return ConnectorMatch::Live {
                id: recorded.id,
                observed,
                recorded: Some(recorded),
            };
        }
        let absent = ConnectorMatch::Absent(absence(recorded.is_some()));
        let Some(definition) = definition else {
            return absent;
        };
        // A recorded connector of the previous name was matched above, as a rename.
        let previous = self.previous.get(name).copied();
        let previous = previous.filter(|previous| !self.recorded.contains_key(previous));
        for name in [Some(name), previous].into_iter().flatten() {
            let unrecorded = self.unrecorded_of(name, definition).iter();
            let candidates: Vec<_> = unrecorded
                .filter(|(id, _)| !(needs_consent && self.refused.contains(id)))
                .collect();
            match candidates[..] {
                [] => {}
                [(id, observed)] => {
                    return ConnectorMatch::Live {
                        id: *id,
                        observed,
                        recorded: None,
                    };
                }
                _ => return ConnectorMatch::Ambiguous,
            }
        }
        absent
    }

    /// Existing unrecorded connectors with a name and type.
    fn unrecorded_of(
        &self,
        name: &'a str,
        definition: DefinitionId,
    ) -> &[(ConnectorId, &'a ObservedConnector)] {
        self.by_name
            .get(&(name, definition))
            .map_or(&[], Vec::as_slice)
    }

    fn undeclared(
        &self,
        declared: &DesiredCustomer,
    ) -> Vec<(&'a str, ConnectorId, &'a ObservedConnector)> {
        let renamed: BTreeSet<&str> = self.renamed.values().copied().collect();
        self.recorded
            .iter()
            .filter(|(name, _)| {
                !declared.connectors.contains_key(name) && !renamed.contains(**name)
            })
            .filter_map(|(name, recorded)| {
                Some((*name, recorded.id, *self.observed.get(&recorded.id)?))
            })
            .collect()
    }
}
