//! Configuration to what is desired: defaults filled in, names resolved to the model's types.
//!
//! Owns the conversion, which is pure; `load` is the way in for everybody who has files and wants
//! the desired state. Refuses to judge: what reaches it has passed every check.

use crate::catalog;
use crate::config::{
    Block, LoadOptions, Location, RawConnector, RawContract, RawCustomer, RawMode, RawRotation,
    RawStatus, Report, Written, WrittenCustomer, read,
};
use crate::model::{
    Address, Cache, Contract, Desired, DesiredConnector, DesiredCustomer, Entity, Guards, Kind,
    Mode, Region, Rotation, Setting, Settings, Status,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What reading the files gave.
#[derive(Debug)]
pub struct Loaded {
    /// Everything found.
    pub report: Report,
    /// The project, unless a finding is an error.
    pub project: Option<Project>,
}

/// A project whose files hold no error.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// Its directory, which relative paths in references start from.
    pub root: PathBuf,
    /// What it asks for.
    pub desired: Desired,
    /// Where each customer and connector is declared.
    pub origins: BTreeMap<Address, Location>,
    /// The stores that its references may use; nothing when it lists none.
    pub stores: Option<BTreeSet<String>>,
    /// The files it was read from, in order.
    pub files: Vec<PathBuf>,
}

impl Project {
    /// A project that declares nothing.
    pub fn without_files(root: PathBuf) -> Self {
        Self {
            root,
            desired: Desired::default(),
            origins: BTreeMap::new(),
            stores: None,
            files: Vec::new(),
        }
    }
}

/// Reads and checks everything that the inputs name: files, directories, or `-`.
pub fn load(inputs: &[PathBuf], options: &LoadOptions) -> Loaded {
    let (report, written) = read(inputs, options);
    let project = written.map(Project::from);
    Loaded { report, project }
}

impl From<Written> for Project {
    fn from(written: Written) -> Self {
        let mut desired = Desired {
            organization_id: written.organization_id.and_then(|id| id.parse().ok()),
            contract: match written.contract {
                Some(RawContract::ExternalUser) => Contract::ExternalUser,
                Some(RawContract::Workspace) | None => Contract::Workspace,
            },
            ..Desired::default()
        };
        let default = Guards::default();
        if let Some(guards) = written.guards {
            desired.guards = Guards {
                max_deletes: guards.max_deletes.unwrap_or(default.max_deletes),
                max_delete_percent: guards
                    .max_delete_percent
                    .unwrap_or(default.max_delete_percent),
            };
        }
        let mut origins = BTreeMap::new();
        for customer in written.customers {
            place(&customer, &mut origins);
            let name = customer.raw.name.clone();
            let customer = convert_customer(customer.raw, written.rotation);
            desired.customers.insert(name, customer);
        }
        Self {
            root: written.root,
            desired,
            origins,
            stores: written.stores.map(BTreeSet::from_iter),
            files: written.files,
        }
    }
}

fn place(customer: &WrittenCustomer, origins: &mut BTreeMap<Address, Location>) {
    let name = &customer.raw.name;
    origins.insert(Address::customer(name), customer.location.clone());
    let connectors = customer.raw.connectors.iter().flatten();
    for (connector, location) in connectors.zip(&customer.connectors) {
        origins.insert(Address::connector(name, &connector.name), location.clone());
    }
}

fn convert_customer(raw: RawCustomer, rotation: Option<RawRotation>) -> DesiredCustomer {
    let connectors = raw.connectors.unwrap_or_default().into_iter();
    DesiredCustomer {
        previous_name: raw.previous_name,
        region: raw.region.as_deref().and_then(region),
        status: match raw.status {
            Some(RawStatus::Inactive) => Status::Inactive,
            Some(RawStatus::Active) | None => Status::Active,
        },
        cache: raw.cache.as_ref().and_then(cache),
        protect: raw.protect.unwrap_or(false),
        connectors: connectors
            .map(|raw| (raw.name.clone(), convert_connector(raw, rotation)))
            .collect(),
    }
}

fn region(text: &str) -> Option<Region> {
    match text {
        "us" => Some(Region::US),
        "eu" => Some(Region::EU),
        id => id.parse().ok().map(Region),
    }
}

