//! What the ledger is told after each effect.

use super::run::{CustomerRun, Trouble};
use crate::model::{
    Applied, ConnectorBody, ConnectorId, RecordedConnector, Resolved as _, Sent, Setting,
};
use std::collections::BTreeMap;

impl CustomerRun<'_> {
    /// Fingerprints of everything write-only in a body that is about to be sent.
    pub(super) fn sent(&self, body: &ConnectorBody) -> Option<Sent> {
        let leaves = body.secret_leaves();
        if leaves.is_empty() {
            return None;
        }
        let salt = uuid::Uuid::new_v4().simple().to_string();
        let at = jiff::Timestamp::now().to_string();
        let value = |reference: &_| self.context.secrets.value(reference);
        Some(self.context.fingerprinter.sent(leaves, value, salt, at))
    }

    /// What was last sent to a connector that stays.
    pub(super) fn sent_before(&self, id: ConnectorId) -> Option<Sent> {
        let same = |connector: &&RecordedConnector| connector.id == id;
        self.ledger.connectors.values().find(same)?.sent.clone()
    }

    pub(super) fn record(
        body: &ConnectorBody,
        id: ConnectorId,
        sent: Option<Sent>,
        updated_at: Option<String>,
    ) -> RecordedConnector {
        RecordedConnector {
            id,
            definition_id: body.definition_id,
            template_id: body.template_id,
            sent,
            credentials_version: body.credentials_version,
            applied: Applied {
                environment: body.environment.clone(),
                replication_config: body.replication_config.clone(),
                entities: body.entities.clone(),
            },
            updated_at,
        }
    }

    /// Enters a connector under its name, and no other, and puts the entry on disk.
    pub(super) async fn enter(
        &mut self,
        body: &ConnectorBody,
        id: ConnectorId,
        sent: Option<Sent>,
        updated_at: Option<String>,
    ) -> Result<(), Trouble> {
        let record = Self::record(body, id, sent, updated_at);
        self.ledger
            .connectors
            .retain(|_, connector| connector.id != id);
        self.ledger.connectors.insert(body.name.clone(), record);
        self.save().await
    }

    /// Corrects the ledger where the files tell the same in other words.
    pub(super) async fn remember(&mut self) -> Result<(), Trouble> {
        let remember = &self.plan.remember;
        if remember.is_empty() {
            return Ok(());
        }
        self.ledger.leaving.retain(|id| !remember.gone.contains(id));
        if let Some(applied) = remember.applied {
            self.ledger.applied = applied;
        }
        if let Some(unmanaged) = &remember.unmanaged {
            self.ledger.unmanaged = Some(unmanaged.clone());
        }
        if let Some(protect) = remember.protect {
            self.ledger.protect = protect;
        }
        if let Some(name) = &remember.name {
            self.ledger.name.clone_from(name);
            self.name.clone_from(name);
        }
        for connector in &remember.connectors {
            let Some(before) = self.ledger.connectors.get(&connector.body.name) else {
                continue;
            };
            let sent = before
                .sent
                .clone()
                .map(|sent| respelt(sent, &connector.body, &connector.versions));
            let updated_at = connector.updated_at.clone();
            let record = Self::record(&connector.body, before.id, sent, updated_at);
            self.ledger
                .connectors
                .insert(connector.body.name.clone(), record);
        }
        // What is not ours yet is put on disk by the step that makes it ours.
        if self.plan.begins() {
            return Ok(());
        }
        self.save().await
    }
}

/// The same fingerprints under the references as they are spelt now, and the versions known now.
fn respelt(mut sent: Sent, body: &ConnectorBody, versions: &BTreeMap<String, String>) -> Sent {
    let before = std::mem::take(&mut sent.references);
    sent.references = body
        .secret_leaves()
        .into_iter()
        .filter_map(|(path, leaf)| match leaf {
            Setting::Secret(reference) => Some((path, reference.to_string())),
            _ => None,
        })
        .collect();
    let now = &sent.references;
    sent.versions
        .retain(|path, _| now.get(path) == before.get(path));
    sent.versions.extend(versions.clone());
    sent
}
