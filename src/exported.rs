//! What there is, as the files would say it: observed and recorded state to declarations.
//!
//! Owns what stands for what the API does not give: references for credentials, those that the
//! ledger knows or placeholders. Pure. Refuses to write, to resolve anything, and to pass on text
//! from the API as a reference or in place of a secret.

mod amend;
mod connector;
mod credentials;
mod names;
mod settings;

use crate::model::{
    Cache, Contract, Desired, Observed, ObservedCustomer, ObservedStatus, OrganizationId, Recorded,
    RecordedCustomer, Settings, Status, WorkspaceId, references,
};
use connector::Twins;
use names::Names;
use std::collections::{BTreeMap, BTreeSet};

/// The workspace that every organization starts with, and that no file can declare.
const DEFAULT: &str = "default";

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
    pub recorded: &'a Recorded,
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
        let mut exported = declare(*id, customer, ours, declared, &mut names);
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

/// Customers that share their name: of these the files can declare one, and that is the one that
/// the ledger knows.
struct Namesakes {
    counts: BTreeMap<String, usize>,
    ours: BTreeMap<String, WorkspaceId>,
}

impl Namesakes {
    fn of(observed: &Observed, recorded: &Recorded) -> Self {
        let mut counts = BTreeMap::new();
        let mut ours = BTreeMap::new();
        for (id, customer) in &observed.customers {
            let name = customer.name.to_lowercase();
            if recorded.customers.contains_key(id) {
                ours.entry(name.clone()).or_insert(*id);
            }
            *counts.entry(name).or_insert(0) += 1;
        }
        Self { counts, ours }
    }

    fn is_alone(&self, name: &str, id: WorkspaceId) -> bool {
        let name = name.to_lowercase();
        self.counts.get(&name).is_none_or(|count| *count < 2) || self.ours.get(&name) == Some(&id)
    }
}

fn declare(
    id: WorkspaceId,
    customer: &ObservedCustomer,
    ours: Option<&RecordedCustomer>,
    declared: &Desired,
    names: &mut Names,
) -> ExportedCustomer {
    let (status, unknown) = match &customer.status {
        ObservedStatus::Active => (Status::Active, None),
        ObservedStatus::Inactive => (Status::Inactive, None),
        ObservedStatus::Other(_) => (Status::Active, Some("its status is not known here")),
    };
    let reserved = customer.name.eq_ignore_ascii_case(DEFAULT);
    let reserved =
        reserved.then_some("every organization has that workspace, and no file can declare it");
    let left_out = reserved.or(unknown).map(str::to_owned);
    let connectors = if left_out.is_some() {
        Vec::new()
    } else {
        connectors(customer, ours, declared, names)
    };
    ExportedCustomer {
        name: customer.name.clone(),
        id,
        slug: names.slug(&customer.name, &id.to_string()),
        status,
        cache: customer.cache.map(|on| Cache::from_remote(Some(on))),
        protect: ours.is_some_and(|ours| ours.protect),
        connectors,
        left_out,
    }
}

fn connectors(
    customer: &ObservedCustomer,
    ours: Option<&RecordedCustomer>,
    declared: &Desired,
    names: &mut Names,
) -> Vec<ExportedConnector> {
    let leaving = |id| ours.is_some_and(|ours| ours.leaving.contains(id));
    let mut there: Vec<_> = customer
        .connectors
        .iter()
        .flatten()
        .filter(|(id, _)| !leaving(id))
        .collect();
    there.sort_by_key(|(id, connector)| (&connector.name, **id));
    let twins = Twins::of(&there, ours);
    let declared = declared.customers.get(&customer.name);
    let one = |(id, connector): (&_, &_)| {
        let mut exported =
            connector::declare(*id, connector, &customer.name, ours, declared, names);
        exported.left_out = twins.left_out(*id, &exported.name);
        exported
    };
    there.into_iter().map(one).collect()
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

    /// The stores that its references use.
    pub fn stores(&self) -> BTreeSet<&str> {
        let mut stores = BTreeSet::new();
        for connector in self.declared().flat_map(ExportedCustomer::declared) {
            let blocks = [
                &connector.credentials,
                &connector.environment,
                &connector.replication_config,
            ];
            stores.extend(references(blocks).into_iter().map(|r| r.store.name()));
        }
        stores
    }

    /// References that are made up.
    pub fn placeholders(&self) -> usize {
        let declared = self.declared().flat_map(ExportedCustomer::declared);
        declared.map(|connector| connector.placeholders).sum()
    }
}

impl ExportedCustomer {
    /// Connectors that are declared.
    pub fn declared(&self) -> impl Iterator<Item = &ExportedConnector> {
        self.connectors.iter().filter(|one| one.left_out.is_none())
    }
}

#[cfg(test)]
mod tests;
