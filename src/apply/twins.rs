//! Two runs at once, on machines that share no lock: after creating, one more look.
//!
//! Names are not unique remotely, so both runs may have created the same connector. Both then see
//! both, and both choose the same one: the smallest creation time, then the smallest id. A run
//! removes only what it made itself.

use super::run::{CustomerRun, Trouble};
use super::{Outcome, StopCause};
use crate::model::{ConnectorBody, ConnectorId, ObservedConnector, RecordedConnector, Sent};
use crate::recorded::{interchangeable, precedence};
use std::collections::BTreeMap;

/// A connector that this run created.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) id: ConnectorId,
    pub(super) body: ConnectorBody,
}

impl CustomerRun<'_> {
    /// Looks for twins of what was created, and gives way where another one came first.
    pub(super) async fn give_way(&mut self) {
        if self.made.is_empty() || self.context.stop.cause() == Some(StopCause::Authentication) {
            return;
        }
        // A look that fails leaves twins for the next plan to report.
        let Ok(there) = self.list().await else {
            return;
        };
        for made in std::mem::take(&mut self.made) {
            if let Some(winner) = self.earlier(&made, &there) {
                let sent = self.own(winner, &there).and_then(|own| own.sent);
                let verified = sent.is_some();
                let result = self.yield_to(&made, winner, sent).await;
                self.note_twin(&made, winner, verified, result);
            }
        }
    }

    /// The twin that takes precedence over what was made, if there is one.
    fn earlier(
        &self,
        made: &Made,
        there: &BTreeMap<ConnectorId, ObservedConnector>,
    ) -> Option<ConnectorId> {
        let ours = there.get(&made.id)?;
        let known = self.there.as_ref();
        let first = there
            .iter()
            .filter(|(id, found)| {
                found.name == made.body.name
                    && found.definition_id == made.body.definition_id
                    && !self.ledger.leaving.contains(id)
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
    fn own(
        &self,
        id: ConnectorId,
        there: &BTreeMap<ConnectorId, ObservedConnector>,
    ) -> Option<RecordedConnector> {
        self.context.journal.explains(self.id?, id, there.get(&id)?)
    }

    async fn yield_to(
        &mut self,
        made: &Made,
        winner: ConnectorId,
        sent: Option<Sent>,
    ) -> Result<(), Trouble> {
        self.ledger.leaving.insert(made.id);
        self.enter(&made.body, winner, sent, None)?;
        let address = crate::model::Address::connector(&self.plan.name, &made.body.name);
        self.remove(&address, made.id).await.map(|_| ())
    }

    fn note_twin(
        &mut self,
        made: &Made,
        winner: ConnectorId,
        verified: bool,
        result: Result<(), Trouble>,
    ) {
        let own = made.id.to_string();
        let Some(report) = self
            .reports
            .iter_mut()
            .find(|report| report.remote_id.as_deref() == Some(own.as_str()))
        else {
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
