//! Responsible for the connector of a consent that another browser gave than the one that opened the link: notes it in
//! the ledger, so that no run adopts it unasked. Someone may have opened the link and sent the vendor's page to another
//! person.

use super::customer_entry;
use crate::app::App;
use crate::failure::{Failure, FailureKind};
use crate::model::{Address, ConnectorId};
use std::collections::BTreeSet;

impl App<'_> {
    /// Notes a connector, unless it is another customer's or managed. Locks the ledger for this only.
    pub(super) async fn note_refused(
        &self,
        address: &Address,
        id: ConnectorId,
    ) -> Result<(), Failure> {
        let fork = self.fork_locked().await?;
        let noted = fork.record_refused(address, id).await;
        fork.close().await?;
        noted
    }

    async fn record_refused(&self, address: &Address, id: ConnectorId) -> Result<(), Failure> {
        let (recorded, open) = self.read_ledger().await?;
        let Some((workspace, entry)) = customer_entry(&recorded, &address.customer) else {
            return Ok(());
        };
        let reader = self.connection.session.reader();
        if entry.owns(id)
            || entry.refused_consents.contains(&id)
            || reader.workspace_of(id).await? != Some(workspace)
        {
            return Ok(());
        }
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
}

/// What the log says.
pub(super) fn other_browser(id: ConnectorId) -> Failure {
    let message = format!(
        "another browser gave the consent than the one that opened the link, so connector {id} is not recorded"
    );
    Failure::new(FailureKind::Refused, "consent_callback_invalid", message)
}
