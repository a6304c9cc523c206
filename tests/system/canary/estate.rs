//! A project out of the catalog: every type with every field, each secret with a canary of its
//! own, in every store in turn.

use super::harness::Harness;
use super::search::Search;
use super::server::Server;
use super::values::{Canary, CanaryGenerator, Shape};
use super::vault::Vault;
use airlift::catalog::{self, AuthMethod, ConnectorType, Field, FieldType};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Connectors of a customer.
const EACH: usize = 5;
/// The stores, in the order in which secrets are given to them.
pub(crate) const STORES: [&str; 7] = ["env", "file", "json", "yaml", "dotenv", "exec", "vault"];

/// A project with its secrets, in a harness.
pub(crate) struct Estate {
    pub(crate) harness: Harness,
    pub(crate) search: Search,
    /// How many connectors the project has.
    pub(crate) connectors: usize,
    /// How many canaries are in its stores.
    pub(crate) secrets: usize,
}

/// What belongs to the organization and not to a connector.
const OWN: [(&str, &str, Shape); 5] = [
    ("the client secret", "AIRBYTE_CLIENT_SECRET", Shape::Quoted),
    ("the ledger's key", "AIRLIFT_LEDGER_KEY", Shape::Unicode),
    (
        "the ledger's old key",
        "AIRLIFT_LEDGER_OLD_KEY",
        Shape::Escaped,
    ),
    ("the vault's token", "VAULT_TOKEN", Shape::Plain),
    ("the proxy's password", "PROXY", Shape::Plain),
];

impl Estate {
    /// So many connectors; those of one seed are not those of another.
    pub(crate) fn new(connectors: usize, seed: u64) -> Self {
        let mut generator = CanaryGenerator::new(seed);
        let mut canaries = Vec::new();
        let own = OWN.map(|(place, _, shape)| generator.canary(place, shape));
        let tokens = (0..=connectors.div_ceil(EACH)).map(|n| {
            let place = format!("token {n}");
            generator.canary(place, Shape::Plain)
        });
        canaries.extend(tokens);
        let tokens = canaries.iter().map(|canary| canary.value.clone()).collect();
        let server = Server::start(("canary-client", &own[0].value), tokens);
        let mut harness = Harness::new(server, Vault::start(&own[3].value));
        harness.set("AIRBYTE_CLIENT_ID", "canary-client");
        for ((_, variable, _), canary) in OWN.iter().zip(&own) {
            harness.set(variable, &canary.value);
        }
        canaries.extend(own);
        let mut stores = Stores::new(generator);
        let customers = customers(connectors, &mut stores);
        for (n, customer) in customers.into_iter().enumerate() {
            let text = json!({"customers": [customer]}).to_string();
            harness.give(&format!("project/customers/{n:03}.yaml"), &text);
        }
        let project = json!({
            "version": 1,
            "include": ["customers/*.yaml"],
            "stores": ["env", "file", "exec", "vault"],
        });
        harness.give("project/airlift.yaml", &project.to_string());
        stores.fill(&mut harness);
        let secrets = stores.canaries.len();
        canaries.extend(stores.canaries);
        Self {
            harness,
            search: Search::new(canaries),
            connectors,
            secrets,
        }
    }

    /// The canary of a place.
    pub(crate) fn canary(&self, place: &str) -> &Canary {
        let found = self
            .search
            .canaries
            .iter()
            .find(|canary| canary.place == place);
        found.unwrap()
    }
}

fn customers(connectors: usize, stores: &mut Stores) -> Vec<Value> {
    let all: Vec<(&ConnectorType, &AuthMethod)> = catalog::all()
        .iter()
        .flat_map(|kind| kind.methods.iter().map(move |method| (kind, method)))
        .collect();
    let numbers: Vec<usize> = (0..connectors).collect();
    let customer = |(n, numbers): (usize, &[usize])| {
        let name = format!("customer-{n}");
        let connectors: Vec<Value> = numbers
            .iter()
            // Neighbours of the catalog are spread, so that a small project is no narrow one.
            .map(|number| (number, all[number * 11 % all.len()]))
            .map(|(number, (kind, method))| {
                stores.owner = format!("{name}/C{number} {}", kind.name);
                connector(*number, kind, method, stores)
            })
            .collect();
        json!({"name": name, "connectors": connectors})
    };
    numbers.chunks(EACH).enumerate().map(customer).collect()
}

fn connector(
    number: usize,
    kind: &ConnectorType,
    method: &AuthMethod,
    stores: &mut Stores,
) -> Value {
    let mut credentials = Map::new();
    for (name, field) in &method.fields {
        let secret = catalog::is_secret(name, Some(field));
        let free = field.format.is_none() && field.pattern.is_none() && number % 2 == 1;
        let value = if secret || free {
            stores.secret(&format!("credentials.{name}"))
        } else {
            match (field.format.as_deref(), field.pattern.as_deref()) {
                (Some("email"), _) => "ops@customer.example".to_owned(),
                (_, Some(_)) => "AC0123456789".to_owned(),
                _ => format!("account-{number}"),
            }
        };
        credentials.insert(name.clone(), value.into());
    }
    let mut environment = Map::new();
    for (name, variable) in &kind.variables {
        let value = match &variable.options {
            Some(options) => options[0].clone(),
            None if number.is_multiple_of(3) => stores.secret(&format!("environment.{name}")),
            None => "somewhere".to_owned(),
        };
        environment.insert(name.clone(), value.into());
    }
    let mut config = Map::new();
    for (name, field) in &kind.replication_config {
        config.insert(name.clone(), setting(name, field, stores));
    }
    json!({
        "name": format!("C{number} {}", kind.name),
        "type": kind.name,
        "auth": method.name,
        "credentials": credentials,
        "environment": environment,
        "replication_config": config,
    })
}

