//! Responsible for the connectors of a customer's workspace during a run: the cached list, new
//! lists, polling until a list shows a change, and the connectors that this run deletes.

use super::cached_list::CachedList;
use super::{Context, LedgerEntry, Polling, StaleReason, StepError, StepProblem};
use crate::api::NewConnector;
use crate::model::{ConnectorBody, ConnectorId, ObservedConnector};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(super) type Listed = BTreeMap<ConnectorId, Box<ObservedConnector>>;

/// How long a connector may take to be listed whose creation failed or got no response. The next
/// run checks again, so this one waits less than after a success.
const LAG_AFTER_FAILURE: Duration = Duration::from_secs(3);

/// How long a created connector may take to be listed.
const LIST_LAG: Duration = Duration::from_secs(10);

/// How long a deletion is checked whose request failed or returned 404. A failed deletion rarely
/// completes later, and the next run checks again.
const DELETION_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// The connectors of one workspace.
pub(super) struct LiveConnectors<'a> {
    context: &'a Context<'a>,
    /// The connectors before the run's creations: the list of the plan, or the first one of the run.
    cached: Option<CachedList>,
    /// The first list of the run before an update or a deletion.
    current: Option<Listed>,
    /// The last list since the last creation.
    latest: Option<Listed>,
    /// Connectors whose deletion this run requested. A list may still show them.
    removed: BTreeSet<ConnectorId>,
}

