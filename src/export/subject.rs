//! Responsible for what is known of the connector that is exported, and for what a block of it comes
//! to.

use super::names::Names;
use crate::catalog::ConnectorType;
use crate::model::{ConnectorEntry, DesiredConnector, ObservedConnector, Setting, Settings};

/// A connector with all that is known of it.
pub(super) struct Subject<'a> {
    pub(super) customer: &'a str,
    pub(super) observed: &'a ObservedConnector,
    pub(super) id: String,
    pub(super) kind: Option<&'static ConnectorType>,
    pub(super) recorded: Option<&'a ConnectorEntry>,
    pub(super) declared: Option<&'a DesiredConnector>,
}

/// What a block came to.
#[derive(Default)]
pub(super) struct DeclaredBlock {
    pub(super) settings: Settings,
    pub(super) remarks: Vec<String>,
    pub(super) placeholders: usize,
}

impl Subject<'_> {
    /// A made-up reference for one field.
    pub(super) fn placeholder(&self, field: &str, names: &mut Names) -> Setting {
        let connector = &self.observed.name;
        Setting::Secret(names.placeholder(self.customer, connector, &self.id, field))
    }
}
