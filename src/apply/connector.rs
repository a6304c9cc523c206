//! Steps on connectors that are there: adopted, changed in place, replaced.

use super::Outcome;
use super::config::overlay;
use super::delete::Patience;
use super::run::{CustomerRun, Done, StepResult, Trouble};
use super::workspace::stale;
use crate::api::CheckStatus;
use crate::ledger::Outcome as Ended;
use crate::model::{Address, ConnectorBody, ConnectorId};
use crate::plan::{ConnectorPatch, Step};

/// What a check that ends in a way of its own tells.
const UNKNOWN: &str = "the check of the new credentials ended with a status that this version does \
                       not know, so the old connector is untouched";

impl CustomerRun<'_> {
    pub(super) async fn adopt_connector(
        &mut self,
        step: &Step,
        id: ConnectorId,
        body: &ConnectorBody,
    ) -> StepResult {
        self.look().await?;
        let found = self.there.as_ref().and_then(|there| there.get(&id));
        let found = found.ok_or_else(|| stale("the connector is gone; plan again"))?;
        let updated_at = found.updated_at.clone();
        let more_to_do = self
            .plan
            .steps
            .iter()
            .any(|other| other.address == step.address && other.operation != step.operation);
        if more_to_do {
            // What the files declare is not applied yet: the step that follows records it.
            let bare = ConnectorBody {
                replication_config: None,
                entities: None,
                ..body.clone()
            };
            self.enter(&bare, id, None, None).await?;
        } else {
            self.enter(body, id, None, updated_at).await?;
        }
        Ok(Done::of(id))
    }

    pub(super) async fn update_connector(
        &mut self,
        address: &Address,
        id: ConnectorId,
        patch: &ConnectorPatch,
        body: &ConnectorBody,
    ) -> StepResult {
        let reader = self.context.writer.reader();
        let found = reader.replication(id).await?;
        let found = found.ok_or_else(|| stale("the connector is gone; plan again"))?;
        let config = patch
            .replication_config
            .as_ref()
            .map(|declared| found.with(|there| overlay(there, declared, &patch.removed)));
        let seq = self
            .begin_write(address, "update_integrations_connectors_id")
            .await?;
        let writer = self.context.writer;
        let outcome = writer
            .update_connector(
                id,
                patch.name.as_deref(),
                config.as_ref(),
                patch.entities.as_deref(),
            )
            .await;
        match outcome {
            Ok(()) => {
                self.end(seq, Ended::Done).await?;
                let sent = self.sent_before(id);
                // Without its time the next plan reads what became of it, and of what others
                // changed meanwhile.
                self.enter(body, id, sent, None).await?;
                Ok(Done::of(id))
            }
            Err(error) => {
                self.end_failed(seq, &error).await?;
                Err(error.into())
            }
        }
    }

    /// Check, create, switch the ledger, delete the old one: a working credential is removed only
    /// after its replacement stands.
    pub(super) async fn replace_connector(
        &mut self,
        address: &Address,
        old: ConnectorId,
        body: &ConnectorBody,
    ) -> StepResult {
        self.look().await?;
        if !self
            .there
            .as_ref()
            .is_some_and(|there| there.contains_key(&old))
        {
            return Err(stale("the connector to be replaced is gone; plan again"));
        }
        if self.strangers(body).any(|id| !self.plan.seen.contains(&id)) {
            return Err(stale(
                "another connector of its name came to be after the plan was made, perhaps by \
                 another run that replaced it; plan again",
            ));
        }
        let unverified = self.check(body).await?;
        self.forget_other_name(old, body);
        let created = self.create(body, Some(old)).await?;
        self.stands(created.id).await?;
        let removed = self.remove(address, old).await.map_err(|trouble| Trouble {
            outcome: match trouble.outcome {
                // Half of it was.
                Outcome::NotAttempted => Outcome::Failed,
                other => other,
            },
            message: format!(
                "the new connector {} is in place, but the old one {old} could not be deleted; \
                 the next run deletes it: {}",
                created.id, trouble.message
            ),
            ..trouble
        })?;
        let mut done = Done::of(created.id);
        done.warnings = removed.warnings;
        done.warnings.extend(unverified);
        Ok(done)
    }

    /// Whether the new credentials work; a warning when nobody can tell.
    async fn check(&self, body: &ConnectorBody) -> Result<Option<String>, Trouble> {
        let mut patience = Patience::new(self.context, self.context.options.check_deadline);
        loop {
            let writer = self.context.writer;
            let check = writer
                .check_connector(&self.name, body, self.context.secrets)
                .await;
            let check = check.map_err(untouched)?;
            let what = match check.status {
                CheckStatus::Succeeded => return Ok(None),
                CheckStatus::Failed => return Err(check_failed(check.message.as_deref())),
                CheckStatus::Pending | CheckStatus::Running => {
                    if patience.pause().await {
                        continue;
                    }
                    "did not end in time"
                }
                CheckStatus::Cancelled => "was cancelled by the server",
                CheckStatus::Skipped => "was skipped by the server",
                CheckStatus::Inconclusive => "was inconclusive",
                CheckStatus::Other => return Err(Trouble::new(Outcome::Failed, UNKNOWN)),
            };
            if self.context.options.require_check {
                let message = format!(
                    "the check of the new credentials {what}, and --require-check \
                                       was given; the old connector is untouched"
                );
                return Err(Trouble::new(Outcome::Blocked, message));
            }
            return Ok(Some(format!(
                "the check of the new credentials {what}: unverified"
            )));
        }
    }

    /// A connector that takes another name with its replacement leaves the old name's entry.
    fn forget_other_name(&mut self, old: ConnectorId, body: &ConnectorBody) {
        let renamed = |(name, connector): (&String, &crate::model::RecordedConnector)| {
            (connector.id == old && *name != body.name).then(|| name.clone())
        };
        if let Some(name) = self.ledger.connectors.iter().find_map(renamed)
            && let Some(record) = self.ledger.connectors.remove(&name)
        {
            self.ledger.connectors.insert(body.name.clone(), record);
        }
    }
}

/// A check that could not be made: whatever became of it, no connector was touched.
fn untouched(error: crate::api::ApiError) -> Trouble {
    let trouble = Trouble::from(error);
    Trouble {
        outcome: Outcome::Failed,
        message: format!("the old connector is untouched: {}", trouble.message),
        ..trouble
    }
}

fn check_failed(message: Option<&str>) -> Trouble {
    let said = message
        .map(|message| format!(": {message}"))
        .unwrap_or_default();
    let message =
        format!("the new credentials do not work, and the old connector is untouched{said}");
    Trouble::new(Outcome::Failed, message)
}
