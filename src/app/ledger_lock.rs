//! Responsible for acquiring the lock of the ledger, and for waiting until another run releases it.

use super::{App, ledger_access};
use crate::events::Event;
use crate::failure::Failure;
use crate::ledger::{LedgerError, check_environment, claim_shards};
use std::time::Duration;
use tokio::time::Instant;

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_secs(1);

impl App<'_> {
    /// Locks the ledger. Fails with the name of the run that holds the lock, after the time of
    /// `--lock-timeout`.
    pub(crate) async fn lock(&mut self) -> Result<(), Failure> {
        let until = Instant::now() + self.lock_timeout;
        let mut is_told = false;
        let lock = loop {
            let owner = ledger_access::owner();
            let holder = match self.ledger.lock(&owner, &*self.events).await {
                Err(LedgerError::Locked { holder }) if Instant::now() < until => holder,
                acquired => break acquired?,
            };
            if !is_told {
                self.events.emit(Event::WaitStarted {
                    reason: &format!("another run uses this ledger ({holder})"),
                    longest: self.lock_timeout,
                });
                is_told = true;
            }
            tokio::time::sleep(PAUSE.min(until - Instant::now())).await;
        };
        self.lock = Some(lock);
        if self.invocation.global.ledger.is_none() {
            ledger_access::ignore_state_dir(&self.project.root)?;
        }
        // The run that held the lock may have labeled the store.
        let environment = self.project.desired.environment.as_deref();
        check_environment(&self.store, environment).await?;
        if let Some(shard) = self.invocation.global.shard {
            let previous = self.fingerprinters.previous_key();
            let any_key = self.authenticator.clone().accepting(previous);
            claim_shards(&self.store, &any_key, shard).await?;
        }
        // Last, because a run whose lock fails closes nothing.
        let ledger = self.ledger.clone();
        let session = &self.connection.session;
        session.guard_writes(move || ledger.check_lock().is_ok());
        Ok(())
    }
}
