//! Responsible for telling tests whether a connector was created with given credentials. Stores digests instead of
//! the credentials.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::sandbox::Options;

/// A salted digest of the credentials of each connector. The digests are in memory only.
#[derive(Debug, Clone)]
pub(crate) struct CredentialDigests {
    /// A random value, so that a digest reveals nothing about guessable credentials.
    salt: Uuid,
    digests: BTreeMap<Uuid, [u8; 32]>,
}

impl CredentialDigests {
    pub(crate) fn new(options: &Options) -> Self {
        match &options.testing.world {
            Some(snapshot) => snapshot.credential_digests(),
            None => Self {
                salt: Uuid::new_v4(),
                digests: BTreeMap::new(),
            },
        }
    }

    pub(crate) fn insert(&mut self, connector: Uuid, credentials: &Value) {
        self.digests.insert(connector, self.digest(credentials));
    }

    pub(crate) fn matches(&self, connector: Uuid, credentials: &Value) -> bool {
        self.digests.get(&connector) == Some(&self.digest(credentials))
    }

    fn digest(&self, value: &Value) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.salt)
            .chain_update(canonical(value).to_string())
            .finalize()
            .into()
    }
}

/// The value with sorted keys.
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
