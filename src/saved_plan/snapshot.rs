//! Responsible for snapshots: the remote state and the ledger in a file, from which a plan is made
//! without credentials and without the network.
//!
//! Contains no secret's value and no fingerprint, and of the remote settings only those that the files or
//! the ledger declare as literals: the API may return others that are secrets.

use super::canonical::canonical;
use super::{PlanFileError, digest};
use crate::model::{
    Address, ConnectorEntry, ConnectorId, CustomerEntry, Desired, LedgerState, Observed,
    SecretPaths, SentFingerprints, Setting, Settings, SharedText,
};
use crate::plan::{DeclaredSettings, match_resources};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The version of the file's form.
const FORMAT: u32 = 1;
/// What a snapshot has instead of a secret. A plan shows it as a secret.
const MASK: &str = "**********";
/// The block with the settings that the API returns.
const BLOCK: &str = "replication_config";

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
    /// Removes fingerprints, and settings that neither the files nor the ledger declare as literals. Masks settings that
    /// output must withhold. Also returns the names of customers without settings, because a ledger entry that is not
    /// verified may be about them: only the entry says which settings came from references.
    #[must_use]
    pub fn without_values(
        mut self,
        desired: &Desired,
        repeats_secret: &impl Fn(&Value) -> bool,
    ) -> (Self, BTreeSet<String>) {
        let matches = match_resources(desired, &self.observed, &self.recorded);
        let (declared, unverified) = (matches.declared_settings(), matches.unverified());
        let by_name = DeclaredSettings::from(desired);
        let mut left_out = BTreeSet::new();
        for (id, customer) in &mut self.observed.customers {
            let entry = self.recorded.customers.get(id);
            let recorded: BTreeMap<ConnectorId, &ConnectorEntry> = entries(entry).collect();
            let named = addresses(entry);
            for (connector, observed) in customer.connectors.iter_mut().flatten() {
                if unverified.contains(id) {
                    observed.detail = None;
                    left_out.insert(customer.name.clone());
                }
                let Some(detail) = &mut observed.detail else {
                    continue;
                };
                // A customer that cannot be planned, such as one that others renamed, matches by its recorded names.
                let recorded_as = || by_name.get(named.get(connector)?);
                let declared = declared.get(connector).or_else(recorded_as);
                let known = KnownSettings::new(declared, recorded.get(connector));
                known.retain(&mut detail.replication_config, repeats_secret);
            }
        }
        self.remove_fingerprints();
        (self, left_out)
    }

    fn remove_fingerprints(&mut self) {
        let apps = self.recorded.oauth_apps.values_mut();
        apps.for_each(|app| clear(&mut app.sent));
        let entries = self.recorded.customers.values_mut();
        for connector in entries.flat_map(|entry| entry.connectors.values_mut()) {
            let connector = Arc::make_mut(connector);
            connector.write = None;
            connector.sent.iter_mut().map(Arc::make_mut).for_each(clear);
        }
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

fn clear(sent: &mut SentFingerprints) {
    sent.key_id = SharedText::from("");
    sent.salt.clear();
    let paths = sent.fingerprints.keys();
    sent.fingerprints = paths.map(|path| (path, String::new())).collect();
}

/// The recorded connectors of a customer by id.
fn entries(
    customer: Option<&CustomerEntry>,
) -> impl Iterator<Item = (ConnectorId, &ConnectorEntry)> {
    let connectors = customer.into_iter().flat_map(|entry| &entry.connectors);
    connectors.map(|(_, connector)| (connector.id, connector.as_ref()))
}

/// The recorded addresses of connectors.
fn addresses(customer: Option<&CustomerEntry>) -> BTreeMap<ConnectorId, Address> {
    let connectors = customer.into_iter().flat_map(|entry| {
        let connectors = entry.connectors.iter();
        connectors.map(|(name, connector)| (connector.id, Address::connector(&entry.name, name)))
    });
    connectors.collect()
}

/// What the files and the ledger say about the settings of a connector.
struct KnownSettings<'a> {
    blocks: Vec<&'a Settings>,
    secrets: SecretPaths,
}

impl<'a> KnownSettings<'a> {
    fn new(declared: Option<&'a Settings>, recorded: Option<&&'a ConnectorEntry>) -> Self {
        let applied = recorded.and_then(|entry| entry.applied.replication_config.as_ref());
        let blocks: Vec<&Settings> = declared.into_iter().chain(applied).collect();
        let sent = recorded.and_then(|entry| entry.sent.as_deref());
        let secrets = SecretPaths::new(BLOCK, blocks.iter().copied(), sent);
        Self { blocks, secrets }
    }

