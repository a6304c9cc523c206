//! Which remote object is meant by a declared one: the recorded id first, else the exact name.

use super::Inputs;
use crate::model::{
    Applied, ConnectorId, DefinitionId, DesiredConnector, DesiredCustomer, ObservedConnector,
    ObservedCustomer, RecordedConnector, RecordedCustomer, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a declared customer was matched with.
#[derive(Debug)]
pub(super) enum CustomerMatch<'a> {
    /// A live workspace.
    Found(FoundCustomer<'a>),
    /// Nothing: it is to be created.
    Absent {
        /// It was there once and is gone.
        lost: bool,
    },
    /// More than one thing fits.
    Ambiguous(String),
    /// The recorded workspace carries a name that nothing explains.
    Renamed {
        /// The workspace.
        id: WorkspaceId,
        /// The name it carries.
        carries: String,
    },
    /// A workspace of the new name exists beside the one to be renamed.
    RenameConflict,
}

/// A live workspace that a declared customer means.
#[derive(Clone, Copy, Debug)]
pub(super) struct FoundCustomer<'a> {
    pub(super) id: WorkspaceId,
    pub(super) observed: &'a ObservedCustomer,
    pub(super) recorded: Option<&'a RecordedCustomer>,
}

/// Matches one declared customer.
pub(super) fn customer<'a>(
    inputs: &Inputs<'a>,
    index: &Index<'a>,
    name: &str,
    declared: &DesiredCustomer,
) -> CustomerMatch<'a> {
    let previous = declared.previous_name.as_deref();
    let recorded_now = index.recorded_alive(name);
    let recorded_before = previous.and_then(|previous| index.recorded_alive(previous));
    match (recorded_now, recorded_before) {
        (Some(now), Some(before)) if now != before => CustomerMatch::RenameConflict,
        (Some(id), _) | (None, Some(id)) => recorded_match(inputs, index, id, name, previous),
        (None, None) => {
            let lost =
                index.recorded_lost(name) || previous.is_some_and(|p| index.recorded_lost(p));
            match index.by_name(name) {
                [] => previous.map_or(CustomerMatch::Absent { lost }, |previous| {
                    match index.by_name(previous) {
                        [] => CustomerMatch::Absent { lost },
                        [id] => found(inputs, *id),
                        _ => CustomerMatch::Ambiguous(previous.to_owned()),
                    }
                }),
                [id] => found(inputs, *id),
                _ => CustomerMatch::Ambiguous(name.to_owned()),
            }
        }
    }
}

/// What a declared customer may mean, so that none of it counts as undeclared: where the match is
/// in doubt, everything of ours that is recorded under its name or carries it.
pub(super) fn meant(
    inputs: &Inputs<'_>,
    index: &Index<'_>,
    name: &str,
    declared: &DesiredCustomer,
) -> Vec<WorkspaceId> {
    match customer(inputs, index, name, declared) {
        CustomerMatch::Found(found) => vec![found.id],
        CustomerMatch::Renamed { id, .. } => vec![id],
        CustomerMatch::Absent { .. } => Vec::new(),
        CustomerMatch::Ambiguous(_) | CustomerMatch::RenameConflict => {
            let names = [Some(name), declared.previous_name.as_deref()];
            let ids = names.into_iter().flatten().flat_map(|name| {
                let recorded = index.recorded_alive(name);
                recorded
                    .into_iter()
                    .chain(index.by_name(name).iter().copied())
            });
            ids.filter(|id| inputs.recorded.customers.contains_key(id))
                .collect()
        }
    }
}

fn recorded_match<'a>(
    inputs: &Inputs<'a>,
    index: &Index<'a>,
    id: WorkspaceId,
    name: &str,
    previous: Option<&str>,
) -> CustomerMatch<'a> {
    let carries = inputs.observed.customers[&id].name.as_str();
    let another_has_the_name = index.by_name(name).iter().any(|other| *other != id);
    if carries == name {
        if another_has_the_name {
            return CustomerMatch::Ambiguous(name.to_owned());
        }
        found(inputs, id)
    } else if Some(carries) == previous {
        if another_has_the_name {
            return CustomerMatch::RenameConflict;
        }
        found(inputs, id)
    } else {
        CustomerMatch::Renamed {
            id,
            carries: carries.to_owned(),
        }
    }
}

fn found<'a>(inputs: &Inputs<'a>, id: WorkspaceId) -> CustomerMatch<'a> {
    CustomerMatch::Found(FoundCustomer {
        id,
        observed: &inputs.observed.customers[&id],
        recorded: inputs.recorded.customers.get(&id),
    })
}

