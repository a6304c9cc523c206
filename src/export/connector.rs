//! Responsible for one connector as the files would declare it.

use super::names::Names;
use super::subject::{DeclaredBlock, Subject};
use super::{Block, ExportedConnector, credentials, settings};
use crate::catalog;
use crate::model::{ConnectorId, CustomerEntry, DesiredCustomer, ObservedConnector};
use std::collections::{BTreeMap, BTreeSet};

/// Declares one connector.
pub(super) fn declare(
    id: ConnectorId,
    observed: &ObservedConnector,
    customer: &str,
    ours: Option<&CustomerEntry>,
    declared: Option<&DesiredCustomer>,
    names: &mut Names,
) -> ExportedConnector {
    let mut connectors = ours.into_iter().flat_map(|ours| &ours.connectors);
    let entry = connectors.find(|(_, connector)| connector.id == id);
    let declared = declared.and_then(|customer| {
        let recorded_as = entry.and_then(|(name, _)| customer.connectors.get(name));
        recorded_as.or_else(|| customer.connectors.get(&observed.name))
    });
    let definition = observed.definition_id.to_string();
    let subject = Subject {
        customer,
        observed,
        id: id.to_string(),
        kind: catalog::find(&definition),
        recorded: entry.map(|(_, recorded)| recorded),
        declared,
    };
    subject.declare(definition, names)
}

impl Subject<'_> {
    fn declare(&self, definition: String, names: &mut Names) -> ExportedConnector {
        let recorded = self.recorded;
        let (auth, auth_remark, credentials) = credentials::of(self, names);
        let environment = self.environment();
        let config = settings::of(self, names);
        let type_remark = match (self.kind, &self.observed.kind_name) {
            (None, Some(name)) => vec![format!("The remote catalog calls it {name}.")],
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
            name: self.observed.name.clone(),
            id: self.id.clone(),
            kind: self.kind.map_or(definition, |kind| kind.name.clone()),
            auth,
            template_id: recorded.and_then(|one| Some(one.template_id?.to_string())),
            credentials: credentials.settings,
            credentials_version: recorded.and_then(|one| one.credentials_version),
            environment: environment.settings,
            replication_config: config.settings,
            entities,
            remarks: remarks
                .into_iter()
                .filter(|(_, remarks)| !remarks.is_empty())
                .collect(),
            placeholders: credentials.placeholders + config.placeholders,
            left_out: None,
        }
    }

    /// `environment` comes from the ledger or not at all.
    fn environment(&self) -> DeclaredBlock {
        let recorded = self
            .recorded
            .and_then(|one| one.applied.environment.clone());
        if let Some(settings) = recorded {
            return DeclaredBlock {
                settings,
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

/// Connectors of one customer that share their name: of these a file can declare one at most, and
/// that is the one that the ledger knows.
pub(super) struct Twins {
    names: BTreeMap<String, usize>,
    ours: BTreeSet<ConnectorId>,
}

impl Twins {
    pub(super) fn of(
        there: &[(&ConnectorId, &ObservedConnector)],
        ours: Option<&CustomerEntry>,
    ) -> Self {
        let mut names = BTreeMap::new();
        for (_, connector) in there {
            *names.entry(connector.name.clone()).or_insert(0) += 1;
        }
        let ours = ours.into_iter().flat_map(|ours| ours.connectors.values());
        Self {
            names,
            ours: ours.map(|connector| connector.id).collect(),
        }
    }

    /// Why this one cannot be declared.
    pub(super) fn left_out(&self, id: ConnectorId, name: &str) -> Option<String> {
        if name.is_empty() {
            return Some("it has no name, and a file can declare only what has one".to_owned());
        }
        let count = self.names.get(name).copied().unwrap_or(0);
        (count > 1 && !self.ours.contains(&id))
            .then(|| format!("{count} connectors of this customer carry this name; rename it"))
    }
}
