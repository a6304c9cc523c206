//! Responsible for the connectors that a customer's workspace holds during a run: the cached list,
//! new lists, polling until a list shows a change, and what this run removed.

use super::{Context, LedgerEntry, Polling, StaleReason, StepError, StepProblem};
use crate::api::Created;
use crate::model::{ConnectorBody, ConnectorId, ObservedConnector};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(super) type Listed = BTreeMap<ConnectorId, ObservedConnector>;

/// How long a created connector may take to be listed when its request got no clear answer.
const LAG_AFTER_FAILURE: Duration = Duration::from_secs(3);

/// How long a created connector may take to be listed.
const LIST_LAG: Duration = Duration::from_secs(10);

/// How long a deletion is checked whose request failed or returned 404. A failed deletion rarely
/// completes, and the next run checks again.
const DELETION_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// The connectors of one workspace.
pub(super) struct LiveConnectors<'a> {
    context: &'a Context<'a>,
    /// The first list of the run.
    cached: Option<Listed>,
    /// Connectors that this run asked to be deleted: a list may still show them.
    removed: BTreeSet<ConnectorId>,
}

impl<'a> LiveConnectors<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        Self {
            context,
            cached: None,
            removed: BTreeSet::new(),
        }
    }

    /// Reads the list, unless this run has read it.
    pub(super) async fn refresh(&mut self, ledger: &LedgerEntry<'_>) -> Result<(), StepError> {
        if self.cached.is_none() {
            self.cached = Some(self.list(ledger).await?);
        }
        Ok(())
    }

    /// Reads a new list.
    pub(super) async fn list(&self, ledger: &LedgerEntry<'_>) -> Result<Listed, StepError> {
        self.context
            .writer
            .reader()
            .connectors(ledger.workspace()?, ledger.name())
            .await?
            .ok_or_else(|| StepError::stale(StaleReason::WorkspaceGone))
    }

    pub(super) fn get(&self, id: ConnectorId) -> Option<&ObservedConnector> {
        self.cached.as_ref()?.get(&id)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = ConnectorId> {
        self.cached.iter().flatten().map(|(id, _)| *id)
    }

    /// Connectors of this name and type that the ledger does not own.
    pub(super) fn unrecorded_matches(
        &self,
        ledger: &LedgerEntry<'_>,
        body: &ConnectorBody,
    ) -> impl Iterator<Item = ConnectorId> {
        self.cached
            .iter()
            .flatten()
            .filter(|(id, found)| {
                matches(found, body) && !ledger.owns(**id) && !self.was_removed(**id)
            })
            .map(|(id, _)| *id)
    }

    pub(super) fn was_removed(&self, id: ConnectorId) -> bool {
        self.removed.contains(&id)
    }

    /// Notes that the deletion of a connector is about to be requested.
    pub(super) fn mark_removed(&mut self, id: ConnectorId) {
        self.removed.insert(id);
    }

    /// Takes a deleted connector out of the cached list.
    pub(super) fn forget(&mut self, id: ConnectorId) {
        if let Some(cached) = &mut self.cached {
            cached.remove(&id);
        }
    }

    /// Polls for the connector that an unclear creation made; `None` if it made none.
    pub(super) async fn find_created(
        &self,
        ledger: &LedgerEntry<'_>,
        body: &ConnectorBody,
        known: &BTreeSet<ConnectorId>,
    ) -> Result<Option<Created>, StepError> {
        Polling::new(self.context, LAG_AFTER_FAILURE)
            .until(async || {
                self.list(ledger)
                    .await
                    .and_then(|listed| only_new_match(listed, body, known))
                    .transpose()
            })
            .await
            .transpose()
    }

    /// Polls until a list shows all of these connectors. Returns the last list when the time is
    /// over: it may be from before their creation.
    pub(super) async fn list_with(
        &self,
        ledger: &LedgerEntry<'_>,
        wanted: &[ConnectorId],
    ) -> Option<Listed> {
        let mut last: Option<Listed> = None;
        let _ = Polling::new(self.context, LIST_LAG)
            .until(async || {
                last = self.list(ledger).await.ok().or(last.take());
                let listed = last.as_ref()?;
                wanted
                    .iter()
                    .all(|id| listed.contains_key(id))
                    .then_some(())
            })
            .await;
        last
    }

    /// The pauses between lists that are to show what was created.
    pub(super) fn list_lag(&self) -> Polling<'a> {
        Polling::new(self.context, LIST_LAG)
    }

    /// Whether a deletion that the API accepted is seen in a list in time.
    pub(super) async fn is_unlisted(&self, ledger: &LedgerEntry<'_>, id: ConnectorId) -> bool {
        let timeout = self.context.options.delete_deadline;
        self.is_unlisted_within(ledger, id, timeout).await
    }

    /// Whether a deletion took effect whose request failed or returned 404. Requires both a list
    /// and a GET by id to miss the connector, because lists lag.
    pub(super) async fn is_gone(&self, ledger: &LedgerEntry<'_>, id: ConnectorId) -> bool {
        let timeout = self.context.options.delete_deadline;
        self.is_unlisted_within(ledger, id, timeout.min(DELETION_AFTER_FAILURE))
            .await
            && matches!(self.context.writer.reader().connector(id).await, Ok(None))
    }

    async fn is_unlisted_within(
        &self,
        ledger: &LedgerEntry<'_>,
        id: ConnectorId,
        timeout: Duration,
    ) -> bool {
        let reader = self.context.writer.reader();
        Polling::new(self.context, timeout)
            .until(async || {
                let workspace = ledger.workspace().ok()?;
                let listed = reader.connectors(workspace, ledger.name()).await.ok()?;
                listed
                    .is_none_or(|listed| !listed.contains_key(&id))
                    .then_some(())
            })
            .await
            .is_some()
    }
}

/// The one new connector of this name and type, if there is one.
fn only_new_match(
    listed: Listed,
    body: &ConnectorBody,
    known: &BTreeSet<ConnectorId>,
) -> Result<Option<Created>, StepError> {
    let mut new = listed
        .into_iter()
        .filter(|(id, found)| matches(found, body) && !known.contains(id))
        .map(|(id, found)| Created {
            id,
            created_at: found.created_at,
            updated_at: found.updated_at,
        });
    match (new.next(), new.next()) {
        (Some(_), Some(_)) => Err(StepError::unknown(StepProblem::SeveralAppeared)),
        (first, _) => Ok(first),
    }
}

fn matches(found: &ObservedConnector, body: &ConnectorBody) -> bool {
    found.name == body.name && found.definition_id == body.definition_id
}
