//! Projects as values: what a scenario declares, as files and as what the world should hold.

use serde_json::{Value, json};
use std::fmt::Write as _;

/// What every secret of these tests begins with, so that one search finds them all.
pub(crate) const CANARY: &str = "Kn4rYv0gEl8x";

/// A project's files as a value.
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

/// A connector of a type that takes one secret; `secret` tells its versions apart.
pub(crate) fn slot(name: &'static str, kind: &'static str, secret: &'static str) -> Slot {
    Slot {
        name,
        kind,
        secret,
        more: "",
    }
}

impl Slot {
    /// With more lines of YAML, already indented.
    pub(crate) fn more(self, more: &'static str) -> Self {
        Self { more, ..self }
    }

    fn value(&self) -> String {
        format!("{CANARY}-{}-{}", self.file(), self.secret)
    }

    /// Where its secret is.
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

    /// The credentials as the API gets them.
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

    /// With keys of the project's own, as lines of YAML.
    pub(crate) fn keys(self, keys: &'static str) -> Self {
        Self { keys, ..self }
    }

    pub(crate) fn customer(self, name: &str, slots: impl Into<Vec<Slot>>) -> Self {
        self.customer_with(name, "", slots)
    }

    /// A customer with more lines of YAML, already indented.
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

    /// The declared connectors as customer, name, and the credentials they should have.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (&str, &str, Value)> {
        self.customers.iter().flat_map(|(customer, _, slots)| {
            let one = |slot: &Slot| (slot.name, slot.credentials());
            slots
                .iter()
                .map(one)
                .map(|(name, credentials)| (customer.as_str(), name, credentials))
                .collect::<Vec<_>>()
        })
    }

    /// Every secret's value.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = String> {
        self.customers
            .iter()
            .flat_map(|(_, _, slots)| slots.iter().map(Slot::value))
    }
}
