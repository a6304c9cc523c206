//! Responsible for signing ledger entries that are not verified: finds out with the API which ids are
//! in their workspace, and signs only those. Writes only the ledger.

use super::App;
use crate::failure::Failure;
use crate::ledger::{JournalEntry, UnsignedLedger};
use crate::model::{ConnectorId, CustomerEntry, UnverifiedEntry, WorkspaceId};
use crate::render::{Signing, SigningConnector, SigningEntry};
use std::collections::{BTreeMap, BTreeSet};

/// The entries to write.
pub(crate) struct InspectedLedger {
    /// The table for whoever approves.
    pub(crate) signing: Signing,
    /// The content of each entry, or `None` for an entry that is removed.
    entries: BTreeMap<WorkspaceId, Option<CustomerEntry>>,
    /// Authenticated intents of earlier runs, which the next run recovers.
    open: Vec<JournalEntry>,
}

impl App<'_> {
    /// Reads the entries that are not verified, and their workspaces in the API.
    pub(crate) async fn inspect_unsigned(&self) -> Result<InspectedLedger, Failure> {
        let unsigned = self.ledger.load_unsigned().await?;
        let mut inspected = InspectedLedger {
            signing: Signing {
                entries: Vec::new(),
                dropped_journal_entries: unsigned.journal_names.iter().cloned().collect(),
                objects: unsigned.objects.clone(),
            },
            entries: BTreeMap::new(),
            open: unsigned.open.clone(),
        };
        for (id, unverified) in &unsigned.entries {
            self.inspect_entry(*id, unverified, &unsigned, &mut inspected)
                .await?;
        }
        self.end_phase();
        Ok(inspected)
    }

    async fn inspect_entry(
        &self,
        id: WorkspaceId,
        unverified: &UnverifiedEntry,
        unsigned: &UnsignedLedger,
        inspected: &mut InspectedLedger,
    ) -> Result<(), Failure> {
        let reader = self.connection.session.reader();
        let workspace = reader.workspace(id).await?;
        let name = workspace.map(|workspace| workspace.name);
        let listed: BTreeSet<ConnectorId> = match &name {
            None => BTreeSet::new(),
            Some(name) => reader
                .connectors(id, name)
                .await?
                .unwrap_or_default()
                .into_keys()
                .collect(),
        };
        let claim = unsigned.claims.get(&id);
        let connectors = claim.map(|entry| rows(entry, &listed)).unwrap_or_default();
        let same_name = claim.filter(|claim| name.as_ref() == Some(&claim.name));
        let signed = same_name.map(|claim| signed_entry(claim, &listed));
        inspected.signing.entries.push(SigningEntry {
            workspace_id: id,
            claimed_name: unverified.claimed_name.clone(),
            name,
            code: if unsigned.is_key_changed {
                "ledger_key_changed"
            } else {
                unverified.cause.code()
            },
            signed: signed.is_some(),
            connectors,
        });
        inspected.entries.insert(id, signed);
        Ok(())
    }

    /// Signs what was inspected, and starts a journal without entries that are not verified.
    pub(crate) async fn sign(&self, inspected: &InspectedLedger) -> Result<(), Failure> {
        self.stop.mark_writing();
        for (id, entry) in &inspected.entries {
            self.ledger.sign(*id);
            match entry {
                Some(entry) => self.ledger.save(*id, entry).await?,
                None => self.ledger.remove(*id).await?,
            }
        }
        self.ledger.clear_damaged_packs().await?;
        self.ledger.clear_rotations().await?;
        self.ledger.clear_journal(&inspected.open).await?;
        Ok(())
    }
}

/// The part of an entry that is signed. A pending deletion is not, because the next apply would
/// delete the connector without `--prune`, and a forged entry can name any connector.
fn signed_entry(claim: &CustomerEntry, listed: &BTreeSet<ConnectorId>) -> CustomerEntry {
    let mut entry = claim.clone();
    entry
        .connectors
        .retain(|_, connector| listed.contains(&connector.id));
    entry.pending_deletion.clear();
    entry
}

/// The connectors of an entry. Those that the API does not list in the workspace are left out.
fn rows(entry: &CustomerEntry, listed: &BTreeSet<ConnectorId>) -> Vec<SigningConnector> {
    let named = entry
        .connectors
        .iter()
        .map(|(name, connector)| (connector.id, Some(name.into())));
    let pending = entry.pending_deletion.iter().map(|id| (*id, None));
    named
        .chain(pending)
        .map(|(id, name)| SigningConnector {
            id,
            signed: name.is_some() && listed.contains(&id),
            name,
        })
        .collect()
}
