//! Responsible for the connector of a consent that another browser gave than the one that opened the link: notes it in
//! the ledger, so that no run adopts it unasked. Someone may have opened the link and sent the vendor's page to another
//! person.

use super::customer_entry;
use crate::app::App;
use crate::failure::{Failure, FailureKind};
use crate::model::{Address, ConnectorId, CustomerEntry, LedgerState, WorkspaceId};
use std::collections::BTreeSet;

impl App<'_> {
    /// Notes a connector, unless it is another customer's or managed. Locks the ledger for this only.
    pub(super) async fn note_refused(
        &self,
        address: &Address,
        id: ConnectorId,
    ) -> Result<(), Failure> {
        let recorded = self.ledger.load().await?;
        // Anyone with the address of an attempt can name any connector, and most need no lock.
        if self.entry_to_note(&recorded, address, id).await?.is_none() {
            return Ok(());
        }
        let fork = self.fork_locked().await?;
        let noted = fork.record_refused(address, id).await;
        fork.close().await?;
        noted
    }

    async fn record_refused(&self, address: &Address, id: ConnectorId) -> Result<(), Failure> {
        let (recorded, open) = self.read_ledger().await?;
        let Some((workspace, entry)) = self.entry_to_note(&recorded, address, id).await? else {
            return Ok(());
        };
        let mut entry = entry.clone();
        entry.refused_consents.insert(id);
        self.stop.mark_writing();
        self.ledger.journal(&open).await?;
        self.ledger
            .record(workspace, &entry, &BTreeSet::new())
            .await?;
        self.ledger.finish(workspace);
        Ok(())
    }

    /// The entry that does not note an unmanaged connector of the customer yet.
    async fn entry_to_note<'l>(
        &self,
        recorded: &'l LedgerState,
        address: &Address,
        id: ConnectorId,
    ) -> Result<Option<(WorkspaceId, &'l CustomerEntry)>, Failure> {
        let Some((workspace, entry)) = customer_entry(recorded, &address.customer) else {
            return Ok(None);
        };
        if entry.owns(id) || entry.refused_consents.contains(&id) {
            return Ok(None);
        }
        let reader = self.connection.session.reader();
        let is_own = reader.workspace_of(id).await? == Some(workspace);
        Ok(is_own.then_some((workspace, entry)))
    }
}

/// What the log says.
pub(super) fn other_browser(id: ConnectorId) -> Failure {
    let message = format!(
        "another browser gave the consent than the one that opened the link, so connector {id} is not recorded"
    );
    Failure::new(FailureKind::Refused, "consent_callback_invalid", message)
}
