//! Responsible for the grammar: the fields of a file before validation.
//!
//! The JSON Schema and the schema check are generated from these types, so an editor shows the
//! comments on their fields. Does not check rules that need more than one field: `validate` does.

use super::raw_template::{RawCustomersFrom, RawTemplate};
use crate::model::{Protection, unescaped};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// A block of settings with the types that YAML gives to their values.
pub(crate) type RawBlock = Map<String, Value>;

/// The names of all fields of files.
pub(super) static FIELDS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut names = BTreeSet::new();
    let generator = SchemaGenerator::default();
    add_fields(
        &generator.into_root_schema_for::<RawFile>().to_value(),
        &mut names,
    );
    names
});

fn add_fields(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(keywords) => {
            let properties = keywords.get("properties").and_then(Value::as_object);
            names.extend(properties.into_iter().flat_map(Map::keys).cloned());
            keywords.values().for_each(|value| add_fields(value, names));
        }
        Value::Array(items) => items.iter().for_each(|item| add_fields(item, names)),
        _ => {}
    }
}

/// A name, in which `$${` is a literal `${`, as in other values.
fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(unescaped)
}

fn optional_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name: Option<String> = Option::deserialize(deserializer)?;
    Ok(name.map(unescaped))
}

/// An airlift project, or a file that it includes.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "File", title = "airlift configuration")]
pub(crate) struct RawFile {
    /// The version of this grammar: 1. Required in the project file.
    pub(crate) version: Option<u64>,
    /// The organization of these files (a UUID). A run refuses to act on any other organization.
    pub(crate) organization_id: Option<String>,
    /// The names that the remote API uses: `workspace` (the default), or `external_user` as in the
    /// hosted-authentication guide.
    pub(crate) contract: Option<RawContract>,
    /// Patterns of further files, relative to this one, such as `customers/*.yaml`.
    pub(crate) include: Option<Vec<String>>,
    /// Environments such as `staging` and `prod`, of which `--env` chooses one. Each has its own ledger.
    pub(crate) environments: Option<BTreeMap<String, RawEnvironment>>,
    /// Limits on what one run may delete.
    pub(crate) guards: Option<RawGuards>,
    /// The stores that references may use (default: `env` and `file`). `exec` and stores with a
    /// hyphen in their name also need the user's own configuration.
    pub(crate) stores: Option<Vec<String>>,
    /// Patterns of references, such as `env:ACME_*`, whose values are sent as they are. Without a
    /// match, a value whose form cannot be right is refused.
    pub(crate) unchecked_secrets: Option<Vec<String>>,
    /// Which files may use which references. With a policy, a file that no entry matches may not
    /// use any.
    pub(crate) secret_policy: Option<Vec<RawPolicy>>,
    /// Which files may declare which customers. With a policy, a file that no entry matches may not
    /// declare any.
    pub(crate) customer_policy: Option<Vec<RawCustomerPolicy>>,
    /// Whether a run may take over workspaces and connectors that are not in the ledger and change
    /// them in the same run (default false). `--adopt` allows it for one run.
    pub(crate) adopt: Option<bool>,
    /// How new values of secrets are detected, for every connector without its own `rotation`.
    pub(crate) rotation: Option<RawRotation>,
    /// The organization's own OAuth apps by connector type, such as `hubspot: {client_id: …, client_secret: …}`, with
    /// which the vendor asks customers for their consent.
    pub(crate) oauth_apps: Option<BTreeMap<String, RawBlock>>,
    /// The organization's source templates by connector type: `require`, `clone` (apply copies the vendor's template if
    /// there is none), or the UUID of the one that connectors of the type use.
    pub(crate) source_templates: Option<BTreeMap<String, String>>,
    /// The lock file of the API's connector types that `airlift types --refresh` writes, relative to this file.
    pub(crate) types_lock: Option<String>,
    /// Customers with placeholders, by name. `customers_from` fills them.
    pub(crate) templates: Option<BTreeMap<String, RawTemplate>>,
    /// Tables whose rows are customers.
    pub(crate) customers_from: Option<Vec<RawCustomersFrom>>,
    /// The customers, each with its connectors.
    #[expect(
        dead_code,
        reason = "for the schema; customers are decoded one at a time"
    )]
    pub(crate) customers: Option<Vec<RawCustomer>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum RawContract {
    Workspace,
    ExternalUser,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct RawGuards {
    /// Maximum number of objects that one run may delete or suspend (default 5).
    pub(crate) max_deletes: Option<u64>,
    /// The same limit as a percentage of the objects in the ledger (default 10). Applies if the
    /// ledger has ten or more objects.
    #[schemars(range(max = 100))]
    pub(crate) max_delete_percent: Option<u64>,
    /// Maximum number of connectors that one run may replace or rotate, which changes their ids
    /// (default: no limit).
    pub(crate) max_id_changes: Option<u64>,
}

/// An environment: settings that replace those of the project, and the values of variables.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Environment")]
pub(crate) struct RawEnvironment {
    /// The organization of the environment (a UUID).
    pub(crate) organization_id: Option<String>,
    /// The stores that references may use.
    pub(crate) stores: Option<Vec<String>>,
    /// Limits on what one run may delete. A limit that is absent is the project's.
    pub(crate) guards: Option<RawGuards>,
    /// Values by name: text, numbers, true or false. `${var.NAME}` in a value of any file stands for them.
    #[serde(default)]
    #[schemars(schema_with = "variables")]
    pub(crate) variables: Option<BTreeMap<String, Value>>,
}

/// One entry of the policy for references.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct RawPolicy {
    /// A pattern of files, relative to the project file, such as `customers/acme*.yaml`.
    pub(crate) files: String,
    /// Prefixes of references, such as `env:ACME_` or `file:secrets/acme-`. A file that several
    /// entries match may use the prefixes of all of them.
    pub(crate) allow: Vec<String>,
}

