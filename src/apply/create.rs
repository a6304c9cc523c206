//! Creation of connectors, which no key makes repeatable: intent first, one call, and after an
//! unclear answer a look at what is there.

use super::Outcome;
use super::delete::Patience;
use super::run::{CustomerRun, Done, StepResult, Trouble};
use super::twins::Made;
use crate::api::{ApiError, Created, Effect};
use crate::ledger::{Intent, Outcome as Ended};
use crate::model::{ConnectorBody, ConnectorId, ObservedConnector};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Creations of one connector in one run, the first included.
const ATTEMPTS: u32 = 3;

/// How long a connector may take to be listed after an unclear answer.
const LIST_LAG: Duration = Duration::from_secs(3);

impl CustomerRun<'_> {
    pub(super) async fn create_connector(&mut self, body: &ConnectorBody) -> StepResult {
        self.look().await?;
        let stranger = self.strangers(body).next();
        if let Some(id) = stranger {
            // It came to be after the plan was made; a second one of the name would be a twin.
            self.enter(body, id, None, None).await?;
            let warning =
                "it was there already, so it was adopted; its credentials are not verified";
            let adopted = true;
            return Ok(Done {
                adopted,
                ..Done::of(id).warning(warning)
            });
        }
        let created = self.create(body, None).await?;
        Ok(Done::of(created.id))
    }

    /// Reads what is in the workspace, once.
    pub(super) async fn look(&mut self) -> Result<(), Trouble> {
        if self.there.is_none() {
            self.there = Some(self.list().await?);
        }
        Ok(())
    }

    pub(super) async fn list(&self) -> Result<BTreeMap<ConnectorId, ObservedConnector>, Trouble> {
        let reader = self.context.writer.reader();
        let there = reader.connectors(self.workspace()?, &self.name).await?;
        there.ok_or_else(|| Trouble::new(Outcome::Stale, "the workspace is gone; plan again"))
    }

    /// Live connectors of this name and type that the ledger does not know.
    pub(super) fn strangers(&self, body: &ConnectorBody) -> impl Iterator<Item = ConnectorId> {
        let ours = |id: &ConnectorId| {
            let mut held = self.ledger.connectors.values();
            self.ledger.leaving.contains(id)
                || self.removed.contains(id)
                || held.any(|connector| connector.id == *id)
        };
        let there = self.there.iter().flatten();
        there
            .filter(move |(id, found)| fits(found, body) && !ours(id))
            .map(|(id, _)| *id)
    }

    /// Creates a connector and switches the ledger to it.
    pub(super) async fn create(
        &mut self,
        body: &ConnectorBody,
        replaces: Option<ConnectorId>,
    ) -> Result<Created, Trouble> {
        let sent = self.sent(body);
        let known: BTreeSet<ConnectorId> = self.there.iter().flatten().map(|(id, _)| *id).collect();
        let intent = Intent::CreateConnector {
            customer: self.plan.name.clone(),
            workspace_id: self.workspace()?,
            name: body.name.clone(),
            definition_id: body.definition_id,
            known: known.clone(),
            replaces,
            record: Box::new(Self::record(
                body,
                ConnectorId(uuid::Uuid::nil()),
                sent.clone(),
                None,
            )),
        };
        let (seq, created) = self.post(body, &intent, &known).await?;
        let held = self.ledger.connectors.iter();
        let before = held.filter(|(_, connector)| Some(connector.id) == replaces);
        let before = before.map(|(name, one)| (name.clone(), one.clone())).next();
        self.ledger.leaving.extend(replaces);
        self.enter(body, created.id, sent, created.updated_at.clone())
            .await?;
        // Its end comes with the look for a twin, which the next run makes if this one cannot.
        self.made.push(Made {
            id: created.id,
            body: body.clone(),
            seq,
            before,
        });
        Ok(created)
    }

    /// The call itself, with an intent of its own each time. It is repeated only when the server
    /// answered with a failure and the connector did not appear; after a broken connection or a
    /// timeout, a gateway's included, the server may still be at it: that is left to the next run.
    async fn post(
        &self,
        body: &ConnectorBody,
        intent: &Intent,
        known: &BTreeSet<ConnectorId>,
    ) -> Result<(u64, Created), Trouble> {
        let workspace = self.workspace()?;
        let mut attempt = 1;
        loop {
            let seq = self.begin(intent.clone()).await?;
            let writer = self.context.writer;
            let secrets = self.context.secrets;
            let error = match writer
                .create_connector(&self.name, workspace, body, secrets)
                .await
            {
                Ok(created) => return Ok((seq, created)),
                Err(error) => error,
            };
            let unclear = error.effect() == Effect::Unknown;
            if (unclear || is_odd(&error))
                && let Ok(found) = self.newcomer(body, known).await
            {
                if let Some(created) = found {
                    return Ok((seq, created));
                }
                let is_over = error
                    .status()
                    .is_some_and(|status| status >= 500 && status != 504);
                if attempt < ATTEMPTS && is_over {
                    self.end(seq, Ended::Unknown).await?;
                    attempt += 1;
                    continue;
                }
            }
            if is_odd(&error) {
                self.end(seq, Ended::Unknown).await?;
            } else {
                self.end_failed(seq, &error).await?;
            }
            return Err(error.into());
        }
    }

    /// What an unclear creation turns out to have made; nothing if it made nothing.
    async fn newcomer(
        &self,
        body: &ConnectorBody,
        known: &BTreeSet<ConnectorId>,
    ) -> Result<Option<Created>, Trouble> {
        let mut patience = Patience::new(self.context, LIST_LAG);
        loop {
            let there = self.list().await?;
            let mut new = there
                .into_iter()
                .filter(|(id, found)| fits(found, body) && !known.contains(id));
            match (new.next(), new.next()) {
                (Some((id, found)), None) => {
                    let ObservedConnector {
                        created_at,
                        updated_at,
                        ..
                    } = found;
                    return Ok(Some(Created {
                        id,
                        created_at,
                        updated_at,
                    }));
                }
                (Some(_), Some(_)) => {
                    let message = "more than one connector of this name appeared";
                    return Err(Trouble::new(Outcome::Unknown, message));
                }
                (None, _) => {}
            }
            if !patience.pause().await {
                return Ok(None);
            }
        }
    }
}

/// Whether a refusal is none that this call is known to have: something on the way may have given
/// it after the call was passed on.
fn is_odd(error: &ApiError) -> bool {
    let known = [400, 401, 403, 404, 422, 429];
    let refused = error.status().filter(|status| (300..500).contains(status));
    refused.is_some_and(|status| !known.contains(&status))
}

fn fits(found: &ObservedConnector, body: &ConnectorBody) -> bool {
    found.name == body.name && found.definition_id == body.definition_id
}
