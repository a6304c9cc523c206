//! Two runs at once, on machines that share no lock: after creating, one more look.
//!
//! Names are not unique remotely, so both runs may have created the same connector. Both then see
//! both, and both choose the same one: the smallest creation time, then the smallest id. A run
//! removes only what it made itself.

use super::delete::Patience;
use super::run::{CustomerRun, Trouble};
use super::{OperationReport, Outcome, StopCause};
use crate::ledger::{Outcome as Ended, interchangeable, precedence};
use crate::model::{ConnectorBody, ConnectorId, ObservedConnector, RecordedConnector, Sent};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is told of a creation that could not be looked at.
const UNSEEN: &str = "it could not be looked at once more, so nobody knows whether another run \
                      created it at the same time; the next run looks";

/// What is told of a creation beside which a list shows an earlier one that its id does not find.
const CONTRADICTION: &str = "a list shows an earlier connector of the same name, and asking for \
                             that one by its id was no success: nobody knows whether another run \
                             created it; the next run looks";

/// A connector that this run created.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) id: ConnectorId,
    pub(super) body: ConnectorBody,
    /// Its intent, which ends when it has been looked at.
    pub(super) seq: u64,
    /// The ledger's entry of what it replaces.
    pub(super) before: Option<(String, RecordedConnector)>,
}

/// How long a list may take to show what was created.
const LIST_LAG: Duration = Duration::from_secs(10);

/// What is told of a creation that was answered and is not there.
fn missing(id: ConnectorId) -> String {
    format!(
        "the server answered that it made {id}, and no list shows that one: nobody knows what it \
         made; the next run looks"
    )
}

type Listed = BTreeMap<ConnectorId, ObservedConnector>;