/// One entry of the policy for customer names.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct RawCustomerPolicy {
    /// A pattern of files, relative to the project file, such as `customers/acme*.yaml`.
    pub(crate) files: String,
    /// Patterns of customer names, such as `acme-*`. A file that several entries match may declare
    /// the customers of all of them. Former names must match, too.
    pub(crate) customers: Vec<String>,
}

/// How new values of secrets are detected.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum RawRotation {
    Compare,
    Manual,
}

/// One customer: a workspace.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Customer")]
pub(crate) struct RawCustomer {
    /// The customer's identity, unique in the project.
    #[serde(deserialize_with = "name")]
    pub(crate) name: String,
    /// The customer's former name. The workspace is renamed in place; without this field it would
    /// be created a second time.
    #[serde(default, deserialize_with = "optional_name")]
    pub(crate) previous_name: Option<String>,
    /// The region of the workspace: `us`, `eu`, or a region's UUID. Used only at creation; the API
    /// does not return it and cannot change it.
    pub(crate) region: Option<String>,
    /// `active` (the default), or `inactive`: the workspace is suspended and keeps its connectors.
    pub(crate) status: Option<RawStatus>,
    /// Whether no run may delete, suspend or replace the customer or its connectors: true, false, or `confirm` (only a run
    /// with `--confirm` and the customer's name may). Credentials can still be rotated.
    #[serde(default)]
    #[schemars(schema_with = "protect")]
    pub(crate) protect: Option<RawProtection>,
    /// Caching of the data that agents read: true, false, or `inherit` (the organization's setting).
    #[serde(default)]
    #[schemars(schema_with = "cache")]
    pub(crate) cache: Option<RawCache>,
    /// Labels for `--label`, such as `tier: trial`. They are not sent.
    pub(crate) labels: Option<BTreeMap<String, String>>,
    /// The customer's connectors.
    pub(crate) connectors: Option<Vec<RawConnector>>,
}

/// The `protect` setting.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct RawProtection(pub(crate) Protection);

