//! Responsible for the desired state: the validated content of the files.

use super::setting::references;
use super::{
    Address, AdoptPolicy, DefinitionId, DesiredTemplates, Fields, OrganizationId, Protection,
    SecretRef, Setting, Settings, SharedText, TemplateId,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Everything that the files declare.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Desired {
    /// The environment of the run, if the project has several.
    pub environment: Option<String>,
    /// The organization that the files are for. A run in another organization is refused.
    pub organization_id: Option<OrganizationId>,
    /// The version of the field names that the remote API uses.
    pub contract: Contract,
    /// Limits on what one run may delete.
    pub guards: Guards,
    /// Whether a run may take over unrecorded objects and change them.
    pub adopt: AdoptPolicy,
    /// The organization's own OAuth apps, by type.
    pub oauth_apps: BTreeMap<DefinitionId, DesiredOauthApp>,
    /// The source templates that the organization must have, by type.
    pub source_templates: DesiredTemplates,
    /// Customers by name.
    pub customers: BTreeMap<String, DesiredCustomer>,
}

/// An OAuth app of the organization, with which the vendor asks customers for their consent.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredOauthApp {
    /// The connector type's name.
    pub kind: SharedText,
    /// The fields of the app. The API never returns them.
    pub fields: Settings,
}

impl DesiredOauthApp {
    /// The fields by name.
    pub fn leaves(&self) -> BTreeMap<String, &Setting> {
        let fields = self.fields.iter();
        fields
            .map(|(name, setting)| (name.to_string(), setting))
            .collect()
    }

    /// The references in the fields.
    pub fn references(&self) -> BTreeSet<&SecretRef> {
        references([&self.fields])
    }
}

impl Desired {
    /// The settings of the project, without customers.
    #[must_use]
    pub fn without_customers(&self) -> Self {
        Self {
            environment: self.environment.clone(),
            organization_id: self.organization_id,
            contract: self.contract,
            guards: self.guards,
            adopt: self.adopt,
            oauth_apps: self.oauth_apps.clone(),
            source_templates: self.source_templates.clone(),
            customers: BTreeMap::new(),
        }
    }

    /// Texts that are not secret and that a response may repeat: names, and the literal settings
    /// that can be read back.
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

/// Limits on the deletions and id changes of one run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Guards {
    /// The most objects one run may delete or deactivate.
    pub max_deletes: u64,
    /// The same limit as a percentage of the owned objects. Applies from ten owned objects up.
    pub max_delete_percent: u64,
    /// The most connectors that one run may replace or rotate, which changes their ids. `None` sets
    /// no limit.
    pub max_id_changes: Option<u64>,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            max_deletes: 5,
            max_delete_percent: 10,
            max_id_changes: None,
        }
    }
}

/// One customer: a workspace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DesiredCustomer {
    /// The earlier name, if the files rename the object.
    pub previous_name: Option<String>,
    /// The region in which the workspace is created. The API does not return it.
    pub region: Option<Region>,
    /// Active if the files declare no status.
    pub status: Status,
    /// The cache setting, if declared.
    pub cache: Option<Cache>,
    /// Whether runs may delete, suspend or replace the customer and its connectors.
    pub protect: Protection,
    /// Labels that select customers. They are not sent.
    pub labels: BTreeMap<String, String>,
    /// Connectors by name.
    pub connectors: Fields<Box<DesiredConnector>>,
}

/// A workspace's status (`WorkspaceStatus`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In use.
    #[default]
    Active,
    /// Suspended; no data is deleted.
    Inactive,
}

/// The tri-state `cache_enabled` of a workspace.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cache {
    /// The organization's setting; null in the API.
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

/// A region by its id in `ScopedTokenCreateRequest.region_id`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Region(pub Uuid);

impl Region {
    /// The United States, the API's default.
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
    /// The earlier name, if the files rename the object.
    pub previous_name: Option<String>,
    /// The connector type.
    pub kind: Kind,
    /// The catalog's name of the authentication method that the credentials match.
    pub auth: Option<SharedText>,
    /// The source template, where the organization has several for a type.
    pub template_id: Option<TemplateId>,
    /// Who grants access to the provider, if no credentials do.
    pub consent: Option<Consent>,
    /// The authentication block.
    pub credentials: Option<Settings>,
    /// Fields of `credentials` that are not secret, such as an email. Their literal values are
    /// shown.
    pub readable: BTreeSet<String>,
    /// A number that users increase to send the credentials again.
    pub credentials_version: Option<u64>,
    /// Whether references are resolved to detect changed values.
    pub rotation: RotationMode,
    /// Server variables, such as a subdomain.
    pub environment: Option<Settings>,
    /// Replication settings; only declared keys are compared.
    pub replication_config: Option<Settings>,
    /// Entities and modes; compared as a set if declared.
    pub entities: Option<Vec<Entity>>,
}

/// Who grants access to a provider in a browser.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// The customer. Only `airlift connect` creates the connector.
    Customer,
}

/// How changed secrets are detected.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RotationMode {
    /// Each plan resolves the references and compares fingerprints.
    #[default]
    Compare,
    /// Changes are not detected. References are resolved only when credentials are sent.
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

    /// The leaves that are fingerprinted, by dotted path: all of `credentials`, which the API never
    /// returns, and the references in the other blocks.
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
        let is_fingerprinted = |setting: &Setting| block == "credentials" || setting.holds_secret();
        for (name, setting) in settings
            .iter()
            .filter(|(_, setting)| is_fingerprinted(setting))
        {
            setting.leaves(&format!("{block}.{name}"), &mut |path, leaf| {
                if is_fingerprinted(leaf) {
                    leaves.insert(path, leaf);
                }
            });
        }
    }
    leaves
}

/// A connector type as declared, with its definition if the catalog has the type.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Kind {
    /// The name in the catalog (`github`), or the declared text if the catalog lacks the type.
    pub name: SharedText,
    /// The definition, or `None` if the API has to be asked for it.
    pub definition_id: Option<DefinitionId>,
}

impl Kind {
    /// Whether a text is the name of the type, or the id of its definition.
    pub fn is_named(&self, text: &str) -> bool {
        *self.name == *text
            || self
                .definition_id
                .is_some_and(|id| id.to_string().eq_ignore_ascii_case(text))
    }
}

/// One requested entity (`RequestedEntity`).
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize)]
pub struct Entity {
    /// The name in the connector type.
    pub entity: String,
    /// Sorted and unique. `None` leaves the choice to the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modes: Option<Vec<Mode>>,
}

/// An access mode of an entity (`RequestedEntityMode`).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Read.
    Read,
    /// Write.
    Write,
}

impl Desired {
    /// The references of every declared connector and OAuth app.
    pub fn references(&self) -> BTreeSet<SecretRef> {
        let apps = self.oauth_apps.values();
        self.connectors()
            .flat_map(|(_, connector)| connector.references())
            .chain(apps.flat_map(DesiredOauthApp::references))
            .cloned()
            .collect()
    }

    /// Every declared connector with its address, in order.
    pub fn connectors(&self) -> impl Iterator<Item = (Address, &DesiredConnector)> {
        self.customers.iter().flat_map(|(customer, declared)| {
            declared
                .connectors
                .iter()
                .map(move |(name, connector)| (Address::connector(customer, name), &**connector))
        })
    }
}
