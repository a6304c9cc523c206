//! Two runs at once, on machines that share no lock: after creating, one more look.
//!
//! Names are not unique remotely, so both runs may have created the same connector. Both then see
//! both, and both choose the same one: the smallest creation time, then the smallest id. A run
//! removes only what it made itself.

use super::run::{CustomerRun, Trouble};
use super::{Outcome, StopCause};
use crate::model::{ConnectorBody, ConnectorId, ObservedConnector};
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
                let result = self.yield_to(&made, winner).await;
                self.note_twin(&made, winner, result);
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
            .min_by_key(|(id, found)| (created(found), **id))?;
        ((created(first.1), *first.0) < (created(ours), made.id)).then_some(*first.0)
    }

    async fn yield_to(&mut self, made: &Made, winner: ConnectorId) -> Result<(), Trouble> {
        self.ledger.leaving.insert(made.id);
        self.enter(&made.body, winner, None, None)?;
        let address = crate::model::Address::connector(&self.plan.name, &made.body.name);
        self.remove(&address, made.id).await.map(|_| ())
    }

    fn note_twin(&mut self, made: &Made, winner: ConnectorId, result: Result<(), Trouble>) {
        let own = made.id.to_string();
        let Some(report) = self
            .reports
            .iter_mut()
            .find(|report| report.remote_id.as_deref() == Some(own.as_str()))
        else {
            return;
        };
        report.remote_id = Some(winner.to_string());
        report.warnings.push(format!(
            "another run created it at the same time: its connector {winner} is kept with \
             credentials not verified, and the own one {own} was to be removed"
        ));
        if let Err(trouble) = result {
            report.outcome = Outcome::Unknown;
            report.message = Some(trouble.message);
        }
    }
}

/// The creation time for comparison; a connector that tells none comes last.
fn created(connector: &ObservedConnector) -> (bool, Option<jiff::Timestamp>) {
    let time = connector
        .created_at
        .as_ref()
        .and_then(|text| text.parse().ok());
    (time.is_none(), time)
}
