//! Responsible for snapshots: the remote state and the ledger in a file, from which a plan is made
//! without credentials and without the network.
//!
//! Contains no secret's value and no fingerprint, and of the remote settings only those that the files or
//! the ledger declare as literals: the API may return others that are secrets.

use super::canonical::canonical;
use super::{PlanFileError, digest};
use crate::model::{
    ConnectorId, Desired, LedgerState, Observed, SecretPaths, Setting, Settings, WorkspaceId,
    is_mask, names_secret,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The version of the file's form.
const FORMAT: u32 = 1;
/// What a snapshot has instead of a secret. A plan shows it as a secret.
const MASK: &str = "**********";

/// The remote state and the ledger at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The version of airlift that made the snapshot.
    pub airlift: String,
    /// The origin of the API, as in the scope of the ledger.
    pub origin: String,
    /// When the snapshot was made, in RFC 3339.
    pub created_at: String,
    /// What the API returned.
    pub observed: Observed,
    /// The authenticated part of the ledger.
    pub recorded: LedgerState,
}

/// A snapshot as it was read.
#[derive(Clone, Debug)]
pub struct ReadSnapshot {
    /// SHA-256 of the content, hexadecimal.
    pub id: String,
    /// The content.
    pub content: Snapshot,
    /// The SSH signature of [`ReadSnapshot::signed_text`], if the snapshot is signed.
    pub signature: Option<String>,
}

#[derive(Deserialize)]
struct File<'a> {
    airlift_snapshot: u32,
    id: String,
    #[serde(default)]
    signature: Option<String>,
    #[serde(borrow)]
    content: &'a RawValue,
}

impl Snapshot {
    /// Removes fingerprints, and settings that neither the files nor the ledger declare. Masks settings that repeat or
    /// look like a secret.
    #[must_use]
    pub fn without_values(
        mut self,
        desired: &Desired,
        repeats_secret: &impl Fn(&Value) -> bool,
    ) -> Self {
        for (id, customer) in &mut self.observed.customers {
            for (connector, observed) in customer.connectors.iter_mut().flatten() {
                let Some(detail) = &mut observed.detail else {
                    continue;
                };
                let declared = desired
                    .customers
                    .get(&customer.name)
                    .and_then(|customer| customer.connectors.get(&observed.name))
                    .and_then(|connector| connector.replication_config.as_ref());
                let recorded = recorded_settings(&self.recorded, *id, *connector);
                let known: Vec<&Settings> = declared.into_iter().chain(recorded).collect();
                retain_known(&mut detail.replication_config, &known, repeats_secret);
            }
        }
        let entries = self.recorded.customers.values_mut();
        for connector in entries.flat_map(|entry| entry.connectors.values_mut()) {
            connector.write = None;
            if let Some(sent) = &mut connector.sent {
                let sent = Arc::make_mut(sent);
                sent.key_id.clear();
                sent.salt.clear();
                sent.fingerprints.values_mut().for_each(String::clear);
            }
        }
        self
    }

    /// The text of a file. `sign` makes the signature of a text.
    pub fn file<E>(
        &self,
        sign: impl FnOnce(&str) -> Result<Option<String>, E>,
    ) -> serde_json::Result<Result<String, E>> {
        let content = canonical(&serde_json::to_value(self)?);
        let id = digest(content.as_bytes());
        let signature = sign(&signed_text(&id));
        Ok(signature.map(|signature| written(&content, &id, signature.as_deref())))
    }

    /// Reads the text of a file.
    pub fn read(text: &[u8]) -> Result<ReadSnapshot, PlanFileError> {
        let file: File<'_> = serde_json::from_slice(text).map_err(|_| PlanFileError::NotAPlan)?;
        if file.airlift_snapshot > FORMAT {
            return Err(PlanFileError::OtherVersion);
        }
        let content = file.content.get();
        let id = digest(content.as_bytes());
        let is_whole =
            file.id == id && written(content, &id, file.signature.as_deref()).as_bytes() == text;
        if !is_whole {
            return Err(PlanFileError::Altered);
        }
        Ok(ReadSnapshot {
            content: serde_json::from_str(content).map_err(|_| PlanFileError::OtherVersion)?,
            id,
            signature: file.signature,
        })
    }
}