/// Look-ups by name over the recorded and the observed customers.
#[derive(Debug)]
pub(super) struct Index<'a> {
    alive: BTreeMap<&'a str, WorkspaceId>,
    lost: BTreeSet<&'a str>,
    observed: BTreeMap<&'a str, Vec<WorkspaceId>>,
}

impl<'a> Index<'a> {
    pub(super) fn new(inputs: &Inputs<'a>) -> Self {
        let mut index = Self {
            alive: BTreeMap::new(),
            lost: BTreeSet::new(),
            observed: BTreeMap::new(),
        };
        for (id, customer) in &inputs.recorded.customers {
            if inputs.observed.customers.contains_key(id) {
                index.alive.insert(&customer.name, *id);
            } else {
                index.lost.insert(&customer.name);
            }
        }
        for (id, customer) in &inputs.observed.customers {
            index.observed.entry(&customer.name).or_default().push(*id);
        }
        index
    }

    fn recorded_alive(&self, name: &str) -> Option<WorkspaceId> {
        self.alive.get(name).copied()
    }

    fn recorded_lost(&self, name: &str) -> bool {
        self.lost.contains(name)
    }

    fn by_name(&self, name: &str) -> &[WorkspaceId] {
        self.observed.get(name).map_or(&[], Vec::as_slice)
    }
}

/// What a declared connector was matched with.
#[derive(Clone, Copy, Debug)]
pub(super) enum ConnectorMatch<'a> {
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

/// Everything a customer's declared connectors are matched against.
#[derive(Debug)]
pub(super) struct ConnectorPool<'a> {
    observed: BTreeMap<ConnectorId, &'a ObservedConnector>,
    recorded: BTreeMap<&'a str, &'a RecordedConnector>,
    renamed: BTreeMap<&'a str, &'a str>,
    /// New name to previous name, as the files spell it out.
    previous: BTreeMap<&'a str, &'a str>,
}

impl<'a> ConnectorPool<'a> {
    pub(super) fn new(found: FoundCustomer<'a>, declared: &'a DesiredCustomer) -> Self {
        let leaving = found.recorded.map(|recorded| &recorded.leaving);
        let observed: BTreeMap<_, _> = found
            .observed
            .connectors
            .iter()
            .flatten()
            .filter(|(id, _)| !leaving.is_some_and(|leaving| leaving.contains(id)))
            .map(|(id, connector)| (*id, connector))
            .collect();
        let recorded: BTreeMap<_, _> = found
            .recorded
            .iter()
            .flat_map(|recorded| &recorded.connectors)
            .map(|(name, connector)| (name.as_str(), connector))
            .collect();
        let renamed = renames(&observed, &recorded, declared);
        Self {
            observed,
            recorded,
            renamed,
            previous: previous_names(declared),
        }
    }

    /// Whether beside a recorded connector there is one of the declared name and type that is not
    /// ours and came later.
    pub(super) fn has_younger(
        &self,
        name: &str,
        definition: DefinitionId,
        matched: ConnectorMatch<'_>,
    ) -> bool {
        let ConnectorMatch::Found {
            observed,
            recorded: Some(_),
            ..
        } = matched
        else {
            return false;
        };
        self.unrecorded().any(|(_, other)| {
            let fits = other.name == name && other.definition_id == definition;
            fits && other.created() >= observed.created()
        })
    }

