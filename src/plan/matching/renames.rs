//! Responsible for recognizing connectors that were renamed in the files.

use crate::model::{
    ConnectorId, DefinitionId, DesiredConnector, DesiredCustomer, ObservedConnector,
    RecordedConnector, Setting, Settings,
};
use std::collections::{BTreeMap, BTreeSet};

/// New name to previous name, where the files spell that one out, for one connector, and declare no
/// other of it.
pub(super) fn previous_names(declared: &DesiredCustomer) -> BTreeMap<&str, &str> {
    let claims = || {
        let connectors = declared.connectors.iter();
        connectors.filter_map(|(name, connector)| {
            Some((name.as_str(), connector.previous_name.as_deref()?))
        })
    };
    let counts = count(claims().map(|(_, previous)| previous));
    claims()
        .filter(|(_, previous)| {
            counts[previous] == 1 && !declared.connectors.contains_key(*previous)
        })
        .collect()
}

/// New name to recorded name, for connectors that were renamed in the files: said so by
/// `previous_name`, or plain to see because one undeclared connector and one new declaration
/// have the same type, the same references and the same environment, and no other fits.
pub(super) fn renames<'a>(
    observed: &BTreeMap<ConnectorId, &'a ObservedConnector>,
    recorded: &BTreeMap<&'a str, &'a RecordedConnector>,
    declared: &'a DesiredCustomer,
) -> BTreeMap<&'a str, &'a str> {
    let free: BTreeMap<&str, &RecordedConnector> = recorded
        .iter()
        .filter(|(name, connector)| {
            !declared.connectors.contains_key(**name) && observed.contains_key(&connector.id)
        })
        .map(|(name, connector)| (*name, *connector))
        .collect();
    if free.is_empty() {
        return BTreeMap::new();
    }
    let new: Vec<(&str, &DesiredConnector)> = declared
        .connectors
        .iter()
        .filter(|(name, _)| !recorded.contains_key(name.as_str()))
        .map(|(name, connector)| (name.as_str(), connector))
        .collect();
    let likenesses = Likenesses::new(&free, &new);
    let mut renames = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (name, connector) in new {
        let old = match connector.previous_name.as_deref() {
            Some(previous) => free.get_key_value(previous).map(|(old, _)| *old),
            None => likenesses.sole(connector),
        };
        if let Some(old) = old
            && taken.insert(old)
        {
            renames.insert(name, old);
        }
    }
    renames
}

/// What a connector is recognized by under another name: its type, its references by path, and its
/// environment as text.
type Likeness = (DefinitionId, BTreeMap<String, String>, String);

/// Recorded connectors that lost their declaration, and new declarations, by likeness.
struct Likenesses<'a> {
    free: BTreeMap<Likeness, Vec<&'a str>>,
    new: BTreeMap<Likeness, usize>,
    /// Names that a new declaration gives as its previous one.
    claimed: BTreeSet<&'a str>,
}

impl<'a> Likenesses<'a> {
    fn new(
        free: &BTreeMap<&'a str, &RecordedConnector>,
        new: &[(&'a str, &'a DesiredConnector)],
    ) -> Self {
        let mut by_likeness: BTreeMap<Likeness, Vec<&str>> = BTreeMap::new();
        for (name, connector) in free {
            if let Some(likeness) = of_recorded(connector) {
                by_likeness.entry(likeness).or_default().push(name);
            }
        }
        Self {
            free: by_likeness,
            new: count(
                new.iter()
                    .filter_map(|(_, connector)| of_declared(connector)),
            ),
            claimed: new
                .iter()
                .filter_map(|(_, connector)| connector.previous_name.as_deref())
                .collect(),
        }
    }

    /// The one recorded connector that a new declaration is like, if it is like no other and no
    /// other declaration is like it or claims it.
    fn sole(&self, connector: &DesiredConnector) -> Option<&'a str> {
        let likeness = of_declared(connector)?;
        let [old] = self.free.get(&likeness)?.as_slice() else {
            return None;
        };
        (self.new.get(&likeness) == Some(&1) && !self.claimed.contains(old)).then_some(*old)
    }
}

fn of_recorded(recorded: &RecordedConnector) -> Option<Likeness> {
    let references = recorded.sent.as_ref()?.references.clone();
    let environment = text(recorded.applied.environment.as_ref())?;
    Some((recorded.definition_id, references, environment))
}

/// Nothing for a connector without references or of a type outside the catalog.
fn of_declared(connector: &DesiredConnector) -> Option<Likeness> {
    let references: BTreeMap<String, String> = connector
        .secret_leaves()
        .into_iter()
        .filter_map(|(path, leaf)| match leaf {
            Setting::Secret(reference) => Some((path, reference.to_string())),
            _ => None,
        })
        .collect();
    let environment = text(connector.environment.as_ref())?;
    (!references.is_empty())
        .then_some(())
        .and(connector.kind.definition_id)
        .map(|definition| (definition, references, environment))
}

/// Equal for equal settings, because their fields are in name order.
fn text(settings: Option<&Settings>) -> Option<String> {
    serde_json::to_string(&settings).ok()
}

fn count<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}