impl ReadSnapshot {
    /// The text that a signature covers.
    pub fn signed_text(&self) -> String {
        signed_text(&self.id)
    }
}

fn signed_text(id: &str) -> String {
    format!("airlift snapshot {id}\n")
}

fn written(content: &str, id: &str, signature: Option<&str>) -> String {
    let id = Value::from(id);
    let signature = signature.map_or_else(String::new, |signature| {
        format!(",\"signature\":{}", Value::from(signature))
    });
    format!("{{\"airlift_snapshot\":{FORMAT},\"content\":{content},\"id\":{id}{signature}}}\n")
}

/// The settings of a connector at the last apply.
fn recorded_settings(
    recorded: &LedgerState,
    workspace: WorkspaceId,
    id: ConnectorId,
) -> Option<&Settings> {
    let connectors = &recorded.customers.get(&workspace)?.connectors;
    let entry = connectors.values().find(|entry| entry.id == id)?;
    entry.applied.replication_config.as_ref()
}

/// Keeps the settings that are declared as literals and do not look like secrets.
fn retain_known(
    observed: &mut Map<String, Value>,
    known: &[&Settings],
    repeats_secret: &impl Fn(&Value) -> bool,
) {
    observed.retain(|name, value| {
        let mut declared = known.iter().filter_map(|settings| settings.get(name));
        match value {
            Value::Object(inner) => {
                let maps: Vec<&Settings> = declared
                    .filter_map(|setting| match setting {
                        Setting::Map(settings) => Some(settings),
                        _ => None,
                    })
                    .collect();
                retain_known(inner, &maps, repeats_secret);
                !maps.is_empty()
            }
            value => {
                let looks_secret = value
                    .as_str()
                    .is_some_and(|text| is_mask(text) || names_secret(name));
                let is_declared = declared.clone().any(|setting| has_value(setting, value));
                let is_withheld = repeats_secret(value) || (!is_declared && has_secret_form(value));
                let is_known = !looks_secret && declared.any(is_literal);
                if is_withheld {
                    *value = MASK.into();
                }
                is_known
            }
        }
    });
}

fn has_value(setting: &Setting, value: &Value) -> bool {
    setting.to_plain().as_ref() == Some(value)
}

/// Whether a text in a value has the form of a secret.
fn has_secret_form(value: &Value) -> bool {
    SecretPaths::default().withholds("replication_config", value)
}

/// Whether a declared value is a literal, or a list of literals.
fn is_literal(setting: &Setting) -> bool {
    match setting {
        Setting::Literal(_) => true,
        Setting::List(items) => items.iter().all(is_literal),
        Setting::Secret(_) | Setting::Map(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::retain_known;
    use crate::model::{Setting, Settings};
    use serde_json::{Value, json};

    #[test]
    fn retain_known_keeps_declared_literals_only() {
        let declared = json!({
            "start_date": "2026-01-01", "streams": ["a"], "nested": {"a": 1}, "client_secret": "x",
            "token": {"$secret": "${env:TOKEN}"}
        });
        let Setting::Map(declared) = Setting::from(declared) else {
            panic!("not a mapping");
        };
        let declared: Settings = declared;
        let observed = json!({
            "start_date": "2026-02-02", "streams": ["b"], "nested": {"a": 2, "b": "hunter2"},
            "client_secret": "hunter2", "token": "hunter2", "unknown": "hunter2", "more": {"a": 1}
        });
        let Value::Object(mut observed) = observed else {
            panic!("not a mapping");
        };
        retain_known(&mut observed, &[&declared], &|_| false);
        let expected = json!({"start_date": "2026-02-02", "streams": ["b"], "nested": {"a": 2}});
        assert_eq!(Value::Object(observed), expected);
    }
}
