//! Responsible for the declaration of one connector.

use super::facts::{ConnectorFacts, DeclaredBlock};
use super::names::GeneratedNames;
use super::{Block, ExportedConnector, credentials, settings};
use crate::catalog;
use crate::model::{ConnectorId, CustomerEntry, DesiredCustomer, ObservedConnector};
use std::collections::{BTreeMap, BTreeSet};

/// Declares one connector.
pub(super) fn declare(
    id: ConnectorId,
    observed: &ObservedConnector,
    customer: &str,
    recorded: Option<&CustomerEntry>,
    declared: Option<&DesiredCustomer>,
    names: &mut GeneratedNames,
) -> ExportedConnector {
    let mut connectors = recorded
        .into_iter()
        .flat_map(|customer| &customer.connectors);
    let entry = connectors.find(|(_, connector)| connector.id == id);
    let declared = declared.and_then(|customer| {
        let recorded_as = entry.and_then(|(name, _)| customer.connectors.get(name));
        recorded_as
            .or_else(|| customer.connectors.get(&observed.name))
            .map(Box::as_ref)
    });
    let definition = observed.definition_id.to_string();
    let facts = ConnectorFacts {
        customer,
        observed,
        id: id.to_string(),
        kind: catalog::find(&definition),
        recorded: entry.map(|(_, recorded)| recorded.as_ref()),
        declared,
    };
    facts.declare(definition, names)
}

impl ConnectorFacts<'_> {
    fn declare(&self, definition: String, names: &mut GeneratedNames) -> ExportedConnector {
        let recorded = self.recorded;
        let (auth, auth_remark, credentials) = credentials::declare(self, names);
        let environment = self.environment();
        let config = settings::declare(self, names);
        let type_remark = match (self.kind, &self.observed.kind_name) {
            (None, Some(name)) => {
                vec![format!("The remote catalog's name of this type is {name}.")]
            }
            _ => Vec::new(),
        };
        let remarks = [
            (Block::Type, type_remark),
            (Block::Auth, auth_remark.into_iter().collect()),
            (Block::Credentials, credentials.remarks),
            (Block::Environment, environment.remarks),
            (Block::ReplicationConfig, config.remarks),
        ];
        let detail = self.observed.detail.as_ref();
        let mut entities = detail.map_or_else(Vec::new, |detail| detail.entities.clone());
        entities.sort();
        ExportedConnector {
            name: String::from(&self.observed.name),
            id: self.id.clone(),
            kind: self.kind.map_or(definition, |kind| kind.name.clone()),
            auth,
            template_id: recorded.and_then(|entry| Some(entry.template_id?.to_string())),
            credentials: credentials.settings.into_iter().collect(),
            credentials_version: recorded.and_then(|entry| entry.credentials_version),
            environment: environment.settings.into_iter().collect(),
            replication_config: config.settings.into_iter().collect(),
            replicates_nothing: self.replicates_nothing(),
            entities,
            remarks: remarks
                .into_iter()
                .filter(|(_, remarks)| !remarks.is_empty())
                .collect(),
            placeholders: credentials.placeholders + config.placeholders,
            left_out: None,
        }
    }

    /// Whether the connector has no replication settings although its type needs some.
    fn replicates_nothing(&self) -> bool {
        let detail = self.observed.detail.as_ref();
        let known = self.kind.map(|kind| &kind.replication_config);
        let is_needed = known.is_some_and(|fields| fields.values().any(|field| field.required));
        is_needed && detail.is_some_and(|detail| detail.replication_config.is_empty())
    }

    /// `environment` from the ledger. The API does not return it.
    fn environment(&self) -> DeclaredBlock {
        let recorded = self
            .recorded
            .and_then(|entry| entry.applied.environment.clone());
        if let Some(settings) = recorded {
            return DeclaredBlock {
                settings: settings.into_iter().collect(),
                ..DeclaredBlock::default()
            };
        }
        let variables = self.kind.into_iter().flat_map(|kind| &kind.variables);
        let needed: Vec<String> = variables
            .filter(|(_, variable)| variable.default_is_placeholder())
            .map(|(name, _)| format!("  {name}: \"…\""))
            .collect();
        if needed.is_empty() {
            return DeclaredBlock::default();
        }
        let remark = format!(
            "The API does not return `environment`; fill it in before the first apply:\nenvironment:\n{}",
            needed.join("\n")
        );
        DeclaredBlock {
            remarks: vec![remark],
            ..DeclaredBlock::default()
        }
    }
}

/// The connector names that occur more than once in a customer. A file can declare one connector of
/// each name: the connector in the ledger.
pub(super) struct DuplicateConnectors {
    counts: BTreeMap<String, usize>,
    recorded: BTreeSet<ConnectorId>,
}

impl DuplicateConnectors {
    pub(super) fn new(
        connectors: &[(&ConnectorId, &ObservedConnector)],
        recorded: Option<&CustomerEntry>,
    ) -> Self {
        let mut counts = BTreeMap::new();
        for (_, connector) in connectors {
            *counts.entry(String::from(&connector.name)).or_insert(0) += 1;
        }
        Self {
            counts,
            recorded: recorded
                .into_iter()
                .flat_map(|customer| customer.connectors.values())
                .map(|connector| connector.id)
                .collect(),
        }
    }

    /// The reason why a connector cannot be declared, if so.
    pub(super) fn left_out(&self, id: ConnectorId, name: &str) -> Option<String> {
        if name.is_empty() {
            return Some("the connector has no name".to_owned());
        }
        let count = self.counts.get(name).copied().unwrap_or(0);
        (count > 1 && !self.recorded.contains(&id)).then(|| {
            format!("{count} connectors of this customer have this name; rename this connector")
        })
    }
}
