//! From an operation to the function that does it, and what each of those functions is given.
//!
//! Requests come here already authenticated and checked against the contract. Nothing here waits, reads a
//! clock or touches a socket or file.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::facts::Facts;
use super::moment::Moment;
use super::reply::{Refusal, Reply};
use super::tokens::{Caller, Tokens};
use super::world::World;
use super::{Options, checks, connectors, definitions, templates, tokens, workspaces};

/// One request, as the operations see it.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) operation: &'a str,
    /// Path and query parameters, typed as the contract has them.
    pub(crate) parameters: BTreeMap<String, Value>,
    pub(crate) body: Map<String, Value>,
    pub(crate) caller: Caller,
    /// Scheme and host the caller used, for URLs that lead back.
    pub(crate) origin: String,
    pub(crate) now: Moment,
}

impl Call<'_> {
    /// A parameter's text, unless it is absent or null.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).and_then(Value::as_str)
    }

    /// A parameter that the contract says is a UUID.
    pub(crate) fn id(&self, name: &str) -> Result<Uuid, Refusal> {
        let text = self.text(name).unwrap_or_default();
        text.parse()
            .map_err(|_| Refusal::invalid(format!("path.{name}"), "is not a valid uuid"))
    }

    /// A body field's text, unless it is absent or null.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// A body field, unless it is absent or null.
    pub(crate) fn given(&self, name: &str) -> Option<&Value> {
        self.body.get(name).filter(|v| !v.is_null())
    }
}

/// The state behind all operations.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) world: World,
    pub(crate) facts: &'static Facts,
    pub(crate) tokens: Tokens,
    pub(crate) settings: Options,
    pub(crate) ids: Ids,
    /// Makes the digests below worthless to anybody else.
    pub(crate) salt: Uuid,
    /// Salted digests of the credentials each connector was created with: for tests, never written down.
    pub(crate) digests: BTreeMap<Uuid, [u8; 32]>,
    /// Which texts of a configuration are secret, besides those that their keys give away.
    pub(crate) secret: Secret,
}

/// Whether a text is secret.
pub(crate) struct Secret(pub(crate) Box<dyn Fn(&str) -> bool + Send + Sync>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Api {
    /// Does what was asked.
    pub(crate) fn perform(&mut self, call: &Call<'_>) -> Result<Reply, Refusal> {
        match call.operation {
            "create_account_applications_token" => tokens::application(self, call),
            "create_account_applications_scoped_token"
            | "deprecated_create_embedded_scoped_token" => tokens::scoped(self, call),
            "get_account_applications_scoped_token_info" => tokens::info(self, call),
            "deprecated_get_embedded_scoped_token_info" => tokens::older_info(self, call),
            "create_account_applications_widget_token"
            | "deprecated_create_embedded_widget_token" => tokens::widget(self, call),
            "list_workspaces" => workspaces::list(self, call),
            "get_workspaces_stats" => Ok(workspaces::stats(self)),
            "get_workspaces_workspace_id" => workspaces::get(self, call),
            "update_workspaces_workspace_id" => workspaces::update(self, call),
            "delete_workspaces_workspace_id" => workspaces::delete(self, call),
            "list_integrations_connectors" => connectors::list(self, call),
            "create_integrations_connectors" => connectors::create(self, call),
            "get_integrations_connectors_id" => connectors::get(self, call),
            "update_integrations_connectors_id" => connectors::update(self, call),
            "delete_integrations_connectors_id" => connectors::delete(self, call),
            "create_integrations_connectors_check" => checks::check(self, call),
            "create_integrations_connectors_id_check" => checks::check_existing(self, call),
            "create_integrations_connectors_id_execute" => checks::execute(self, call),
            "get_integrations_connectors_id_inspect" => checks::inspect(self, call),
            other => self.perform_catalog(other, call),
        }
    }

    fn perform_catalog(&mut self, operation: &str, call: &Call<'_>) -> Result<Reply, Refusal> {
        match operation {
            "list_integrations_definitions_sources" => Ok(definitions::sources(self, call)),
            "get_integrations_definitions_sources_id" => definitions::source(self, call),
            "list_integrations_definitions_destinations" => Ok(definitions::destinations(call)),
            "get_integrations_definitions_destinations_id" => definitions::destination(call),
            "list_integrations_templates_sources" => Ok(templates::list(self, call)),
            "list_integrations_templates_sources_global" => Ok(templates::list_global(self)),
            "create_integrations_templates_sources" => templates::create(self, call),
            "get_integrations_templates_sources_id" => templates::get(self, call),
            "update_integrations_templates_sources_id" => templates::update(self, call),
            "delete_integrations_templates_sources_id" => templates::delete(self, call),
            "list_integrations_templates_connections" => Ok(templates::connections()),
            _ => Err(Refusal::new(501, "the sandbox does not do this operation")),
        }
    }
}

/// Where new ids come from: random, or the same in every run that has the same seed.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: Option<u64>,
    openings: u64,
    serial: u64,
}

impl Ids {
    pub(crate) fn new(seed: Option<u64>, openings: u64) -> Self {
        Self {
            seed,
            openings,
            serial: 0,
        }
    }

    pub(crate) fn fresh(&mut self) -> Uuid {
        let Some(seed) = self.seed else {
            return Uuid::new_v4();
        };
        self.serial += 1;
        super::facts::stable_id(
            "seeded",
            &format!("{seed} {} {}", self.openings, self.serial),
        )
    }
}

/// A name of a workspace or connector: not empty, at most 255 characters, nothing invisible in it.
pub(crate) fn check_name(field: &str, name: &str) -> Result<(), Refusal> {
    if name.trim().is_empty() {
        return Err(Refusal::invalid(field, "must not be empty"));
    }
    if name.chars().count() > 255 {
        return Err(Refusal::invalid(field, "must have at most 255 characters"));
    }
    if name.chars().any(char::is_control) {
        return Err(Refusal::invalid(field, "must not hold control characters"));
    }
    Ok(())
}

/// Null is not documented for these fields, so it is refused instead of guessed at.
pub(crate) fn refuse_nulls(call: &Call<'_>, fields: &[&str]) -> Result<(), Refusal> {
    match fields
        .iter()
        .find(|f| call.body.get(**f).is_some_and(Value::is_null))
    {
        Some(field) => Err(Refusal::invalid(
            format!("body.{field}"),
            "must not be null",
        )),
        None => Ok(()),
    }
}

/// A digest that means nothing outside this process.
pub(crate) fn digest(salt: Uuid, value: &Value) -> [u8; 32] {
    Sha256::new()
        .chain_update(salt)
        .chain_update(canonical(value).to_string())
        .finalize()
        .into()
}

fn canonical(value: &Value) -> Value {
    let Value::Object(object) = value else {
        return value.clone();
    };
    let sorted: BTreeMap<&String, Value> = object.iter().map(|(k, v)| (k, canonical(v))).collect();
    sorted
        .into_iter()
        .map(|(k, v)| (k.clone(), v))
        .collect::<Map<String, Value>>()
        .into()
}
