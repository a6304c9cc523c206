//! Responsible for withholding what the API returned if it repeats a secret that the run read later.

use super::App;
use crate::model::{Address, Observed};
use crate::plan::Drift;
use serde_json::Value;

impl App<'_> {
    /// Reads the secrets of the files, for commands that only withhold them. Those that cannot be read are not
    /// recognized.
    pub(super) async fn read_secrets(&self) {
        let references = self.project.desired.references();
        self.secrets.resolve_all(&references).await;
        self.know_secrets();
    }

    /// From now on, texts from the API are compared with every secret that the run read.
    pub(super) fn know_secrets(&self) {
        let values = self.secrets.values();
        let session = &self.connection.session;
        session.add_secrets(values.iter().map(AsRef::as_ref));
    }

    /// Replaces names that repeat a secret. The API returned them before the run read the secret. Returns whether there
    /// are any.
    pub(super) fn withhold_secrets(&self, observed: &mut Observed) -> bool {
        self.know_secrets();
        let session = &self.connection.session;
        let mut is_any = false;
        observed.visit_names(|name| is_any |= session.redact(name));
        is_any
    }

    /// Redacts the names of a drift that repeat a secret, once its edits are done: they need the names as they are.
    pub(super) fn redact_names(&self, drift: &mut Drift) {
        for customer in &mut drift.customers {
            self.connection.session.redact(&mut customer.name);
            for change in &mut customer.changes {
                change.address = self.redacted(&change.address);
            }
        }
    }

    pub(super) fn redacted(&self, address: &Address) -> Address {
        let session = &self.connection.session;
        let mut address = address.clone();
        session.redact(&mut address.customer);
        if let Some(name) = &mut address.connector {
            session.redact(name);
        }
        address
    }

    /// Whether a setting from the API repeats a secret that the run read.
    pub(super) fn repeats_secret(&self, value: &Value) -> bool {
        let is_secret = |text: &str| self.connection.session.redact(&mut text.to_owned());
        match value {
            Value::String(text) => is_secret(text),
            Value::Number(number) => is_secret(&number.to_string()),
            Value::Array(items) => items.iter().any(|item| self.repeats_secret(item)),
            Value::Object(fields) => fields
                .iter()
                .any(|(name, field)| is_secret(name) || self.repeats_secret(field)),
            Value::Null | Value::Bool(_) => false,
        }
    }
}
