//! Two runs at once, on machines that share no lock: after creating, one more look.
//!
//! Names are not unique remotely, so both runs may have created the same connector. Both then see
//! both, and both choose the same one: the smallest creation time, then the smallest id. A run
//! removes only what it made itself.

use super::delete::Patience;
use super::run::{CustomerRun, Trouble};
use super::{OperationReport, Outcome, StopCause};
use crate::model::{ConnectorBody, ConnectorId, ObservedConnector, RecordedConnector, Sent};
use crate::recorded::{Outcome as Ended, interchangeable, precedence};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is told of a creation that could not be looked at.
const UNSEEN: &str = "no list showed it yet, so nobody knows whether another run created it at the \
                      same time; the next run looks";

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
}

/// How long a list may take to show what was created.
const LIST_LAG: Duration = Duration::from_secs(3);

type Listed = BTreeMap<ConnectorId, ObservedConnector>;

impl CustomerRun<'_> {
    /// Looks for twins of what was created, and gives way where another one came first.
    pub(super) async fn give_way(&mut self) {
        if self.made.is_empty() || self.context.stop.cause() == Some(StopCause::Authentication) {
            return;
        }
        let Some(there) = self.whole_list().await else {
            // Their intents stay open, so the next run looks.
            for made in std::mem::take(&mut self.made) {
                self.warn(&made, UNSEEN.to_owned());
            }
            return;
        };
        for made in std::mem::take(&mut self.made) {
            if let Err(trouble) = self.settle_twin(&made, there.clone()).await {
                self.warn(&made, trouble.message);
                self.stop(trouble.stop);
            }
        }
    }

    /// A list that shows everything that was created: one that does not is from before.
    async fn whole_list(&self) -> Option<Listed> {
        let mut patience = Patience::new(self.context, LIST_LAG);
        loop {
            let found = self.list().await.ok();
            let is_whole =
                |there: &Listed| self.made.iter().all(|made| there.contains_key(&made.id));
            if let Some(there) = found.filter(is_whole) {
                return Some(there);
            }
            if !patience.pause().await {
                return None;
            }
        }
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
