//! Responsible for writing entries and the head: keeps the generation of each entry for the head.

use super::{Changes, Ledger, RunState};
use crate::ledger::entries::{EntryToWrite, Tombstone, file};
use crate::ledger::head::{Head, HeadJournal};
use crate::ledger::{LedgerError, envelope, head};
use crate::model::{CustomerEntry, WorkspaceId};
use serde::Serialize;

impl Ledger {
    /// Writes an entry durably.
    pub async fn save(&self, id: WorkspaceId, customer: &CustomerEntry) -> Result<(), LedgerError> {
        let content = EntryToWrite {
            workspace_id: id,
            run: self.run,
            customer,
        };
        let generation = self.write(id, &content).await?;
        let mut state = self.state();
        state.generations.insert(id, generation);
        state.removed.remove(&id);
        Ok(())
    }

    /// Removes an entry durably. Its file is removed by the next [`Self::checkpoint`].
    pub async fn remove(&self, id: WorkspaceId) -> Result<(), LedgerError> {
        let tombstone = Tombstone {
            removed: id,
            run: Some(self.run),
        };
        self.write(id, &tombstone).await?;
        let mut state = self.state();
        state.generations.remove(&id);
        state.removed.insert(id);
        Ok(())
    }

    async fn write(&self, id: WorkspaceId, content: &impl Serialize) -> Result<u64, LedgerError> {
        self.prepare().await?;
        let name = file(id);
        let path = self.store.shown(&name);
        if self.state().unverified.contains(&id) {
            return Err(LedgerError::Unverified { path });
        }
        let generation = self.next_generation();
        let text = envelope::seal(&self.authenticator, &name, generation, content)
            .map_err(std::io::Error::from)
            .map_err(LedgerError::io("cannot write", &path))?;
        let written = self.store.replace(&name, &text).await;
        let mut state = self.state();
        match written {
            Ok(()) => state.mark_changed(),
            Err(_) => state.changes = Changes::Uncertain,
        }
        written.map(|()| generation)
    }

    /// Allows writing an entry that is not authenticated.
    pub fn sign(&self, id: WorkspaceId) {
        self.state().unverified.remove(&id);
    }

    fn next_generation(&self) -> u64 {
        let mut state = self.state();
        state.counter += 1;
        state.counter
    }

    /// Makes sure that the head names this run before its first entry. An entry that is newer than
    /// the head is accepted only if it is of that run, so that an old head makes no old entry valid.
    async fn prepare(&self) -> Result<(), LedgerError> {
        let _guard = self.first_head.lock().await;
        if !self.state().is_loaded {
            self.load().await?;
        }
        if self.state().head_run == Some(self.run) {
            return Ok(());
        }
        self.write_head(RunState::Writing).await
    }

    /// Writes the head at the end of a run, and then removes the files of removed entries. Does
    /// nothing if nothing was written.
    pub async fn checkpoint(&self) -> Result<(), LedgerError> {
        // After a failed write the head could name a generation that is not stored.
        if self.state().changes != Changes::Written {
            return Ok(());
        }
        self.write_head(RunState::Ended).await?;
        let removed = std::mem::take(&mut self.state().removed);
        for id in removed {
            self.store.remove(&file(id)).await?;
        }
        self.state().changes = Changes::None;
        Ok(())
    }

    pub(super) async fn write_head(&self, run: RunState) -> Result<(), LedgerError> {
        let head = self.next_head(run);
        head::write(&self.store, &self.authenticator, &head).await?;
        let mut state = self.state();
        state.head_run = head.run;
        state.journal = head.journal;
        Ok(())
    }

    fn next_head(&self, run: RunState) -> Head {
        let state = self.state();
        let own = state.own_journal.as_ref();
        let journal = state.journal.clone().map(|journal| match own {
            Some(own) if run == RunState::Ended => HeadJournal {
                open: own.customers(),
                ..journal
            },
            _ => journal,
        });
        Head {
            counter: state.counter,
            generations: state.generations.clone(),
            journal,
            run: (run == RunState::Writing).then_some(self.run),
            key_id: self.authenticator.key_id().to_owned(),
            guards: state.guards,
        }
    }
}