impl TryFrom<Value> for RawProtection {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match value {
            Value::Bool(true) => Ok(Self(Protection::Full)),
            Value::Bool(false) => Ok(Self(Protection::None)),
            Value::String(text) if text == "confirm" => Ok(Self(Protection::Confirm)),
            _ => Err("neither a boolean nor `confirm`"),
        }
    }
}

/// The `cache` setting. Null means an absent field, as everywhere in the files; the API's null is
/// `inherit`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(untagged, try_from = "Value")]
pub(crate) enum RawCache {
    Switch(bool),
    Keyword(RawCacheKeyword),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RawCacheKeyword {
    Inherit,
}

impl TryFrom<Value> for RawCache {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match value {
            Value::Bool(value) => Ok(Self::Switch(value)),
            Value::String(text) if text == "inherit" => Ok(Self::Keyword(RawCacheKeyword::Inherit)),
            _ => Err("neither a boolean nor `inherit`"),
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum RawStatus {
    Active,
    Inactive,
}

/// One connector of a customer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Connector")]
pub(crate) struct RawConnector {
    /// The connector's identity, unique within its customer.
    #[serde(deserialize_with = "name")]
    pub(crate) name: String,
    /// The connector's former name. The connector is renamed in place.
    #[serde(default, deserialize_with = "optional_name")]
    pub(crate) previous_name: Option<String>,
    /// The connector's type, such as `github`, or the UUID of a connector definition.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The authentication method. Needed only if the fields of `credentials` fit several methods.
    pub(crate) auth: Option<String>,
    /// The customer's own consent in a browser, in place of `credentials`: `consent: customer`. The
    /// connector waits until `airlift connect` has it.
    pub(crate) oauth: Option<RawOauth>,
    /// The customer's credentials. A secret is a reference such as `${env:NAME}` or
    /// `${file:secrets/token}`; a value that is not secret is written as `{plain: …}`.
    pub(crate) credentials: Option<RawBlock>,
    /// Increase this number to send the credentials again.
    pub(crate) credentials_version: Option<u64>,
    /// `compare` (the default) reads the references in each run to detect new values. `manual` does
    /// not: for stores that return a new value at each read.
    pub(crate) rotation: Option<RawRotation>,
    /// Variables of the type's server address, such as a subdomain.
    pub(crate) environment: Option<RawBlock>,
    /// Replication settings. Only declared keys are compared and sent. `none` says that the connector
    /// replicates nothing, which is the default.
    #[serde(default)]
    #[schemars(schema_with = "replication")]
    pub(crate) replication_config: Option<RawReplication>,
    /// The entities that agents may read or write (default: all).
    pub(crate) entities: Option<Vec<RawEntity>>,
    /// The source template (a UUID). Needed if the organization has several templates for a type.
    pub(crate) template_id: Option<String>,
}

/// The `oauth` block.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Oauth")]
pub(crate) struct RawOauth {
    /// Who consents.
    pub(crate) consent: RawConsent,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum RawConsent {
    Customer,
}

/// The `replication_config` block.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) enum RawReplication {
    Settings(RawBlock),
    None,
}

impl TryFrom<Value> for RawReplication {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match value {
            Value::Object(block) => Ok(Self::Settings(block)),
            Value::String(text) if text == "none" => Ok(Self::None),
            _ => Err("neither a mapping nor `none`"),
        }
    }
}

/// One entity and its permitted operations.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Entity")]
pub(crate) struct RawEntity {
    /// The entity's name, such as `tickets`.
    pub(crate) entity: String,
    /// `read`, `write` or both (default: chosen by the server).
    pub(crate) modes: Option<Vec<RawMode>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum RawMode {
    Read,
    Write,
}

fn variables(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["object", "null"],
        "additionalProperties": {"type": ["string", "number", "boolean"]}
    })
}

fn protect(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["confirm", true, false, null]})
}

fn cache(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["inherit", true, false, null]})
}

/// The keyword is a pattern, because a text of any other form then has a finding of its own.
fn replication(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["object", "string", "null"], "pattern": "^none$"})
}