    /// Matches one declared connector of a known type.
    pub(super) fn find(&self, name: &str, definition: DefinitionId) -> ConnectorMatch<'a> {
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
        // Under its previous name where the ledger no longer knows that one either.
        let previous = self.previous.get(name).copied();
        let previous = previous.filter(|previous| !self.recorded.contains_key(previous));
        for name in [Some(name), previous].into_iter().flatten() {
            let mut fits = self.unrecorded().filter(|(_, connector)| {
                connector.name == name && connector.definition_id == definition
            });
            match (fits.next(), fits.next()) {
                (None, _) => {}
                (Some((id, observed)), None) => {
                    return ConnectorMatch::Found {
                        id,
                        observed,
                        recorded: None,
                    };
                }
                (Some(_), Some(_)) => return ConnectorMatch::Ambiguous,
            }
        }
        ConnectorMatch::Absent { lost }
    }

    /// Whether the files carry a new name for a recorded connector.
    pub(super) fn is_renamed(&self, name: &str) -> bool {
        self.renamed.contains_key(name)
    }

    /// Live connectors that the ledger does not know.
    pub(super) fn unrecorded(&self) -> impl Iterator<Item = (ConnectorId, &'a ObservedConnector)> {
        self.observed
            .iter()
            .filter(|(id, _)| !self.recorded.values().any(|recorded| recorded.id == **id))
            .map(|(id, connector)| (*id, *connector))
    }

    /// Live recorded connectors that the files no longer name, renames aside.
    pub(super) fn undeclared(
        &self,
        declared: &DesiredCustomer,
    ) -> impl Iterator<Item = (&'a str, ConnectorId)> {
        self.recorded
            .iter()
            .filter(|(name, recorded)| {
                !declared.connectors.contains_key(**name)
                    && !self.renamed.values().any(|renamed| renamed == *name)
                    && self.observed.contains_key(&recorded.id)
            })
            .map(|(name, recorded)| (*name, recorded.id))
    }
}

/// New name to previous name, where the files spell that one out, for one connector, and declare no
/// other of it.
fn previous_names(declared: &DesiredCustomer) -> BTreeMap<&str, &str> {
    let claims = || {
        let connectors = declared.connectors.iter();
        connectors.filter_map(|(name, one)| Some((name.as_str(), one.previous_name.as_deref()?)))
    };
    let is_free = |previous: &str| {
        let claimed = claims().filter(|(_, other)| *other == previous).count();
        claimed == 1 && !declared.connectors.contains_key(previous)
    };
    claims().filter(|(_, previous)| is_free(previous)).collect()
}

/// New name to recorded name, for connectors that were renamed in the files: said so by
/// `previous_name`, or plain to see because one undeclared connector and one new declaration
/// have the same type, the same references and the same environment, and no other fits.
fn renames<'a>(
    observed: &BTreeMap<ConnectorId, &'a ObservedConnector>,
    recorded: &BTreeMap<&'a str, &'a RecordedConnector>,
    declared: &'a DesiredCustomer,
) -> BTreeMap<&'a str, &'a str> {
    let mut renames = BTreeMap::new();
    let free: Vec<(&str, &RecordedConnector)> = recorded
        .iter()
        .filter(|(name, connector)| {
            !declared.connectors.contains_key(**name) && observed.contains_key(&connector.id)
        })
        .map(|(name, connector)| (*name, *connector))
        .collect();
    let new: Vec<(&str, &DesiredConnector)> = declared
        .connectors
        .iter()
        .filter(|(name, _)| !recorded.contains_key(name.as_str()))
        .map(|(name, connector)| (name.as_str(), connector))
        .collect();
    for (name, connector) in &new {
        let old = match connector.previous_name.as_deref() {
            Some(previous) => free
                .iter()
                .find(|(name, _)| *name == previous)
                .map(|(old, _)| *old),
            None => sole_likeness(connector, &free, &new),
        };
        if let Some(old) = old
            && !renames.values().any(|taken| *taken == old)
        {
            renames.insert(*name, old);
        }
    }
    renames
}

fn sole_likeness<'a>(
    connector: &DesiredConnector,
    free: &[(&'a str, &RecordedConnector)],
    new: &[(&str, &DesiredConnector)],
) -> Option<&'a str> {
    let mut alike = free
        .iter()
        .filter(|(_, recorded)| alike(connector, recorded));
    let (old, recorded) = alike.next()?;
    let rivals = new
        .iter()
        .filter(|(_, other)| alike_or_claims(other, old, recorded))
        .count();
    (alike.next().is_none() && rivals == 1).then_some(*old)
}

fn alike_or_claims(connector: &DesiredConnector, old: &str, recorded: &RecordedConnector) -> bool {
    connector.previous_name.as_deref() == Some(old) || alike(connector, recorded)
}

fn alike(connector: &DesiredConnector, recorded: &RecordedConnector) -> bool {
    let Some(sent) = &recorded.sent else {
        return false;
    };
    let references: BTreeMap<String, String> = connector
        .secret_leaves()
        .into_iter()
        .filter_map(|(path, leaf)| match leaf {
            crate::model::Setting::Secret(reference) => Some((path, reference.to_string())),
            _ => None,
        })
        .collect();
    let Applied { environment, .. } = &recorded.applied;
    !references.is_empty()
        && connector.kind.definition_id == Some(recorded.definition_id)
        && references == sent.references
        && *environment == connector.environment
}
