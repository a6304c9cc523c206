//! Responsible for reading a ledger while another run may write it.

use super::Ledger;
use crate::ledger::journal::JournalContent;
use crate::ledger::snapshot::{self, Snapshot};
use crate::ledger::{Journal, LedgerError, entries, head, lock};
use crate::model::Desired;

/// How often a ledger is read again because a concurrent run changed the head in the meantime.
const READS: usize = 4;

impl Ledger {
    /// Reads again if something is not authenticated, or a run was writing, and a new head was written since. A run cuts its
    /// lines off the journal after it wrote its last head.
    pub(super) async fn read(
        &self,
        desired: &Desired,
    ) -> Result<(Snapshot, JournalContent), LedgerError> {
        let mut read = self.read_once(desired).await?;
        for _ in 1..READS {
            let (snapshot, journal) = &read;
            let is_complete =
                journal.unverified_names.is_empty() && !journal.is_missing && !journal.is_head_old;
            if snapshot.unverified.is_empty() && is_complete && !snapshot.rotations.is_refused() {
                let is_settled = snapshot.is_settled() || self.own_journal().is_some();
                if is_settled || self.head().await? == snapshot.head {
                    break;
                }
            }
            let again = self.read_once(desired).await?;
            let is_same = again.0.head == snapshot.head;
            read = again;
            if is_same && self.head().await? == read.0.head {
                break;
            }
        }
        Ok(read)
    }

    async fn head(&self) -> Result<Option<head::Head>, LedgerError> {
        let stored = head::read(&self.store, &self.authenticator).await?;
        Ok(stored.signed().cloned())
    }

    async fn read_once(
        &self,
        desired: &Desired,
    ) -> Result<(Snapshot, JournalContent), LedgerError> {
        lock::check_file(&self.store)?;
        let stored = entries::read(&self.store, &self.authenticator, desired).await?;
        // The journal is read last: it has every change of an entry before the entry's file, until its run ends.
        let mut journal = Journal::read(&self.store, &self.authenticator, stored.journal()).await?;
        let saved = std::mem::take(&mut journal.saved);
        let snapshot = snapshot::classify(stored, saved);
        Ok((snapshot, journal))
    }
}
