//! Responsible for the ledger records of connectors, from what the files declare.

use super::RemoteRecord;
use crate::model::{
    Applied, ConnectorBody, ConnectorEntry, ConnectorId, PendingEntry, SentFingerprints, Setting,
    SharedText,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The ledger record of a connector with this body.
pub(in crate::apply) fn record(
    body: &ConnectorBody,
    id: ConnectorId,
    remote: RemoteRecord,
) -> ConnectorEntry {
    ConnectorEntry {
        updated_at: remote.updated_at.map(SharedText::from),
        write: remote.write,
        ..pending(body, remote.sent).with_id(id)
    }
}

/// The ledger record of a connector that is about to be created and has no id yet.
pub(in crate::apply) fn pending(
    body: &ConnectorBody,
    sent: Option<Arc<SentFingerprints>>,
) -> PendingEntry {
    PendingEntry {
        definition_id: body.definition_id,
        template_id: body.template_id,
        sent,
        credentials_version: body.credentials_version,
        applied: Applied {
            environment: body.environment.clone(),
            replication_config: body.replication_config.clone(),
            entities: body.entities.clone(),
        },
    }
}

/// Fingerprints with the references as the files spell them now, and with the secret versions that
/// are known now.
pub(super) fn with_current_references(
    sent: &SentFingerprints,
    body: &ConnectorBody,
    versions: &BTreeMap<String, String>,
) -> SentFingerprints {
    let mut sent = sent.clone();
    let before = std::mem::take(&mut sent.references);
    sent.references = body
        .secret_leaves()
        .into_iter()
        .filter_map(|(path, leaf)| match leaf {
            Setting::Secret(reference) => Some((path, reference.to_string().into())),
            _ => None,
        })
        .collect();
    let now = &sent.references;
    let versions_before = sent.versions.into_iter();
    let unchanged = versions_before.filter(|(path, _)| now.get(path) == before.get(path));
    let present = versions
        .iter()
        .map(|(path, version)| (path.into(), version.clone()));
    sent.versions = unchanged.chain(present).collect();
    sent
}
