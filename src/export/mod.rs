//! Responsible for `airlift export`: writes the observed workspaces and connectors as configuration
//! files.
//!
//! The API does not return credentials. The export contains the references that the ledger has, or
//! placeholders. Does not resolve references, and does not copy text from the API that could be read
//! as a reference or that may be a secret.

mod connector;
mod credentials;
mod customer;
mod facts;
mod names;
mod omit_invalid;
mod settings;
mod values;
mod yaml_value;
mod yaml_writer;

pub(crate) use values::written_value;
pub use yaml_value::customers;
pub(crate) use yaml_writer::{connector_text, customer_text};
pub use yaml_writer::{document, project};

use crate::model::{
    Cache, Contract, DEFAULT_STORES, Desired, LedgerState, Observed, ObservedCustomer,
    OrganizationId, Protection, Settings, Status, StoreKind, WorkspaceId, references,
};
use crate::render::Safe;
use customer::DuplicateCustomers;
use names::GeneratedNames;
use std::collections::{BTreeMap, BTreeSet};

/// The observed customers as declarations.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The organization of the customers.
    pub organization_id: OrganizationId,
    /// The names that the remote API uses.
    pub contract: Contract,
    /// Customers in name order.
    pub customers: Vec<ExportedCustomer>,
}

/// The declaration of a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportedCustomer {
    /// The workspace's name.
    pub name: String,
    /// The workspace's id.
    pub id: WorkspaceId,
    /// The name of the customer's file, without extension.
    pub slug: String,
    /// Active or suspended.
    pub status: Status,
    /// The cache setting, unless the workspace inherits it.
    pub cache: Option<Cache>,
    /// Whether the ledger records the customer as protected.
    pub protect: Protection,
    /// The connectors in name order.
    pub connectors: Vec<ExportedConnector>,
    /// The reason why the customer cannot be declared, if so.
    pub left_out: Option<String>,
}

/// The declaration of a connector.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportedConnector {
    /// The connector's name.
    pub name: String,
    /// The connector's id, as text.
    pub id: String,
    /// The catalog's name of the type, or the id of the definition.
    pub kind: String,
    /// The authentication method, if the type has several.
    pub auth: Option<String>,
    /// The source template, if the ledger has one.
    pub template_id: Option<String>,
    /// References for secrets, and literals that are not secret.
    pub credentials: Settings,
    /// The last declared `credentials_version`.
    pub credentials_version: Option<u64>,
    /// `environment` as last applied.
    pub environment: Settings,
    /// The observed replication settings.
    pub replication_config: Settings,
    /// Whether the connector has no replication settings although its type needs some.
    pub replicates_nothing: bool,
    /// The observed entities.
    pub entities: Vec<crate::model::Entity>,
    /// Comments for the reader, by block.
    pub remarks: BTreeMap<Block, Vec<String>>,
    /// The number of references that are placeholders.
    pub placeholders: usize,
    /// The reason why the connector is written as a comment only, if so.
    pub left_out: Option<String>,
}

/// The parts of a connector's declaration, in file order.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub enum Block {
    /// `type`
    Type,
    /// `auth`
    Auth,
    /// `credentials`
    Credentials,
    /// `environment`
    Environment,
    /// `replication_config`
    ReplicationConfig,
    /// `entities`
    Entities,
}

/// The inputs of an export.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The observed customers, with all details.
    pub observed: &'a Observed,
    /// The ledger: references, protection and `environment`.
    pub recorded: &'a LedgerState,
    /// The files. The export copies only literals that are not secret.
    pub declared: &'a Desired,
}

/// Declares the observed customers whose names are in `selected`, or all if it is empty.
pub fn export(sources: Sources<'_>, selected: &BTreeSet<String>) -> Exported {
    let Sources {
        observed,
        recorded,
        declared,
    } = sources;
    let mut all: Vec<(&WorkspaceId, &ObservedCustomer)> = observed
        .customers
        .iter()
        .filter(|(_, customer)| selected.is_empty() || selected.contains(&customer.name))
        .collect();
    all.sort_by_key(|(id, customer)| (&customer.name, **id));
    let duplicates = DuplicateCustomers::new(observed, recorded);
    let mut names = GeneratedNames::new(recorded);
    let mut customers: Vec<ExportedCustomer> = Vec::with_capacity(all.len());
    for (id, customer) in all {
        let entry = recorded.customers.get(id);
        let mut exported = customer::declare(*id, customer, entry, declared, &mut names);
        if exported.left_out.is_none() && !duplicates.may_declare(&customer.name, *id) {
            let reason = "another customer has the same name, ignoring case; rename one of them";
            exported.left_out = Some(reason.to_owned());
        }
        customers.push(exported);
    }
    Exported {
        organization_id: observed.organization_id,
        contract: declared.contract,
        customers,
    }
}

impl Block {
    /// The part's key in a file.
    pub fn key(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Auth => "auth",
            Self::Credentials => "credentials",
            Self::Environment => "environment",
            Self::ReplicationConfig => "replication_config",
            Self::Entities => "entities",
        }
    }
}

impl Exported {
    /// The customers that are declared.
    pub fn declared(&self) -> impl Iterator<Item = &ExportedCustomer> {
        self.customers
            .iter()
            .filter(|customer| customer.left_out.is_none())
    }

    /// The default stores and the stores that references use, or `None` if no other store is used.
    fn stores(&self) -> Option<BTreeSet<&str>> {
        let mut stores = BTreeSet::from(DEFAULT_STORES);
        for connector in self.declared().flat_map(ExportedCustomer::declared) {
            let references = references(connector.blocks()).into_iter();
            let bound = references.filter(|reference| reference.store != StoreKind::Unbound);
            stores.extend(bound.map(|reference| reference.store.name()));
        }
        (stores.len() > DEFAULT_STORES.len()).then_some(stores)
    }

    /// The number of references that are placeholders.
    pub fn placeholders(&self) -> usize {
        let declared = self.declared().flat_map(ExportedCustomer::declared);
        declared.map(|connector| connector.placeholders).sum()
    }

    /// The number of references to files. Their paths are relative to the project.
    pub fn file_references(&self) -> usize {
        self.declared()
            .flat_map(ExportedCustomer::declared)
            .flat_map(|connector| references(connector.blocks()))
            .filter(|reference| reference.store == StoreKind::File)
            .count()
    }

    /// A sentence for each customer or connector that is not declared.
    pub fn left_out(&self) -> Vec<String> {
        self.customers
            .iter()
            .flat_map(|customer| match &customer.left_out {
                Some(reason) => {
                    let name = Safe::short_name(&customer.name);
                    vec![format!("{name} is left out: {reason}")]
                }
                None => customer.connectors_left_out(),
            })
            .collect()
    }
}

impl ExportedCustomer {
    /// The connectors that are declared.
    pub fn declared(&self) -> impl Iterator<Item = &ExportedConnector> {
        self.connectors
            .iter()
            .filter(|connector| connector.left_out.is_none())
    }

    fn connectors_left_out(&self) -> Vec<String> {
        self.connectors
            .iter()
            .filter_map(|connector| {
                let reason = connector.left_out.as_ref()?;
                let customer = Safe::short_name(&self.name);
                let (name, id) = (Safe::short_name(&connector.name), &connector.id);
                Some(format!(
                    "{customer}/{name} ({id}) is written as a comment: {reason}"
                ))
            })
            .collect()
    }
}

impl ExportedConnector {
    fn blocks(&self) -> impl Iterator<Item = &Settings> {
        [
            &self.credentials,
            &self.environment,
            &self.replication_config,
        ]
        .into_iter()
    }
}

#[cfg(test)]
mod tests;
