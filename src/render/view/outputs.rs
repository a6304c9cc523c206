//! Responsible for the ids of what airlift manages, for the programs that use them.

use crate::model::{ConnectorId, DefinitionId, LedgerState, OrganizationId, WorkspaceId};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Names to ids. New fields do not change the version of the document.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(title = "airlift outputs")]
pub struct Outputs {
    /// The version of this document. New fields do not change it.
    format_version: u32,
    /// The organization.
    organization_id: String,
    /// The managed customers by name.
    customers: BTreeMap<String, CustomerOutput>,
}

/// One customer.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, schemars::JsonSchema)]
pub struct CustomerOutput {
    /// The id of the workspace.
    workspace_id: String,
    /// The managed connectors by name.
    connectors: BTreeMap<String, ConnectorOutput>,
}

/// One connector.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ConnectorOutput {
    /// The id of the connector.
    id: String,
    /// The id of the connector type.
    definition_id: String,
}

impl ConnectorOutput {
    fn new(id: ConnectorId, definition_id: DefinitionId) -> Self {
        Self {
            id: id.to_string(),
            definition_id: definition_id.to_string(),
        }
    }
}

impl Outputs {
    /// What the ledger records. Customers that a prune suspended are left out.
    pub fn new(organization: OrganizationId, recorded: &LedgerState) -> Self {
        let customers = recorded.customers.iter();
        Self {
            format_version: 1,
            organization_id: organization.to_string(),
            customers: customers
                .filter(|(_, customer)| !customer.suspended)
                .map(|(id, customer)| {
                    let connectors = customer.connectors.iter().map(|(name, connector)| {
                        let output = ConnectorOutput::new(connector.id, connector.definition_id);
                        (name.into(), output)
                    });
                    let output = CustomerOutput::new(*id, connectors.collect());
                    (customer.name.clone(), output)
                })
                .collect(),
        }
    }

    /// The selected part.
    #[must_use]
    pub fn retain(
        mut self,
        selects_customer: impl Fn(&str) -> bool,
        selects: impl Fn(&str, &str) -> bool,
    ) -> Self {
        self.customers.retain(|name, customer| {
            customer
                .connectors
                .retain(|connector, _| selects(name, connector));
            selects_customer(name)
        });
        self
    }

    /// Each id with its customer and, for a connector, its name. A customer comes before its
    /// connectors.
    pub fn rows(&self) -> impl Iterator<Item = (&str, Option<&str>, &str)> {
        self.customers.iter().flat_map(|(name, customer)| {
            let workspace = (name.as_str(), None, customer.workspace_id.as_str());
            let connectors = customer.connectors.iter();
            std::iter::once(workspace).chain(connectors.map(move |(connector, output)| {
                (name.as_str(), Some(connector.as_str()), output.id.as_str())
            }))
        })
    }

    /// The ids as variables of an environment.
    ///
    /// # Errors
    ///
    /// Two names that give the same variable.
    pub fn variables(&self) -> Result<BTreeMap<String, &str>, EqualVariable> {
        let mut variables = BTreeMap::new();
        let mut names = BTreeMap::new();
        for (customer, connector, id) in self.rows() {
            let variable = variable(customer, connector);
            let name = connector.map_or_else(
                || customer.to_owned(),
                |connector| format!("{customer}/{connector}"),
            );
            if let Some(other) = names.insert(variable.clone(), name.clone()) {
                let names = BTreeSet::from([name, other]);
                return Err(EqualVariable { variable, names });
            }
            variables.insert(variable, id);
        }
        Ok(variables)
    }
}

impl CustomerOutput {
    fn new(workspace: WorkspaceId, connectors: BTreeMap<String, ConnectorOutput>) -> Self {
        Self {
            workspace_id: workspace.to_string(),
            connectors,
        }
    }
}

/// Two names that give the same variable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EqualVariable {
    /// The variable.
    pub variable: String,
    /// The names.
    pub names: BTreeSet<String>,
}

fn variable(customer: &str, connector: Option<&str>) -> String {
    match connector {
        None => format!("AIRLIFT_WORKSPACE_{}", capitals(customer)),
        Some(connector) => format!(
            "AIRLIFT_CONNECTOR_{}__{}",
            capitals(customer),
            capitals(connector)
        ),
    }
}

/// ASCII letters and digits in capitals; anything else between them is one underscore.
fn capitals(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_uppercase)
        .collect();
    words.join("_")
}
