//! What the files ask for, once it can be relied on.

use super::setting::references;
use super::{Address, DefinitionId, OrganizationId, SecretRef, Setting, Settings, TemplateId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Everything the files declare.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Desired {
    /// The organization the files are for; any other is refused.
    pub organization_id: Option<OrganizationId>,
    /// Which names the remote API uses.
    pub contract: Contract,
    /// Limits on what one run may delete.
    pub guards: Guards,
    /// Customers by name.
    pub customers: BTreeMap<String, DesiredCustomer>,
}

impl Desired {
    /// Every text in it that is no secret and that an answer may repeat: names, and the literal
    /// settings that can be read back.
    pub fn texts(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        for (name, customer) in &self.customers {
            texts.push(name.as_str());
            texts.extend(customer.previous_name.as_deref());
            for (name, connector) in &customer.connectors {
                texts.push(name);
                texts.extend(connector.previous_name.as_deref());
                let blocks = [&connector.environment, &connector.replication_config];
                let settings = blocks.into_iter().flatten().flat_map(Settings::values);
                settings.for_each(|setting| setting.texts(&mut texts));
                let entities = connector.entities.iter().flatten();
                texts.extend(entities.map(|entity| entity.entity.as_str()));
            }
        }
        texts
    }
}

/// Names and paths of the remote API.
#[derive(
    Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Contract {
    /// The newest names: `workspace_name`, `definition_id`.
    #[default]
    Workspace,
    /// The names of the hosted-authentication guide: `external_user_id`, `connector_type`.
    ExternalUser,
}

/// Limits on what one run may delete by absence.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Guards {
    /// The most objects one run may delete or deactivate.
    pub max_deletes: u64,
    /// The same as a percentage of the objects owned; counts from ten owned objects up.
    pub max_delete_percent: u64,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            max_deletes: 5,
            max_delete_percent: 10,
        }
    }
}

/// One customer: a workspace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DesiredCustomer {
    /// The name it had, when it was renamed in the files.
    pub previous_name: Option<String>,
    /// Where the workspace is placed when it is born; never read back.
    pub region: Option<Region>,
    /// Active unless the files say otherwise.
    pub status: Status,
    /// The cache setting, when declared.
    pub cache: Option<Cache>,
    /// Never deleted, deactivated or replaced by a run.
    pub protect: bool,
    /// Connectors by name.
    pub connectors: BTreeMap<String, DesiredConnector>,
}

/// A workspace's status (`WorkspaceStatus`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In use.
    #[default]
    Active,
    /// Suspended; nothing is lost.
    Inactive,
}

/// The tri-state `cache_enabled` of a workspace.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cache {
    /// Null remotely: as the organization has it.
    Inherit,
    /// On.
    On,
    /// Off.
    Off,
}

impl Cache {
    /// The remote value.
    pub fn as_remote(self) -> Option<bool> {
        match self {
            Self::Inherit => None,
            Self::On => Some(true),
            Self::Off => Some(false),
        }
    }

    /// From the remote value.
    pub fn from_remote(value: Option<bool>) -> Self {
        match value {
            None => Self::Inherit,
            Some(true) => Self::On,
            Some(false) => Self::Off,
        }
    }
}

/// A region, by the id that minting takes (`ScopedTokenCreateRequest.region_id`).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Region(pub Uuid);

impl Region {
    /// The United States, the remote default.
    pub const US: Self = Self(Uuid::from_u128(0x645a_183f_b12b_4c6e_8ad3_99e1_6560_3450));
    /// The European Union.
    pub const EU: Self = Self(Uuid::from_u128(0xb9e4_8d61_f082_4a14_a8d0_799a_9079_38cb));
}

impl std::fmt::Display for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::US => f.write_str("us"),
            Self::EU => f.write_str("eu"),
            Self(other) => other.fmt(f),
        }
    }
}

/// One connector of a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredConnector {
    /// The name it had, when it was renamed in the files.
    pub previous_name: Option<String>,
    /// Its type.
    pub kind: Kind,
    /// The authentication method that the credentials fit, as the catalog names it.
    pub auth: Option<String>,
    /// The source template, where the organization has several for a type.
    pub template_id: Option<TemplateId>,
    /// The authentication block.
    pub credentials: Option<Settings>,
    /// Fields of `credentials` that are no secret, such as an email: shown when they stand in
    /// the files.
    pub readable: BTreeSet<String>,
    /// Raised to send the credentials again.
    pub credentials_version: Option<u64>,
    /// Whether references are read to tell if their values changed.
    pub rotation: Rotation,
    /// Server variables, such as a subdomain.
    pub environment: Option<Settings>,
    /// Replication settings; only declared keys are compared.
    pub replication_config: Option<Settings>,
    /// Entities and modes; compared as a set when declared.
    pub entities: Option<Vec<Entity>>,
}

/// How a new value of a secret is noticed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Rotation {
    /// By reading it and comparing with what was last sent.
    #[default]
    Compare,
    /// Not at all: somebody asks for it. The references are read only to be sent.
    Manual,
}

impl DesiredConnector {
    /// The blocks of settings that are present, with their field names.
    pub fn blocks(&self) -> impl Iterator<Item = (&'static str, &Settings)> {
        [
            ("credentials", &self.credentials),
            ("environment", &self.environment),
            ("replication_config", &self.replication_config),
        ]
        .into_iter()
        .filter_map(|(name, block)| Some((name, block.as_ref()?)))
    }

    /// The references in the blocks.
    pub fn references(&self) -> BTreeSet<&SecretRef> {
        references(self.blocks().map(|(_, block)| block))
    }

    /// Every leaf whose value is write-only remotely or a reference, by dotted path: all of
    /// `credentials`, and the references of the two other blocks.
    pub fn secret_leaves(&self) -> BTreeMap<String, &Setting> {
        secret_leaves(self.blocks())
    }
}

/// The leaves that are fingerprinted: those of `credentials`, and references elsewhere.
pub(super) fn secret_leaves<'a>(
    blocks: impl Iterator<Item = (&'static str, &'a Settings)>,
) -> BTreeMap<String, &'a Setting> {
    let mut leaves = BTreeMap::new();
    for (block, settings) in blocks {
        for (name, setting) in settings {
            setting.leaves(&format!("{block}.{name}"), &mut |path, leaf| {
                if block == "credentials" || leaf.holds_secret() {
                    leaves.insert(path, leaf);
                }
            });
        }
    }
    leaves
}

/// A connector's type as written, with its definition where the catalog knows it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    /// The catalog's name (`github`), or what the file says for a type outside the catalog.
    pub name: String,
    /// The definition; nothing for a name that has to be looked up live.
    pub definition_id: Option<DefinitionId>,
}

/// One requested entity (`RequestedEntity`).
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize)]
pub struct Entity {
    /// The entity's name.
    pub entity: String,
    /// Sorted and without repeats; nothing means the server's choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modes: Option<Vec<Mode>>,
}

/// What may be done with an entity (`RequestedEntityMode`).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Read.
    Read,
    /// Write.
    Write,
}

impl Desired {
    /// Every declared connector with its address, in order.
    pub fn connectors(&self) -> impl Iterator<Item = (Address, &DesiredConnector)> {
        self.customers.iter().flat_map(|(customer, declared)| {
            declared
                .connectors
                .iter()
                .map(move |(name, connector)| (Address::connector(customer, name), connector))
        })
    }
}
