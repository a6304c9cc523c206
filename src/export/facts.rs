//! Responsible for the inputs and outputs of exporting one connector.

use super::names::GeneratedNames;
use crate::catalog::ConnectorType;
use crate::model::{
    ConnectorEntry, DesiredConnector, ObservedConnector, SecretPaths, Setting, SharedText,
};
use std::collections::BTreeMap;

/// A connector with its ledger entry and its declaration.
pub(super) struct ConnectorFacts<'a> {
    pub(super) customer: &'a str,
    pub(super) observed: &'a ObservedConnector,
    pub(super) id: String,
    pub(super) kind: Option<&'static ConnectorType>,
    pub(super) recorded: Option<&'a ConnectorEntry>,
    pub(super) declared: Option<&'a DesiredConnector>,
}

/// A declared block with its comments.
#[derive(Default)]
pub(super) struct DeclaredBlock {
    pub(super) settings: BTreeMap<SharedText, Setting>,
    pub(super) remarks: Vec<String>,
    pub(super) placeholders: usize,
}

impl ConnectorFacts<'_> {
    /// The paths of references in the replication settings, in the ledger and in the files.
    pub(super) fn secret_paths(&self) -> SecretPaths {
        let applied = self
            .recorded
            .and_then(|recorded| recorded.applied.replication_config.as_ref());
        let declared = self
            .declared
            .and_then(|declared| declared.replication_config.as_ref());
        let sent = self.recorded.and_then(|recorded| recorded.sent.as_deref());
        let blocks = applied.into_iter().chain(declared);
        SecretPaths::new("replication_config", blocks, sent)
    }

    /// A placeholder reference for one field.
    pub(super) fn placeholder(&self, field: &str, names: &mut GeneratedNames) -> Setting {
        let connector = &self.observed.name;
        Setting::secret(names.placeholder(self.customer, connector, &self.id, field))
    }
}
