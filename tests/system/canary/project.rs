//! Responsible for generating a project from the catalog: every connector type with every field, and
//! for each secret a canary of its own. The stores take turns in holding them.

use super::harness::Harness;
use super::search::Search;
use super::server::Server;
use super::values::{Canary, CanaryGenerator, CanaryPattern};
use super::vault::Vault;
use airlift::catalog::{self, AuthMethod, ConnectorType, Field, FieldType};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const CONNECTORS_PER_CUSTOMER: usize = 5;
/// The stores, in the order in which they receive secrets.
const STORES: [&str; 7] = ["env", "file", "json", "yaml", "dotenv", "exec", "vault"];

/// A generated project with its secrets, in a harness.
pub(crate) struct CanaryProject {
    pub(crate) harness: Harness,
    pub(crate) search: Search,
    /// The number of connectors in the project.
    pub(crate) connectors: usize,
    /// The number of canaries in the stores.
    pub(crate) secrets: usize,
}

/// The secrets of the run itself: origin, variable and pattern.
const RUN_SECRETS: [(&str, &str, CanaryPattern); 5] = [
    (
        "the client secret",
        "AIRBYTE_CLIENT_SECRET",
        CanaryPattern::Quoted,
    ),
    (
        "the ledger's key",
        "AIRLIFT_LEDGER_KEY",
        CanaryPattern::Unicode,
    ),
    (
        "the ledger's old key",
        "AIRLIFT_LEDGER_OLD_KEY",
        CanaryPattern::Escaped,
    ),
    ("the vault's token", "VAULT_TOKEN", CanaryPattern::Plain),
    ("the proxy's password", "PROXY", CanaryPattern::Plain),
];

