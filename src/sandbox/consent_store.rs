//! Responsible for the consents that wait for a decision, in memory only.

use std::collections::HashMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::timestamp::Timestamp;

/// A consent: the connector that the sandbox creates if the customer agrees.
#[derive(Debug, Clone)]
pub(crate) struct Consent {
    pub(crate) workspace_id: Uuid,
    pub(crate) name: String,
    pub(crate) definition_id: Uuid,
    pub(crate) template_id: Uuid,
    pub(crate) replication_config: Map<String, Value>,
    pub(crate) redirect_url: String,
    pub(crate) expires: Timestamp,
}

/// The consents by the secret id in their URL.
#[derive(Debug, Default)]
pub(crate) struct ConsentStore(HashMap<Uuid, Consent>);

impl ConsentStore {
    pub(crate) fn insert(&mut self, id: Uuid, consent: Consent, now: Timestamp) {
        self.0.retain(|_, waiting| waiting.expires > now);
        self.0.insert(id, consent);
    }

    /// A consent, unless it is expired or decided.
    pub(crate) fn get(&self, id: Uuid, now: Timestamp) -> Option<&Consent> {
        self.0.get(&id).filter(|consent| consent.expires > now)
    }

    /// Removes a consent, because each can be decided once.
    pub(crate) fn remove(&mut self, id: Uuid, now: Timestamp) -> Option<Consent> {
        self.0.remove(&id).filter(|consent| consent.expires > now)
    }
}
