//! Responsible for declaring what there is: observed and recorded state as files.
//!
//! For credentials, which the API does not give, it writes the references that the ledger has, or
//! placeholders. Does not resolve anything, and does not pass on text from the API as a reference
//! or in place of a secret.

mod amend;
mod connector;
mod credentials;
mod customer;
mod names;
mod settings;
mod subject;
mod values;
mod yaml_writer;

pub use yaml_writer::{document, project};

use crate::model::{
    Cache, Contract, DEFAULT_STORES, Desired, LedgerState, Observed, ObservedCustomer,
    OrganizationId, Settings, Status, WorkspaceId, references,
};
use customer::Namesakes;
use names::Names;
use std::collections::{BTreeMap, BTreeSet};

/// Declarations of what there is.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The organization they were read from.
    pub organization_id: OrganizationId,
    /// The names the remote API uses.
    pub contract: Contract,
    /// Customers in name order.
    pub customers: Vec<ExportedCustomer>,
}

/// One customer.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportedCustomer {
    /// Its name.
    pub name: String,
    /// Its workspace.
    pub id: WorkspaceId,
    /// A name for its file, without an ending.
    pub slug: String,
    /// Its status.
    pub status: Status,
    /// Its cache setting, unless it inherits.
    pub cache: Option<Cache>,
    /// Whether the ledger has it as protected.
    pub protect: bool,
    /// Its connectors in name order.
    pub connectors: Vec<ExportedConnector>,
    /// Why it cannot be declared, when it cannot.
    pub left_out: Option<String>,
}

/// One connector.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportedConnector {
    /// Its name.
    pub name: String,
    /// Its id, as text.
    pub id: String,
    /// The catalog's name of its type, or its definition's id.
    pub kind: String,
    /// The authentication method, where the type has several.
    pub auth: Option<String>,
    /// The source template, where one was declared.
    pub template_id: Option<String>,
    /// References for the credentials, and literals that are no secrets.
    pub credentials: Settings,
    /// The last declared `credentials_version`.
    pub credentials_version: Option<u64>,
    /// `environment` as last applied.
    pub environment: Settings,
    /// Replication settings as they are.
    pub replication_config: Settings,
    /// Entities as they are.
    pub entities: Vec<crate::model::Entity>,
    /// What a reader has to know, by block.
    pub remarks: BTreeMap<Block, Vec<String>>,
    /// Fields whose references are made up, to be filled in.
    pub placeholders: usize,
    /// Why it cannot be declared as it is, when it cannot.
    pub left_out: Option<String>,
}

/// The parts of a connector's declaration, as the files order them.
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

/// What an export is made from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// What there is, read in full.
    pub observed: &'a Observed,
    /// What the ledger remembers: references, protection, the environment.
    pub recorded: &'a LedgerState,
    /// What the files declare: only their literals that are no secrets are taken over.
    pub declared: &'a Desired,
}

/// Declares what there is, as far as `wanted` selects it by name.
pub fn export(sources: Sources<'_>, wanted: &BTreeSet<String>) -> Exported {
    let Sources {
        observed,
        recorded,
        declared,
    } = sources;
    let mut all: Vec<(&WorkspaceId, &ObservedCustomer)> = observed
        .customers
        .iter()
        .filter(|(_, customer)| wanted.is_empty() || wanted.contains(&customer.name))
        .collect();
    all.sort_by_key(|(id, customer)| (&customer.name, **id));
    let unique = Namesakes::of(observed, recorded);
    let mut names = Names::new(recorded);
    let mut customers: Vec<ExportedCustomer> = Vec::with_capacity(all.len());
    for (id, customer) in all {
        let ours = recorded.customers.get(id);
        let mut exported = customer::declare(*id, customer, ours, declared, &mut names);
        if exported.left_out.is_none() && !unique.is_alone(&customer.name, *id) {
            let why = "another customer carries the same name, but for case at most; rename one";
            exported.left_out = Some(why.to_owned());
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
    /// Its key in a file.
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
    /// Customers that are declared.
    pub fn declared(&self) -> impl Iterator<Item = &ExportedCustomer> {
        self.customers.iter().filter(|one| one.left_out.is_none())
    }

    /// The stores that its references use and the default ones, unless those are all.
    fn stores(&self) -> Option<BTreeSet<&str>> {
        let mut stores = BTreeSet::from(DEFAULT_STORES);
        for connector in self.declared().flat_map(ExportedCustomer::declared) {
            let references = references(connector.blocks()).into_iter();
            stores.extend(references.map(|reference| reference.store.name()));
        }
        (stores.len() > DEFAULT_STORES.len()).then_some(stores)
    }

    /// References that are made up.
    pub fn placeholders(&self) -> usize {
        let declared = self.declared().flat_map(ExportedCustomer::declared);
        declared.map(|connector| connector.placeholders).sum()
    }

    /// What is left out, and why.
    pub fn left_out(&self) -> Vec<String> {
        self.customers
            .iter()
            .flat_map(|customer| match &customer.left_out {
                Some(why) => vec![format!("{} is left out: {why}", customer.name)],
                None => customer.connectors_left_out(),
            })
            .collect()
    }
}

impl ExportedCustomer {
    /// Connectors that are declared.
    pub fn declared(&self) -> impl Iterator<Item = &ExportedConnector> {
        self.connectors.iter().filter(|one| one.left_out.is_none())
    }

    fn connectors_left_out(&self) -> Vec<String> {
        self.connectors
            .iter()
            .filter_map(|connector| {
                let why = connector.left_out.as_ref()?;
                let (name, id) = (&connector.name, &connector.id);
                Some(format!(
                    "{}/{name} ({id}) is written as a comment: {why}",
                    self.name
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