impl CanaryProject {
    /// Two projects with different seeds have different canaries.
    pub(crate) fn new(connectors: usize, seed: u64) -> Self {
        let mut generator = CanaryGenerator::new(seed);
        let mut canaries = Vec::new();
        let run_secrets = RUN_SECRETS.map(|(origin, _, pattern)| generator.canary(origin, pattern));
        let tokens = (0..=connectors.div_ceil(CONNECTORS_PER_CUSTOMER)).map(|n| {
            let origin = format!("token {n}");
            generator.canary(origin, CanaryPattern::Plain)
        });
        canaries.extend(tokens);
        let tokens = canaries.iter().map(|canary| canary.value.clone()).collect();
        let server = Server::start(("canary-client", &run_secrets[0].value), tokens);
        let mut harness = Harness::new(server, Vault::start(&run_secrets[3].value));
        harness.set("AIRBYTE_CLIENT_ID", "canary-client");
        for ((_, variable, _), canary) in RUN_SECRETS.iter().zip(&run_secrets) {
            harness.set(variable, &canary.value);
        }
        canaries.extend(run_secrets);
        let mut stores = Stores::new(generator);
        let customers = customers(connectors, &mut stores);
        for (n, customer) in customers.into_iter().enumerate() {
            let text = json!({"customers": [customer]}).to_string();
            harness.write_file(&format!("project/customers/{n:03}.yaml"), &text);
        }
        let root_file = json!({
            "version": 1,
            "include": ["customers/*.yaml"],
            "stores": ["env", "file", "exec", "vault"],
        });
        harness.write_file("project/airlift.yaml", &root_file.to_string());
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

    /// Changes the settings of every connector in the project files.
    pub(crate) fn change_settings(
        &mut self,
        change: impl Fn(&ConnectorType, &mut Map<String, Value>),
    ) {
        for n in 0..self.connectors.div_ceil(CONNECTORS_PER_CUSTOMER) {
            let name = format!("project/customers/{n:03}.yaml");
            let text = std::fs::read(self.harness.path(&name)).unwrap();
            let mut file: Value = serde_json::from_slice(&text).unwrap();
            let connectors = file["customers"][0]["connectors"].as_array_mut().unwrap();
            for connector in connectors {
                let kind = catalog::all()
                    .iter()
                    .find(|kind| connector["type"] == kind.name.as_str())
                    .unwrap();
                change(
                    kind,
                    connector["replication_config"].as_object_mut().unwrap(),
                );
            }
            self.harness.write_file(&name, &file.to_string());
        }
    }

    /// The canary with this origin.
    pub(crate) fn canary(&self, origin: &str) -> &Canary {
        self.search
            .canaries
            .iter()
            .find(|canary| canary.origin == origin)
            .unwrap()
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
            // Steps of 11 spread a small project over the catalog, which is sorted by type.
            .map(|number| (number, all[number * 11 % all.len()]))
            .map(|(number, (kind, method))| {
                stores.owner = format!("{name}/C{number} {}", kind.name);
                connector(*number, kind, method, stores)
            })
            .collect();
        json!({"name": name, "connectors": connectors})
    };
    numbers
        .chunks(CONNECTORS_PER_CUSTOMER)
        .enumerate()
        .map(customer)
        .collect()
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
        config.insert(name.clone(), setting(number, name, field, stores));
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

fn setting(number: usize, name: &str, field: &Field, stores: &mut Stores) -> Value {
    let items = field.items.as_ref().map(|items| items.kind);
    match (field.kind, field.format.as_deref(), items) {
        // The format of a resolved value is not checked, so every second date is a secret.
        (FieldType::String, Some(_), _) if !field.required && number % 2 == 1 => {
            stores.secret(&format!("replication_config.{name}")).into()
        }
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

/// The content of the stores while the project is generated.
struct Stores {
    generator: CanaryGenerator,
    canaries: Vec<Canary>,
    /// The values of each store with their numbers.
    values: BTreeMap<&'static str, Vec<(usize, String)>>,
    owner: String,
}

impl Stores {
    fn new(generator: CanaryGenerator) -> Self {
        Self {
            generator,
            canaries: Vec::new(),
            values: BTreeMap::new(),
            owner: String::new(),
        }
    }

    /// Puts a new secret into the next store and returns the reference to it.
    fn secret(&mut self, field: &str) -> String {
        let number = self.canaries.len();
        let store = STORES[number % STORES.len()];
        let origin = format!("{}: {field} from {store}", self.owner);
        let canary = self.generator.next(origin);
        let entry = self.values.entry(store).or_default();
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

    /// Writes the values into the stores of the harness.
    fn fill(&mut self, harness: &mut Harness) {
        for (store, values) in std::mem::take(&mut self.values) {
            match store {
                "env" => {
                    for (number, value) in values {
                        harness.set(&format!("CANARY_{number}"), &value);
                    }
                }
                "file" => {
                    for (number, value) in values {
                        harness.write_file(&format!("project/secrets/{number}"), &value);
                    }
                }
                "vault" => {
                    for (number, value) in values {
                        harness.vault.put("canaries", &format!("s{number}"), &value);
                    }
                }
                "exec" => commands(harness, &values),
                "dotenv" => harness.write_file("project/secrets/all.env", &dotenv(&values)),
                // Valid JSON is valid YAML, too.
                form => {
                    let fields = values
                        .iter()
                        .map(|(n, value)| (format!("s{n}"), json!(value)));
                    let text = Value::Object(fields.collect()).to_string();
                    harness.write_file(&format!("project/secrets/all.{form}"), &text);
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

/// Configures one command for each value. They share a script that records its arguments and its
/// environment.
fn commands(harness: &mut Harness, values: &[(usize, String)]) {
    let seen = harness.path("seen");
    let seen = seen.display();
    let script = format!(
        "#!/bin/sh\n/bin/cat /proc/$$/cmdline /proc/$$/environ > {seen}/child.$$\n\
         echo started >&2\n/bin/cat \"$1\" >&2\nexec /bin/cat \"$1\"\n"
    );
    harness.write_file("home/bin/show", &script);
    let program = harness.path("home/bin/show").display().to_string();
    let mut commands = Map::new();
    for (number, value) in values {
        let name = format!("home/vaulted/{number}");
        harness.write_file(&name, value);
        let file = harness.path(&name).display().to_string();
        let command = json!({"argv": [program, file], "env": ["HOME", "LANG"]});
        commands.insert(format!("show-{number}"), command);
    }
    let config = json!({"exec": commands}).to_string();
    harness.write_file("home/.config/airlift/config.yaml", &config);
}
