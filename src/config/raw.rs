//! Responsible for the grammar: what a file says, field for field, before it is validated.
//!
//! The JSON Schema and the schema check are generated from these types, so the comments on their
//! fields are what an editor shows. Rules that need more than one field are in `validate`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A block, passed on with its YAML types.
pub(crate) type Block = BTreeMap<String, Value>;

/// An airlift project, or a file that it includes.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "File", title = "airlift configuration")]
pub(crate) struct RawFile {
    /// The version of this grammar: 1. Required in the project file.
    pub(crate) version: Option<u64>,
    /// The organization these files are for (a UUID). A run refuses to act on any other.
    pub(crate) organization_id: Option<String>,
    /// Which names the remote API uses: `workspace` (the default) or `external_user`, as the
    /// hosted-authentication guide has it.
    pub(crate) contract: Option<RawContract>,
    /// Patterns of further files, relative to this one, such as `customers/*.yaml`.
    pub(crate) include: Option<Vec<String>>,
    /// Limits on what one run may delete.
    pub(crate) guards: Option<RawGuards>,
    /// The stores that references may use: `env` and `file` unless others are listed. `exec`,
    /// and a store with a hyphen in its name, also need the user's own configuration.
    pub(crate) stores: Option<Vec<String>>,
    /// Which files may use which references. With a policy, a file that no entry matches may
    /// use none.
    pub(crate) secret_policy: Option<Vec<RawPolicy>>,
    /// How a new value of a secret is noticed, for every connector that does not say itself.
    pub(crate) rotation: Option<RawRotation>,
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
    /// The most objects one run may delete or deactivate (default 5).
    pub(crate) max_deletes: Option<u64>,
    /// The same as a percentage of the objects owned (default 10); counts from ten owned
    /// objects up.
    #[schemars(range(max = 100))]
    pub(crate) max_delete_percent: Option<u64>,
}

/// What some files may refer to.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct RawPolicy {
    /// A pattern of files, relative to the project file, such as `customers/acme*.yaml`.
    pub(crate) files: String,
    /// Beginnings of references, such as `env:ACME_` or `file:secrets/acme-`. A file that several
    /// entries match may use what any of them allows.
    pub(crate) allow: Vec<String>,
}

/// How a new value of a secret is noticed.
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
    pub(crate) name: String,
    /// The name it had before, so that it is renamed and not created anew.
    pub(crate) previous_name: Option<String>,
    /// Where the workspace is placed when it is created: `us`, `eu`, or a region's UUID. It
    /// cannot be read back or changed later.
    pub(crate) region: Option<String>,
    /// `active` (the default), or `inactive`: suspended, nothing lost.
    pub(crate) status: Option<RawStatus>,
    /// Never deleted, deactivated or replaced by a run. Credentials can still be rotated.
    pub(crate) protect: Option<bool>,
    /// Caching of what agents read: `inherit` (as the organization has it), true or false.
    #[serde(default)]
    #[schemars(schema_with = "cache")]
    pub(crate) cache: Option<RawCache>,
    /// The customer's connectors.
    #[expect(
        dead_code,
        reason = "for the schema; connectors are decoded one at a time"
    )]
    pub(crate) connectors: Option<Vec<RawConnector>>,
}

/// Null is a field left out, as everywhere in the files; the API's null is `inherit`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum RawCache {
    Switch(bool),
    Word(RawCacheWord),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RawCacheWord {
    Inherit,
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
    pub(crate) name: String,
    /// The name it had before, so that it is renamed and not created anew.
    pub(crate) previous_name: Option<String>,
    /// The connector's type, such as `github`; or a definition's UUID.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The authentication method, only where the fields of `credentials` do not tell.
    pub(crate) auth: Option<String>,
    /// The customer's credentials, with references such as `${env:NAME}` or
    /// `${file:secrets/token}` where a secret goes. `{plain: …}` marks a literal that is none.
    pub(crate) credentials: Option<Block>,
    /// Raise it to send the credentials again.
    pub(crate) credentials_version: Option<u64>,
    /// `compare` (the default) reads the references to notice new values; `manual` never reads
    /// them to compare, as for stores that make a new value at each read.
    pub(crate) rotation: Option<RawRotation>,
    /// Variables of the type's server address, such as a subdomain.
    pub(crate) environment: Option<Block>,
    /// Settings of replication. Only declared keys are compared and sent.
    pub(crate) replication_config: Option<Block>,
    /// Which entities may be read or written; all when left out.
    pub(crate) entities: Option<Vec<RawEntity>>,
    /// The source template (a UUID), where the organization has several for a type.
    pub(crate) template_id: Option<String>,
}

/// One entity and what may be done with it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Entity")]
pub(crate) struct RawEntity {
    /// The entity's name, such as `tickets`.
    pub(crate) entity: String,
    /// `read`, `write` or both; the server's choice when left out.
    pub(crate) modes: Option<Vec<RawMode>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum RawMode {
    Read,
    Write,
}

fn cache(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["inherit", true, false, null]})
}
