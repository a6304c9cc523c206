//! Deletion of connectors: asynchronous remotely, so it ends when the list no longer has them.

use super::run::{CustomerRun, Done, StepResult, Trouble};
use super::{Context, Outcome};
use crate::api::{Effect, Gone};
use crate::ledger::Outcome as Ended;
use crate::model::{Address, ConnectorId};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a deletion is looked for after an answer that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// What is told of a deletion that takes its time.
const GOING: &str = "the deletion was accepted, and lists show the connector all the same; the next \
                     run looks again (--delete-timeout waits longer)";

/// What is told of a deletion that was answered with 404 while the connector is there.
const DENIED: &str = "the server said that there is no such connector (404), and lists it; the next \
                      run looks again";

/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl CustomerRun<'_> {
    /// Deletes a connector that the plan names. It is on its way out from the moment before the
    /// call, so that no later run takes it for a live one.
    pub(super) async fn delete_connector(
        &mut self,
        address: &Address,
        id: ConnectorId,
    ) -> StepResult {
        let kept = self.take_out(id);
        self.save().await?;
        match self.remove(address, id).await {
            Ok(done) => Ok(done),
            Err(trouble) => {
                if matches!(trouble.outcome, Outcome::Failed | Outcome::NotAttempted)
                    && let Some((name, record)) = kept
                {
                    self.ledger.leaving.remove(&id);
                    self.ledger.connectors.insert(name, record);
                    self.save().await?;
                }
                Err(trouble)
            }
        }
    }

    fn take_out(&mut self, id: ConnectorId) -> Option<(String, crate::model::RecordedConnector)> {
        self.ledger.leaving.insert(id);
        let found = self
            .ledger
            .connectors
            .iter()
            .find(|(_, connector)| connector.id == id);
        let name = found.map(|(name, _)| name.clone())?;
        self.ledger.connectors.remove_entry(&name)
    }

    /// Deletes a connector that the ledger has on its way out, and waits until it is gone.
    pub(super) async fn remove(&mut self, address: &Address, id: ConnectorId) -> StepResult {
        self.removed.insert(id);
        let seq = self
            .begin_write(address, "delete_integrations_connectors_id")
            .await?;
        let outcome = self.context.writer.delete_connector(id).await;
        let patience = self.context.options.delete_deadline;
        let (gone, otherwise) = match outcome {
            Ok(Gone::Accepted) => (
                self.await_gone(id, patience).await,
                Trouble::new(Outcome::Unknown, GOING),
            ),
            Ok(Gone::Already) => (
                self.is_gone(id, patience).await,
                Trouble::new(Outcome::Unknown, DENIED),
            ),
            Err(error) if error.effect() == Effect::Unknown => {
                (self.is_gone(id, patience).await, error.into())
            }
            Err(error) => {
                self.end(seq, Ended::Failed).await?;
                return Err(error.into());
            }
        };
        if !gone {
            self.end(seq, Ended::Unknown).await?;
            return Err(otherwise);
        }
        self.end(seq, Ended::Done).await?;
        self.ledger.leaving.remove(&id);
        if let Some(there) = &mut self.there {
            there.remove(&id);
        }
        self.save().await?;
        Ok(Done::of(id))
    }

    /// Whether it is gone although nobody promised that it goes. A server that failed rarely goes
    /// on, so that is soon told: the next run looks again. One list that leaves it out is not
    /// enough.
    async fn is_gone(&self, id: ConnectorId, patience: Duration) -> bool {
        self.await_gone(id, patience.min(AFTER_FAILURE)).await
            && matches!(self.context.writer.reader().connector(id).await, Ok(None))
    }

    async fn await_gone(&self, id: ConnectorId, deadline: Duration) -> bool {
        let mut patience = Patience::new(self.context, deadline);
        let reader = self.context.writer.reader();
        loop {
            if let Ok(workspace) = self.workspace() {
                match reader.connectors(workspace, &self.name).await {
                    Ok(Some(there)) if !there.contains_key(&id) => return true,
                    Ok(None) => return true,
                    Ok(Some(_)) | Err(_) => {}
                }
            }
            if !patience.pause().await {
                return false;
            }
        }
    }
}

/// Waits between looks, longer each time, until a deadline or the end of the run.
pub(super) struct Patience<'a> {
    context: &'a Context<'a>,
    until: Instant,
    pause: Duration,
}

impl<'a> Patience<'a> {
    pub(super) fn new(context: &'a Context<'a>, deadline: Duration) -> Self {
        Self {
            context,
            until: Instant::now() + deadline,
            pause: context.options.pause,
        }
    }

    /// Waits once; false when there is no more time.
    pub(super) async fn pause(&mut self) -> bool {
        if self.context.stop.cause().is_some() || Instant::now() >= self.until {
            return false;
        }
        sleep(
            self.pause
                .min(self.until.saturating_duration_since(Instant::now())),
        )
        .await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}
