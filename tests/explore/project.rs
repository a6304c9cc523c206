//! Responsible for the project that a scenario declares, as files and as the expected connectors.

use serde_json::{Value, json};
use std::fmt::Write as _;

/// The beginning of every secret of these tests, so that one search finds all of them.
pub(crate) const CANARY: &str = "Kn4rYv0gEl8x";

/// A project.
#[derive(Clone, Default)]
pub(crate) struct Project {
    keys: &'static str,
    customers: Vec<(String, &'static str, Vec<Slot>)>,
}

/// A declared connector.
#[derive(Clone)]
pub(crate) struct Slot {
    name: &'static str,
    kind: &'static str,
    secret: &'static str,
    more: &'static str,
}

/// A connector of a type with one secret. `secret` is the version of the secret.
pub(crate) fn slot(name: &'static str, kind: &'static str, secret: &'static str) -> Slot {
    Slot {
        name,
        kind,
        secret,
        more: "",
    }
}

impl Slot {
    /// Adds lines of YAML, already indented.
    pub(crate) fn more(self, more: &'static str) -> Self {
        Self { more, ..self }
    }

    fn value(&self) -> String {
        format!("{CANARY}-{}-{}", self.file(), self.secret)
    }

    /// The file of its secret.
    fn file(&self) -> String {
        self.name.to_lowercase().replace(' ', "-")
    }

    fn field(&self) -> &'static str {
        match self.kind {
            "github" => "token",
            "stripe" => "api_key",
            _ => "api_token",
        }
    }

    /// The credentials as they are sent to the API.
    fn credentials(&self) -> Value {
        let mut credentials = json!({self.field(): self.value()});
        if self.kind == "zendesk-support" {
            credentials["email"] = json!("ops@acme.example");
        }
        credentials
    }

    fn yaml(&self) -> String {
        let email = if self.kind == "zendesk-support" {
            "email: ops@acme.example, "
        } else {
            ""
        };
        let (name, kind, field, file) = (self.name, self.kind, self.field(), self.file());
        format!(
            "      - name: {name}\n        type: {kind}\n        \
             credentials: {{{email}{field}: \"${{file:secrets/{file}}}\"}}\n{}",
            self.more
        )
    }
}

impl Project {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds project keys, as lines of YAML.
    pub(crate) fn keys(self, keys: &'static str) -> Self {
        Self { keys, ..self }
    }

    pub(crate) fn customer(self, name: &str, slots: impl Into<Vec<Slot>>) -> Self {
        self.customer_with(name, "", slots)
    }

    /// Adds a customer with more lines of YAML, already indented.
    pub(crate) fn customer_with(
        mut self,
        name: &str,
        more: &'static str,
        slots: impl Into<Vec<Slot>>,
    ) -> Self {
        self.customers.push((name.to_owned(), more, slots.into()));
        self
    }

    /// Path and content of each file.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let mut yaml = format!("version: 1\n{}customers:\n", self.keys);
        let mut files = Vec::new();
        for (name, more, slots) in &self.customers {
            // Writing to a string cannot fail.
            let _ = write!(yaml, "  - name: {name}\n{more}");
            if !slots.is_empty() {
                yaml.push_str("    connectors:\n");
            }
            for slot in slots {
                yaml.push_str(&slot.yaml());
                files.push((format!("secrets/{}", slot.file()), slot.value()));
            }
        }
        files.push(("airlift.yaml".to_owned(), yaml));
        files
    }

    /// The declared connectors as customer, name, and expected credentials.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (&str, &str, Value)> {
        self.customers.iter().flat_map(|(customer, _, slots)| {
            slots
                .iter()
                .map(|slot| (customer.as_str(), slot.name, slot.credentials()))
                .collect::<Vec<_>>()
        })
    }

    /// The values of all secrets.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = String> {
        self.customers
            .iter()
            .flat_map(|(_, _, slots)| slots.iter().map(Slot::value))
    }
}
