//! Responsible for detecting connectors that were renamed in the files, by `previous_name` or by
//! equal type, references, environment and settings.

use crate::model::{
    Applied, ConnectorEntry, ConnectorId, DefinitionId, DesiredConnector, DesiredCustomer, Entity,
    ObservedConnector, Setting, Settings,
};
use std::collections::{BTreeMap, BTreeSet};

/// Declared `previous_name` by new name. A previous name that is declared itself, or that more than
/// one connector claims, is left out.
pub(super) fn previous_names(declared: &DesiredCustomer) -> BTreeMap<&str, &str> {
    let claims = || {
        let connectors = declared.connectors.iter();
        connectors.filter_map(|(name, connector)| Some((name, connector.previous_name.as_deref()?)))
    };
    let counts = count(claims().map(|(_, previous)| previous));
    claims()
        .filter(|(_, previous)| {
            counts[previous] == 1 && !declared.connectors.contains_key(previous)
        })
        .collect()
}

/// Recorded name by new name, for connectors that were renamed in the files. A rename is declared
/// by `previous_name`, or inferred if exactly one undeclared connector and exactly one new
/// declaration differ in nothing but their names. A connector with other settings reads other data, so
/// that agents that hold the old id must not get it.
pub(super) fn renames<'a>(
    observed: &BTreeMap<ConnectorId, &'a ObservedConnector>,
    recorded: &BTreeMap<&'a str, &'a ConnectorEntry>,
    declared: &'a DesiredCustomer,
) -> BTreeMap<&'a str, &'a str> {
    let undeclared: BTreeMap<&str, &ConnectorEntry> = recorded
        .iter()
        .filter(|(name, connector)| {
            !declared.connectors.contains_key(name) && observed.contains_key(&connector.id)
        })
        .map(|(name, connector)| (*name, *connector))
        .collect();
    if undeclared.is_empty() {
        return BTreeMap::new();
    }
    let new: Vec<(&str, &DesiredConnector)> = declared
        .connectors
        .iter()
        .filter(|(name, _)| !recorded.contains_key(name))
        .map(|(name, connector)| (name, &**connector))
        .collect();
    let candidates = RenameCandidates::new(&undeclared, &new);
    let mut renames = BTreeMap::new();
    let mut matched = BTreeSet::new();
    for (name, connector) in new {
        let old = match connector.previous_name.as_deref() {
            Some(previous) => undeclared.get_key_value(previous).map(|(old, _)| *old),
            None => candidates.only_match(connector),
        };
        if let Some(old) = old
            && matched.insert(old)
        {
            renames.insert(name, old);
        }
    }
    renames
}

/// The properties by which a rename is inferred: the type, the references by path, and everything else as JSON.
type RenameKey = (DefinitionId, BTreeMap<String, String>, String);

/// Undeclared recorded connectors and new declarations, by key.
struct RenameCandidates<'a> {
    undeclared: BTreeMap<RenameKey, Vec<&'a str>>,
    /// Number of new declarations with the key.
    new: BTreeMap<RenameKey, usize>,
    /// Names that a new declaration has as its `previous_name`.
    claimed: BTreeSet<&'a str>,
}

impl<'a> RenameCandidates<'a> {
    fn new(
        undeclared: &BTreeMap<&'a str, &ConnectorEntry>,
        new: &[(&'a str, &'a DesiredConnector)],
    ) -> Self {
        let mut by_key: BTreeMap<RenameKey, Vec<&str>> = BTreeMap::new();
        for (name, connector) in undeclared {
            if let Some(key) = recorded_key(connector) {
                by_key.entry(key).or_default().push(name);
            }
        }
        Self {
            undeclared: by_key,
            new: count(
                new.iter()
                    .filter_map(|(_, connector)| declared_key(connector)),
            ),
            claimed: new
                .iter()
                .filter_map(|(_, connector)| connector.previous_name.as_deref())
                .collect(),
        }
    }

    /// The recorded connector with the key of a new declaration. `None` if another recorded connector
    /// or another declaration has the same key, or another declaration claims the connector.
    fn only_match(&self, connector: &DesiredConnector) -> Option<&'a str> {
        let key = declared_key(connector)?;
        let [old] = self.undeclared.get(&key)?.as_slice() else {
            return None;
        };
        (self.new.get(&key) == Some(&1) && !self.claimed.contains(old)).then_some(*old)
    }
}

fn recorded_key(recorded: &ConnectorEntry) -> Option<RenameKey> {
    let references = recorded.sent.as_ref()?.references.iter();
    let references = references.map(|(path, reference)| (path.to_owned(), reference.into()));
    let Applied {
        environment,
        replication_config,
        entities,
        ..
    } = &recorded.applied;
    let rest = json(
        environment.as_ref(),
        replication_config.as_ref(),
        entities.as_deref(),
    )?;
    Some((recorded.definition_id, references.collect(), rest))
}

/// `None` for a connector without references or of a type outside the embedded catalog.
fn declared_key(connector: &DesiredConnector) -> Option<RenameKey> {
    let references: BTreeMap<String, String> = connector
        .secret_leaves()
        .into_iter()
        .filter_map(|(path, leaf)| match leaf {
            Setting::Secret(reference) => Some((path, reference.to_string())),
            _ => None,
        })
        .collect();
    let rest = json(
        connector.environment.as_ref(),
        connector.replication_config.as_ref(),
        connector.entities.as_deref(),
    )?;
    (!references.is_empty())
        .then_some(())
        .and(connector.kind.definition_id)
        .map(|definition| (definition, references, rest))
}

/// Equal for equal settings, because settings are ordered by name.
fn json(
    environment: Option<&Settings>,
    replication_config: Option<&Settings>,
    entities: Option<&[Entity]>,
) -> Option<String> {
    let replication_config = declared_settings(replication_config);
    // Their order means nothing.
    let entities: BTreeSet<&Entity> = entities.into_iter().flatten().collect();
    serde_json::to_string(&(declared_settings(environment), replication_config, entities)).ok()
}

fn declared_settings(settings: Option<&Settings>) -> Option<&Settings> {
    settings.filter(|settings| !settings.is_empty())
}

fn count<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}