/// Null is a field left out, as everywhere in the files; the API's null is `inherit`.
fn cache(value: &Value) -> Option<Cache> {
    match value {
        Value::Bool(true) => Some(Cache::On),
        Value::Bool(false) => Some(Cache::Off),
        Value::String(_) => Some(Cache::Inherit),
        _ => None,
    }
}

fn convert_connector(raw: RawConnector, rotation: Option<RawRotation>) -> DesiredConnector {
    let known = catalog::find(&raw.kind);
    let kind = Kind {
        name: known.map_or_else(|| raw.kind.clone(), |known| known.name.clone()),
        definition_id: known
            .map_or_else(|| raw.kind.parse().ok(), |known| Some(known.definition_id)),
    };
    let given: Vec<&str> = raw
        .credentials
        .iter()
        .flat_map(|block| block.keys().map(String::as_str))
        .collect();
    let method = known.filter(|_| !given.is_empty()).and_then(|known| {
        let choice = catalog::choose(known, raw.auth.as_deref(), &given).ok()?;
        Some(choice.method.name.clone())
    });
    let readable = given
        .iter()
        .filter(|field| known.is_some_and(|known| !is_secret_of(known, field)))
        .map(|field| (*field).to_owned())
        .collect();
    DesiredConnector {
        readable,
        previous_name: raw.previous_name,
        kind,
        auth: method.or(raw.auth),
        template_id: raw.template_id.and_then(|id| id.parse().ok()),
        credentials: raw.credentials.map(credentials),
        credentials_version: raw.credentials_version,
        rotation: match raw.rotation.or(rotation) {
            Some(RawRotation::Manual) => Rotation::Manual,
            Some(RawRotation::Compare) | None => Rotation::Compare,
        },
        environment: raw.environment.map(settings),
        replication_config: raw.replication_config.map(settings),
        entities: raw.entities.map(|entities| {
            let mut entities: Vec<Entity> = entities
                .into_iter()
                .map(|raw| Entity {
                    entity: raw.entity,
                    modes: raw.modes.map(modes),
                })
                .collect();
            entities.sort();
            entities
        }),
    }
}

/// Whether any method of the type has the field as a secret; what the catalog does not know
/// counts as one.
fn is_secret_of(kind: &catalog::ConnectorType, field: &str) -> bool {
    let described = kind
        .methods
        .iter()
        .find_map(|method| method.fields.get(field));
    catalog::is_secret(field, described)
}

fn modes(raw: Vec<RawMode>) -> Vec<Mode> {
    let convert = |mode| match mode {
        RawMode::Read => Mode::Read,
        RawMode::Write => Mode::Write,
    };
    let mut modes: Vec<Mode> = raw.into_iter().map(convert).collect();
    modes.sort();
    modes.dedup();
    modes
}

/// A block of credentials: `{plain: …}` is the literal inside, whatever it looks like.
fn credentials(block: Block) -> Settings {
    let fields = block.into_iter();
    fields
        .map(|(name, value)| (name, credential(value)))
        .collect()
}

fn credential(value: Value) -> Setting {
    match value {
        Value::Object(mut map) => match map.remove("plain") {
            Some(plain) => Setting::Literal(plain),
            None => Setting::Map(credentials(map.into_iter().collect())),
        },
        Value::Array(items) => Setting::List(items.into_iter().map(credential).collect()),
        other => setting(other),
    }
}

fn settings(block: Block) -> Settings {
    block
        .into_iter()
        .map(|(name, value)| (name, setting(value)))
        .collect()
}

fn setting(value: Value) -> Setting {
    match value {
        Value::String(text) => match text.parse() {
            Ok(reference) => Setting::Secret(reference),
            Err(_) => Setting::Literal(Value::String(text)),
        },
        Value::Array(items) => Setting::List(items.into_iter().map(setting).collect()),
        Value::Object(fields) => Setting::Map(
            fields
                .into_iter()
                .map(|(name, value)| (name, setting(value)))
                .collect(),
        ),
        scalar => Setting::Literal(scalar),
    }
}