fn setting(name: &str, field: &Field, stores: &mut Stores) -> Value {
    let items = field.items.as_ref().map(|items| items.kind);
    match (field.kind, field.format.as_deref(), items) {
        (FieldType::String, Some("date"), _) => json!("2026-01-01"),
        (FieldType::String, Some(_), _) => json!("2026-01-01T00:00:00Z"),
        (FieldType::String, None, _) => stores.secret(&format!("replication_config.{name}")).into(),
        (FieldType::Array, _, None | Some(FieldType::String)) => {
            json!([
                "one",
                stores.secret(&format!("replication_config.{name}.1"))
            ])
        }
        (FieldType::Array, _, Some(FieldType::Object)) => {
            json!([{"x": stores.secret(&format!("replication_config.{name}.0.x"))}])
        }
        (FieldType::Array, ..) => json!([1]),
        (FieldType::Integer | FieldType::Number, ..) => json!(1),
        (FieldType::Boolean, ..) => json!(true),
        (FieldType::Object, ..) => json!({}),
    }
}

/// Where the secrets of a project go.
struct Stores {
    generator: CanaryGenerator,
    canaries: Vec<Canary>,
    /// Values by store, each under its number.
    kept: BTreeMap<&'static str, Vec<(usize, String)>>,
    owner: String,
}

impl Stores {
    fn new(generator: CanaryGenerator) -> Self {
        Self {
            generator,
            canaries: Vec::new(),
            kept: BTreeMap::new(),
            owner: String::new(),
        }
    }

    /// A new secret in the next store: the reference to it.
    fn secret(&mut self, field: &str) -> String {
        let number = self.canaries.len();
        let store = STORES[number % STORES.len()];
        let place = format!("{}: {field} from {store}", self.owner);
        let canary = self.generator.any(place);
        let entry = self.kept.entry(store).or_default();
        entry.push((number, canary.value.clone()));
        self.canaries.push(canary);
        match store {
            "env" => format!("${{env:CANARY_{number}}}"),
            "file" => format!("${{file:secrets/{number}}}"),
            "dotenv" => format!("${{file:secrets/all.env#S{number}}}"),
            "exec" => format!("${{exec:show-{number}}}"),
            "vault" => format!("${{vault:kv/canaries#s{number}}}"),
            form => format!("${{file:secrets/all.{form}#s{number}}}"),
        }
    }

    fn fill(&mut self, harness: &mut Harness) {
        for (store, values) in std::mem::take(&mut self.kept) {
            match store {
                "env" => {
                    for (number, value) in values {
                        harness.set(&format!("CANARY_{number}"), &value);
                    }
                }
                "file" => {
                    for (number, value) in values {
                        harness.give(&format!("project/secrets/{number}"), &value);
                    }
                }
                "vault" => {
                    for (number, value) in values {
                        harness
                            .vault
                            .keep("canaries", &format!("s{number}"), &value);
                    }
                }
                "exec" => commands(harness, &values),
                "dotenv" => harness.give("project/secrets/all.env", &dotenv(&values)),
                // JSON is YAML.
                form => {
                    let fields = values
                        .iter()
                        .map(|(n, value)| (format!("s{n}"), json!(value)));
                    let text = Value::Object(fields.collect()).to_string();
                    harness.give(&format!("project/secrets/all.{form}"), &text);
                }
            }
        }
    }
}

fn dotenv(values: &[(usize, String)]) -> String {
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c => c.to_string(),
    };
    let line = |(number, value): &(usize, String)| {
        let value: String = value.chars().map(escape).collect();
        format!("S{number}=\"{value}\"\n")
    };
    values.iter().map(line).collect()
}

/// One program for all of them; it notes what it was started with.
fn commands(harness: &mut Harness, values: &[(usize, String)]) {
    let seen = harness.path("seen");
    let seen = seen.display();
    let script = format!(
        "#!/bin/sh\n/bin/cat /proc/$$/cmdline /proc/$$/environ > {seen}/child.$$\n\
         echo started >&2\n/bin/cat \"$1\" >&2\nexec /bin/cat \"$1\"\n"
    );
    harness.give("home/bin/show", &script);
    let program = harness.path("home/bin/show").display().to_string();
    let mut commands = Map::new();
    for (number, value) in values {
        let name = format!("home/vaulted/{number}");
        harness.give(&name, value);
        let file = harness.path(&name).display().to_string();
        let command = json!({"argv": [program, file], "env": ["HOME", "LANG"]});
        commands.insert(format!("show-{number}"), command);
    }
    let config = json!({"exec": commands}).to_string();
    harness.give("home/.config/airlift/config.yaml", &config);
}