impl CustomerRun<'_> {
    /// Looks for twins of what was created, and gives way where another one came first.
    pub(super) async fn give_way(&mut self) {
        if self.made.is_empty() || self.context.stop.cause() == Some(StopCause::Authentication) {
            return;
        }
        let wanted: Vec<ConnectorId> = self.made.iter().map(|made| made.id).collect();
        let Some(there) = self.list_with(&wanted).await else {
            // Their intents stay open, so the next run looks.
            for made in std::mem::take(&mut self.made) {
                self.warn(&made, UNSEEN.to_owned());
            }
            return;
        };
        for made in std::mem::take(&mut self.made) {
            let settled = if there.contains_key(&made.id) {
                self.settle_twin(&made, there.clone()).await
            } else {
                self.disown(&made).await
            };
            if let Err(trouble) = settled {
                self.warn(&made, trouble.message);
                self.stop(trouble.stop);
            }
        }
    }

    /// A list that shows all of these, or the last one there was: one that does not show them is
    /// from before.
    async fn list_with(&self, wanted: &[ConnectorId]) -> Option<Listed> {
        let mut patience = Patience::new(self.context, LIST_LAG);
        let mut last = None;
        loop {
            last = self.list().await.ok().or(last);
            let is_whole = |there: &Listed| wanted.iter().all(|id| there.contains_key(id));
            if last.as_ref().is_some_and(is_whole) || !patience.pause().await {
                return last;
            }
        }
    }

    /// Whether the connector that was created last is listed, before the one that it replaces is
    /// deleted. If it is not, the ledger goes on with that one.
    pub(super) async fn stands(&mut self, id: ConnectorId) -> Result<(), Trouble> {
        let there = self.list_with(&[id]).await;
        if there.is_some_and(|there| there.contains_key(&id)) {
            return Ok(());
        }
        let made = self.made.pop();
        if let Some(made) = made.filter(|made| made.id == id) {
            self.forget(&made).await?;
        }
        let message = format!("{}; the old connector is untouched", missing(id));
        Err(Trouble::new(Outcome::Unknown, message))
    }

    /// Takes back what an answer told of a creation that no list shows.
    async fn disown(&mut self, made: &Made) -> Result<(), Trouble> {
        self.forget(made).await?;
        if let Some(report) = self.report_of(made) {
            report.outcome = Outcome::Unknown;
            report.remote_id = None;
            report.message = Some(missing(made.id));
        }
        Ok(())
    }

    /// The ledger as it was before a creation, whose intent tells the next run to look.
    async fn forget(&mut self, made: &Made) -> Result<(), Trouble> {
        let id = made.id;
        self.ledger
            .connectors
            .retain(|_, connector| connector.id != id);
        if let Some((name, record)) = made.before.clone() {
            self.ledger.leaving.remove(&record.id);
            self.ledger.connectors.insert(name, record);
        }
        self.save().await?;
        self.end(made.seq, Ended::Unknown).await
    }

    async fn settle_twin(&mut self, made: &Made, mut there: Listed) -> Result<(), Trouble> {
        let mut patience = Patience::new(self.context, LIST_LAG);
        while let Some(winner) = self.earlier(made, &there) {
            // By its id, too: a list may be from before a deletion, and then a later one tells.
            if let Ok(Some(_)) = self.context.writer.reader().connector(winner).await {
                let sent = self.own(winner, &there).and_then(|own| own.sent);
                let verified = sent.is_some();
                let result = self.yield_to(made, winner, sent).await;
                self.note_twin(made, winner, verified, result);
                break;
            }
            if !patience.pause().await {
                self.warn(made, CONTRADICTION.to_owned());
                return Ok(());
            }
            there = self.list().await.unwrap_or(there);
        }
        self.end(made.seq, Ended::Done).await
    }

    /// The twin that takes precedence over what was made, if there is one.
    fn earlier(&self, made: &Made, there: &Listed) -> Option<ConnectorId> {
        let ours = there.get(&made.id)?;
        let known = self.there.as_ref();
        let first = there
            .iter()
            .filter(|(id, found)| {
                found.name == made.body.name
                    && found.definition_id == made.body.definition_id
                    && !self.ledger.leaving.contains(id)
                    && !self.removed.contains(id)
                    && !known.is_some_and(|known| known.contains_key(id))
            })
            // An own one that was made otherwise is for the next run to clear up.
            .filter(|(id, _)| {
                let now = Self::record(&made.body, **id, None, None);
                let own = self.own(**id, there);
                own.is_none_or(|own| interchangeable(&own, &now))
            })
            .min_by_key(|(id, found)| precedence(**id, found))?;
        let is_earlier = precedence(*first.0, first.1) < precedence(made.id, ours);
        is_earlier.then_some(*first.0)
    }

    /// What the ledger is to hold of a twin that a creation of ours explains of which no answer
    /// came, in this run or an earlier one.
    fn own(&self, id: ConnectorId, there: &Listed) -> Option<RecordedConnector> {
        self.context.journal.explains(self.id?, id, there.get(&id)?)
    }

    async fn yield_to(
        &mut self,
        made: &Made,
        winner: ConnectorId,
        sent: Option<Sent>,
    ) -> Result<(), Trouble> {
        self.ledger.leaving.insert(made.id);
        self.enter(&made.body, winner, sent, None).await?;
        let address = crate::model::Address::connector(&self.plan.name, &made.body.name);
        self.remove(&address, made.id).await.map(|_| ())
    }

    fn report_of(&mut self, made: &Made) -> Option<&mut OperationReport> {
        let own = made.id.to_string();
        let mut reports = self.reports.iter_mut();
        reports.find(|report| report.remote_id.as_deref() == Some(own.as_str()))
    }

    fn warn(&mut self, made: &Made, warning: String) {
        if let Some(report) = self.report_of(made) {
            report.warnings.push(warning);
        }
    }

    fn note_twin(
        &mut self,
        made: &Made,
        winner: ConnectorId,
        verified: bool,
        result: Result<(), Trouble>,
    ) {
        let own = made.id;
        let Some(report) = self.report_of(made) else {
            return;
        };
        report.remote_id = Some(winner.to_string());
        report.warnings.push(if verified {
            format!(
                "an earlier try had made {winner} after all; the second one {own} was to be removed"
            )
        } else {
            format!(
                "another run created it at the same time: its connector {winner} is kept with \
                 credentials not verified, and the own one {own} was to be removed"
            )
        });
        if let Err(trouble) = result {
            report.outcome = Outcome::Unknown;
            report.message = Some(trouble.message);
        }
    }
}