    /// Keeps the observed settings that are declared as literals, and masks those of them that output must withhold.
    fn retain(&self, observed: &mut Map<String, Value>, repeats_secret: &impl Fn(&Value) -> bool) {
        let is_withheld = |path: &str, value: &Value, literals: &[&Setting]| {
            let is_declared = || literals.iter().any(|literal| has_value(literal, value));
            repeats_secret(value) || (self.secrets.withholds(path, value) && !is_declared())
        };
        retain_literals(observed, BLOCK, &self.blocks, &is_withheld);
    }
}

/// Keeps the settings that are declared as literals, and masks those that are withheld. `is_withheld` gets the literals
/// that are declared at the path, too.
fn retain_literals(
    observed: &mut Map<String, Value>,
    path: &str,
    blocks: &[&Settings],
    is_withheld: &impl Fn(&str, &Value, &[&Setting]) -> bool,
) {
    observed.retain(|name, value| {
        let path = format!("{path}.{name}");
        let declared = blocks.iter().filter_map(|settings| settings.get(name));
        if let Value::Object(inner) = value {
            let maps: Vec<&Settings> = declared
                .filter_map(|setting| match setting {
                    Setting::Map(settings) => Some(settings),
                    _ => None,
                })
                .collect();
            retain_literals(inner, &path, &maps, is_withheld);
            return !maps.is_empty();
        }
        let literals: Vec<&Setting> = declared.filter(|setting| is_literal(setting)).collect();
        if is_withheld(&path, value, &literals) {
            *value = MASK.into();
        }
        !literals.is_empty()
    });
}

fn has_value(setting: &Setting, value: &Value) -> bool {
    setting.to_plain().as_ref() == Some(value)
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
    use super::{KnownSettings, MASK};
    use crate::model::{ConnectorEntry, Setting, Settings};
    use serde_json::{Value, json};

    fn settings(value: Value) -> Settings {
        match Setting::from(value) {
            Setting::Map(settings) => settings,
            other => panic!("{other:?} is no mapping"),
        }
    }

    /// What a snapshot has of observed settings.
    fn retained(declared: Value, applied: Value, observed: Value) -> Value {
        let entry = json!({
            "id": uuid::Uuid::nil(), "definition_id": uuid::Uuid::nil(),
            "applied": {"replication_config": {}},
        });
        let mut entry: ConnectorEntry = serde_json::from_value(entry).unwrap();
        entry.applied.replication_config = Some(settings(applied));
        let Value::Object(mut observed) = observed else {
            panic!("not a mapping");
        };
        let declared = settings(declared);
        KnownSettings::new(Some(&declared), Some(&&entry)).retain(&mut observed, &|_| false);
        observed.into()
    }

    #[test]
    fn retain_keeps_declared_literals_and_masks_what_looks_secret() {
        let declared = json!({
            "start_date": "2026-01-01", "streams": ["a"], "nested": {"a": 1}, "client_secret": "x",
            "token": {"$secret": "${env:TOKEN}"}
        });
        let observed = json!({
            "start_date": "2026-02-02", "streams": ["b"], "nested": {"a": 2, "b": "hunter2"},
            "client_secret": "hunter2", "token": "hunter2", "unknown": "hunter2", "more": {"a": 1}
        });
        let expected = json!({
            "start_date": "2026-02-02", "streams": ["b"], "nested": {"a": 2}, "client_secret": MASK
        });
        assert_eq!(retained(declared, json!({}), observed), expected);
    }

    #[test]
    fn retain_masks_literals_at_a_path_with_a_reference_in_the_other_block() {
        let reference = json!({"$secret": "${env:A}"});
        let literals = json!({
            "date": "2020-01-01", "list": ["b"], "map": {"x": "y", "z": "w"}, "number": 1, "same": "s"
        });
        let references = json!({
            "date": reference, "list": [reference, "b"], "map": {"x": reference}, "number": reference,
            "same": reference
        });
        let observed = json!({
            "date": "harmless", "list": ["harmless", "b"], "map": {"x": "harmless", "z": "w2"},
            "number": 7, "same": "s"
        });
        let expected = json!({
            "date": MASK, "list": MASK, "map": {"x": MASK, "z": "w2"}, "number": MASK, "same": "s"
        });
        for (declared, applied) in [(&literals, &references), (&references, &literals)] {
            let retained = retained(declared.clone(), applied.clone(), observed.clone());
            assert_eq!(retained, expected);
        }
    }
}
