//! Responsible for the journal lines of a customer's writes.

use super::LedgerEntry;
use crate::api::{ApiError, Effect};
use crate::apply::StepError;
use crate::ledger::{Intent, IntentOutcome};
use crate::model::Address;

impl LedgerEntry<'_> {
    /// Writes an intent to disk. Its request may be sent after this.
    pub(in crate::apply) async fn begin(&self, intent: Intent) -> Result<u64, StepError> {
        Ok(self.context.journal.begin(intent).await?)
    }

    /// Writes the intent of an update or deletion by id to disk.
    pub(in crate::apply) async fn begin_write(
        &self,
        address: &Address,
        operation: &str,
    ) -> Result<u64, StepError> {
        let (address, operation) = (address.clone(), operation.to_owned());
        self.begin(Intent::Write { address, operation }).await
    }

    pub(in crate::apply) async fn end(
        &self,
        seq: u64,
        outcome: IntentOutcome,
    ) -> Result<(), StepError> {
        Ok(self.context.journal.end(seq, outcome).await?)
    }

    /// Ends an intent with an outcome that the next run cannot find out from the API.
    pub(in crate::apply) async fn end_durably(
        &self,
        seq: u64,
        outcome: IntentOutcome,
    ) -> Result<(), StepError> {
        Ok(self.context.journal.end_durably(seq, outcome).await?)
    }

    /// Ends an intent after a failed request, and returns the step's error.
    pub(in crate::apply) async fn end_failed(&self, seq: u64, error: ApiError) -> StepError {
        let outcome = match error.effect() {
            Effect::None => IntentOutcome::Failed,
            Effect::Unknown => IntentOutcome::Unknown,
        };
        match self.end(seq, outcome).await {
            Ok(()) => error.into(),
            Err(unwritten) if outcome == IntentOutcome::Unknown => unwritten.after_write(),
            Err(unwritten) => unwritten,
        }
    }

    /// Ends an intent after the effect of its request was checked.
    pub(in crate::apply) async fn end_checked(
        &self,
        seq: u64,
        seen: Result<(), StepError>,
    ) -> Result<(), StepError> {
        let outcome = match seen {
            Ok(()) => IntentOutcome::TookEffect,
            Err(_) => IntentOutcome::Unknown,
        };
        self.end(seq, outcome)
            .await
            .map_err(StepError::after_write)?;
        seen
    }
}