impl<'a> LiveConnectors<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        Self {
            context,
            cached: None,
            current: None,
            latest: None,
            removed: BTreeSet::new(),
        }
    }

    /// Reads the list into the cache, unless a list was read or the list of the plan is recent. The list
    /// of the plan proves the same as a list before a creation: which connectors exist. A connector
    /// that someone creates between the list and a creation is found by the list after the creation,
    /// as it is after a list that was read later.
    pub(super) async fn refresh(&mut self, ledger: &LedgerEntry<'_>) -> Result<(), StepError> {
        if self.cached.is_some() {
            return Ok(());
        }
        let recent = self.context.planned_lists.remove(ledger.workspace()?);
        let listed = match self.current.clone().or(recent) {
            Some(listed) => listed,
            None => self.list(ledger).await?,
        };
        self.cached = Some(CachedList::new(listed, |id| ledger.owns(id)));
        Ok(())
    }

    /// Fills the cache for a workspace that is new, and so contains nothing.
    pub(super) fn start_empty(&mut self) {
        self.cached = Some(CachedList::default());
    }

    /// Reads a list before the first update or deletion, because a connector may have left the
    /// workspace since the plan.
    pub(super) async fn refresh_current(
        &mut self,
        ledger: &LedgerEntry<'_>,
    ) -> Result<(), StepError> {
        if self.current.is_none() {
            self.current = Some(self.list(ledger).await?);
        }
        Ok(())
    }

    /// A connector in the list before the first update or deletion.
    pub(super) fn get_current(&self, id: ConnectorId) -> Option<&ObservedConnector> {
        self.current.as_ref()?.get(&id).map(Box::as_ref)
    }

    pub(super) fn current_ids(&self) -> impl Iterator<Item = ConnectorId> {
        self.current.iter().flatten().map(|(id, _)| *id)
    }

    /// Requires that a connector which exists is in the customer's workspace. A list may lag, so a
    /// connector that it lacks is requested by id.
    pub(super) async fn require_own(
        &mut self,
        ledger: &LedgerEntry<'_>,
        id: ConnectorId,
    ) -> Result<(), StepError> {
        self.refresh_current(ledger).await?;
        match self.get_current(id) {
            Some(_) => Ok(()),
            None => self.require_own_if_exists(ledger, id).await,
        }
    }

    /// Requires that a connector which no list shows is in the customer's workspace, if it exists.
    pub(super) async fn require_own_if_exists(
        &self,
        ledger: &LedgerEntry<'_>,
        id: ConnectorId,
    ) -> Result<(), StepError> {
        let connector = self.context.writer.reader().connector(id).await?;
        match connector {
            None => Ok(()),
            Some(_) => self.require_inspected(ledger, id).await,
        }
    }

    /// Requires that an inspection shows a connector in the customer's workspace.
    pub(super) async fn require_inspected(
        &self,
        ledger: &LedgerEntry<'_>,
        id: ConnectorId,
    ) -> Result<(), StepError> {
        let workspace = self.context.writer.reader().workspace_of(id).await?;
        (workspace == ledger.known_workspace())
            .then_some(())
            .ok_or_else(|| StepError::stale(StaleReason::ForeignConnector))
    }

    /// Reads a new list, which does not change the cache.
    pub(super) async fn list(&self, ledger: &LedgerEntry<'_>) -> Result<Listed, StepError> {
        self.context
            .writer
            .reader()
            .connectors(ledger.workspace()?, ledger.name())
            .await?
            .ok_or_else(|| StepError::stale(StaleReason::WorkspaceGone))
    }

    pub(super) fn get(&self, id: ConnectorId) -> Option<&ObservedConnector> {
        self.cached.as_ref()?.get(id)
    }

    /// The connectors that exist and that the next run must not take for the one that is about to be
    /// created.
    pub(super) fn similar(&self, body: &ConnectorBody) -> BTreeSet<ConnectorId> {
        let cached = self.cached.as_ref();
        cached
            .map(|cached| cached.similar(body))
            .unwrap_or_default()
    }

    /// Connectors of this name and type that the ledger does not own.
    pub(super) fn unrecorded_matches(
        &self,
        ledger: &LedgerEntry<'_>,
        body: &ConnectorBody,
    ) -> impl Iterator<Item = ConnectorId> {
        self.cached
            .iter()
            .flat_map(|cached| cached.matching(body))
            .filter(|id| !ledger.owns(*id) && !self.was_removed(*id))
    }

    pub(super) fn was_removed(&self, id: ConnectorId) -> bool {
        self.removed.contains(&id)
    }

    /// Notes that a connector was created, which the lists so far may not show.
    pub(super) fn mark_created(&mut self) {
        self.latest = None;
    }

    /// Notes that the deletion of a connector is about to be requested.
    pub(super) fn mark_removed(&mut self, id: ConnectorId) {
        self.removed.insert(id);
    }

    /// Removes a deleted connector from the cached list.
    pub(super) fn forget(&mut self, id: ConnectorId) {
        if let Some(cached) = &mut self.cached {
            cached.remove(id);
        }
    }

    /// Polls for the connector of a creation with an unknown outcome. Returns `None` if no list
    /// shows a new one in time.
    pub(super) async fn find_created(
        &self,
        ledger: &LedgerEntry<'_>,
        body: &ConnectorBody,
    ) -> Result<Option<NewConnector>, StepError> {
        let is_new = |id| self.get(id).is_none();
        Polling::new(self.context, LAG_AFTER_FAILURE)
            .until(async || {
                self.list(ledger)
                    .await
                    .and_then(|listed| only_new_match(listed, body, is_new))
                    .transpose()
            })
            .await
            .transpose()
    }

    /// Whether the last list since the last creation shows all of these connectors.
    pub(super) fn is_listed(&self, mut ids: impl Iterator<Item = ConnectorId>) -> bool {
        let latest = self.latest.as_ref();
        latest.is_some_and(|latest| ids.all(|id| latest.contains_key(&id)))
    }

    /// The last list if it shows all of these connectors. Otherwise polls until a list does. Returns
    /// the last list after the deadline, which may lack some of them.
    pub(super) async fn list_with(
        &mut self,
        ledger: &LedgerEntry<'_>,
        wanted: &[ConnectorId],
    ) -> Option<Listed> {
        let has_all = |listed: &Listed| wanted.iter().all(|id| listed.contains_key(id));
        if let Some(latest) = self.latest.take_if(|latest| has_all(latest)) {
            return Some(latest);
        }
        let mut last: Option<Listed> = None;
        let _ = Polling::new(self.context, LIST_LAG)
            .until(async || {
                last = self.list(ledger).await.ok().or(last.take());
                last.as_ref().is_some_and(has_all).then_some(())
            })
            .await;
        last
    }

    /// The pauses between lists that should show a created connector.
    pub(super) fn list_lag(&self) -> Polling<'a> {
        Polling::new(self.context, LIST_LAG)
    }

    /// Polls until a list no longer shows a connector whose deletion the API accepted.
    pub(super) async fn is_unlisted(&mut self, ledger: &LedgerEntry<'_>, id: ConnectorId) -> bool {
        let timeout = self.context.options.delete_deadline;
        self.is_unlisted_within(ledger, id, timeout).await
    }

    /// Whether a deletion took effect whose request failed or returned 404. Both a list and a GET
    /// by id have to lack the connector, because lists lag.
    pub(super) async fn is_gone(&mut self, ledger: &LedgerEntry<'_>, id: ConnectorId) -> bool {
        let timeout = self.context.options.delete_deadline;
        self.is_unlisted_within(ledger, id, timeout.min(DELETION_AFTER_FAILURE))
            .await
            && matches!(self.context.writer.reader().connector(id).await, Ok(None))
    }

    async fn is_unlisted_within(
        &mut self,
        ledger: &LedgerEntry<'_>,
        id: ConnectorId,
        timeout: Duration,
    ) -> bool {
        let reader = self.context.writer.reader();
        let unlisted = Polling::new(self.context, timeout)
            .until(async || {
                let workspace = ledger.workspace().ok()?;
                let listed = reader.connectors(workspace, ledger.name()).await.ok()?;
                let is_listed = listed
                    .as_ref()
                    .is_some_and(|listed| listed.contains_key(&id));
                (!is_listed).then_some(listed)
            })
            .await;
        let is_unlisted = unlisted.is_some();
        // Shows the connectors that were created before the deletion, and their duplicates, so that no
        // further list has to.
        self.latest = unlisted.flatten();
        is_unlisted
    }
}

/// The new connector of this name and type. Fails if there is more than one.
fn only_new_match(
    listed: Listed,
    body: &ConnectorBody,
    is_new: impl Fn(ConnectorId) -> bool,
) -> Result<Option<NewConnector>, StepError> {
    let mut new = listed
        .into_iter()
        .filter(|(id, connector)| matches(connector, body) && is_new(*id))
        .map(|(id, connector)| NewConnector {
            id,
            created_at: connector.created_at.map(String::from),
            updated_at: connector.updated_at.map(String::from),
            settings: None,
        });
    match (new.next(), new.next()) {
        (Some(_), Some(_)) => Err(StepError::unknown(StepProblem::SeveralCreated)),
        (first, _) => Ok(first),
    }
}

fn matches(connector: &ObservedConnector, body: &ConnectorBody) -> bool {
    connector.name == body.name && connector.definition_id == body.definition_id
}
