//! Responsible for matching the connectors of one customer.

use super::FoundCustomer;
use super::renames::{previous_names, renames};
use crate::model::{
    ConnectorId, DefinitionId, DesiredConnector, DesiredCustomer, KindLookup, Observed,
    ObservedConnector, RecordedConnector,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a declared connector was matched with.
#[derive(Clone, Copy, Debug)]
pub(in crate::plan) enum ConnectorMatch<'a> {
    /// A live connector; recorded unless it is to be adopted.
    Found {
        id: ConnectorId,
        observed: &'a ObservedConnector,
        recorded: Option<&'a RecordedConnector>,
    },
    /// Nothing: it is to be created.
    Absent {
        /// It was there once and is gone.
        lost: bool,
    },
    /// More than one connector of this name and type.
    Ambiguous,
}

/// A declared connector with what it means.
#[derive(Clone, Debug)]
pub(in crate::plan) struct MatchedConnector<'a> {
    pub(in crate::plan) name: &'a str,
    pub(in crate::plan) declared: &'a DesiredConnector,
    /// Nothing when neither the catalog nor the API knows one definition of the type.
    pub(in crate::plan) definition: Option<DefinitionId>,
    pub(in crate::plan) matched: ConnectorMatch<'a>,
    /// The files carry a new name for a recorded connector.
    pub(in crate::plan) renamed: bool,
    /// Live connectors of the declared name and type that the ledger does not know.
    pub(in crate::plan) namesakes: Vec<ConnectorId>,
    /// One of them is younger than the recorded connector.
    pub(in crate::plan) contested: bool,
}

/// The connectors of one customer, matched.
#[derive(Debug, Default)]
pub(in crate::plan) struct ConnectorMatches<'a> {
    /// Declared connectors in name order.
    pub(in crate::plan) declared: Vec<MatchedConnector<'a>>,
    /// Live recorded connectors that the files no longer name, renames aside.
    pub(in crate::plan) undeclared: Vec<(&'a str, ConnectorId, &'a ObservedConnector)>,
    /// Live connectors that the ledger does not know.
    pub(in crate::plan) unrecorded: Vec<(ConnectorId, &'a ObservedConnector)>,
}

impl<'a> ConnectorMatches<'a> {
    /// For a customer that is to be created.
    pub(super) fn all_absent(declared: &'a DesiredCustomer, observed: &Observed) -> Self {
        let connectors = declared.connectors.iter();
        let declared = connectors.map(|(name, declared)| MatchedConnector {
            name,
            declared,
            definition: definition_of(declared, observed),
            matched: ConnectorMatch::Absent { lost: false },
            renamed: false,
            namesakes: Vec::new(),
            contested: false,
        });
        Self {
            declared: declared.collect(),
            ..Self::default()
        }
    }
}

/// The definition of a declared type, from the catalog or as the API told it.
fn definition_of(declared: &DesiredConnector, observed: &Observed) -> Option<DefinitionId> {
    let kind = &declared.kind;
    kind.definition_id
        .or_else(|| match observed.kinds.get(&kind.name)? {
            KindLookup::Found(definition) => Some(*definition),
            _ => None,
        })
}

/// Whether beside a recorded connector there is one that is not ours and came later.
fn is_contested(
    matched: ConnectorMatch<'_>,
    namesakes: &[(ConnectorId, &ObservedConnector)],
) -> bool {
    let ConnectorMatch::Found {
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

/// Everything a customer's declared connectors are matched against.
#[derive(Debug)]
pub(super) struct ConnectorPool<'a> {
    observed: BTreeMap<ConnectorId, &'a ObservedConnector>,
    recorded: BTreeMap<&'a str, &'a RecordedConnector>,
    /// New name to recorded name.
    renamed: BTreeMap<&'a str, &'a str>,
    /// New name to previous name, as the files spell it out.
    previous: BTreeMap<&'a str, &'a str>,
    /// Live connectors that the ledger does not know, in id order.
    unrecorded: Vec<(ConnectorId, &'a ObservedConnector)>,
    /// The same by name and type.
    by_name: BTreeMap<(&'a str, DefinitionId), Vec<(ConnectorId, &'a ObservedConnector)>>,
}

impl<'a> ConnectorPool<'a> {
    pub(super) fn new(found: FoundCustomer<'a>, declared: &'a DesiredCustomer) -> Self {
        let pending_deletion = found.recorded.map(|recorded| &recorded.pending_deletion);
        let observed: BTreeMap<_, _> = found
            .observed
            .connectors
            .iter()
            .flatten()
            .filter(|(id, _)| !pending_deletion.is_some_and(|ids| ids.contains(id)))
            .map(|(id, connector)| (*id, connector))
            .collect();
        let recorded: BTreeMap<_, _> = found
            .recorded
            .iter()
            .flat_map(|recorded| &recorded.connectors)
            .map(|(name, connector)| (name.as_str(), connector))
            .collect();
        let ours: BTreeSet<ConnectorId> = recorded.values().map(|connector| connector.id).collect();
        let unrecorded: Vec<_> = observed
            .iter()
            .filter(|(id, _)| !ours.contains(id))
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
            let matched = self.find(name, definition);
            let namesakes =
                definition.map_or(&[][..], |definition| self.unrecorded_of(name, definition));
            MatchedConnector {
                name,
                declared,
                definition,
                matched,
                renamed: self.renamed.contains_key(name.as_str()),
                namesakes: namesakes.iter().map(|(id, _)| *id).collect(),
                contested: is_contested(matched, namesakes),
            }
        });
        ConnectorMatches {
            declared: matched.collect(),
            undeclared: self.undeclared(declared),
            unrecorded: self.unrecorded,
        }
    }

    /// Matches one declared connector; one of an unknown type by its recorded id alone.
    fn find(&self, name: &'a str, definition: Option<DefinitionId>) -> ConnectorMatch<'a> {
        let recorded_name = self.renamed.get(name).copied().unwrap_or(name);
        let recorded = self.recorded.get(recorded_name).copied();
        if let Some(recorded) = recorded
            && let Some(observed) = self.observed.get(&recorded.id)
        {
            return ConnectorMatch::Found {
                id: recorded.id,
                observed,
                recorded: Some(recorded),
            };
        }
        let lost = recorded.is_some();
        let Some(definition) = definition else {
            return ConnectorMatch::Absent { lost };
        };
        // Under its previous name where the ledger no longer knows that one either.
        let previous = self.previous.get(name).copied();
        let previous = previous.filter(|previous| !self.recorded.contains_key(previous));
        for name in [Some(name), previous].into_iter().flatten() {
            match self.unrecorded_of(name, definition) {
                [] => {}
                [(id, observed)] => {
                    return ConnectorMatch::Found {
                        id: *id,
                        observed,
                        recorded: None,
                    };
                }
                _ => return ConnectorMatch::Ambiguous,
            }
        }
        ConnectorMatch::Absent { lost }
    }

    /// Live connectors of a name and type that the ledger does not know.
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
                !declared.connectors.contains_key(**name) && !renamed.contains(**name)
            })
            .filter_map(|(name, recorded)| {
                Some((*name, recorded.id, *self.observed.get(&recorded.id)?))
            })
            .collect()
    }
}
