//! Responsible for one customer's ledger entry and for the journal of its writes. Each method that
//! changes the entry records the change in the ledger before it returns, unless its comment says
//! otherwise.
//!
//! A creation logs the intent, sends the request, records the entry, and then logs the outcome. An
//! update or deletion by id may log the outcome before the entry, because the next plan reads the
//! object by its id.

mod intents;
mod records;

pub(super) use records::{pending, record};

use records::with_current_references;

use super::{Context, Outcome, StepError, StepProblem};
use crate::model::{
    ConnectorBody, ConnectorEntry, ConnectorId, CustomerEntry, CustomerPatch, LastWrite,
    ObservedConnector, Protection, SentFingerprints, WorkspaceId,
};
use crate::plan::{ConnectorUpdate, CustomerPlan, LedgerUpdates};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the record of a connector has besides its declaration.
#[derive(Debug, Default)]
pub(super) struct RemoteRecord {
    /// Fingerprints of the secrets that the connector was given.
    pub(super) sent: Option<Arc<SentFingerprints>>,
    pub(super) updated_at: Option<String>,
    pub(super) write: Option<Box<LastWrite>>,
}

/// A connector's name and record before a change of the entry.
pub(super) type Previous = (String, Arc<ConnectorEntry>);

/// An update of a workspace that took effect.
#[derive(Clone, Copy, Debug)]
pub(super) struct CustomerUpdate<'a> {
    pub(super) patch: &'a CustomerPatch,
    /// Whether the update suspends a customer that is no longer in the files.
    pub(super) suspended: bool,
    /// Whether the files protect the customer from deletion.
    pub(super) protect: Protection,
}

/// The ledger entry of one customer.
pub(super) struct LedgerEntry<'a> {
    context: &'a Context<'a>,
    /// The workspace, once the customer has one.
    workspace: Option<WorkspaceId>,
    entry: CustomerEntry,
    /// The names under which the entry has each connector.
    names: BTreeSet<(ConnectorId, String)>,
    /// The names of connectors whose records changed since the entry was recorded.
    changed: BTreeSet<String>,
}

impl<'a> LedgerEntry<'a> {
    /// Starts from the entry on disk. Without one, the plan's first step writes a new entry.
    pub(super) fn new(
        context: &'a Context<'a>,
        plan: &CustomerPlan,
        recorded: Option<CustomerEntry>,
    ) -> Self {
        let entry = recorded.unwrap_or_else(|| CustomerEntry {
            name: plan.name.clone(),
            protect: plan.protect,
            ..CustomerEntry::default()
        });
        let connectors = entry.connectors.iter();
        Self {
            context,
            workspace: plan.workspace_id,
            names: connectors
                .map(|(name, connector)| (connector.id, name.into()))
                .collect(),
            entry,
            changed: BTreeSet::new(),
        }
    }

    pub(super) fn known_workspace(&self) -> Option<WorkspaceId> {
        self.workspace
    }

    /// The workspace, which steps on connectors need.
    pub(super) fn workspace(&self) -> Result<WorkspaceId, StepError> {
        self.workspace
            .ok_or_else(|| StepError::new(Outcome::Blocked, StepProblem::CustomerAbsent))
    }

    /// The present name of the workspace.
    pub(super) fn name(&self) -> &str {
        &self.entry.name
    }

    pub(super) fn owns(&self, id: ConnectorId) -> bool {
        self.is_pending_deletion(id) || self.name_of(id).is_some()
    }

    /// A name under which the entry has a connector.
    fn name_of(&self, id: ConnectorId) -> Option<&str> {
        let mut names = self.names.range((id, String::new())..);
        let (first, name) = names.next()?;
        (*first == id).then_some(name.as_str())
    }

    /// The connector that the entry has under a name.
    pub(super) fn recorded_as(&self, name: &str) -> Option<ConnectorId> {
        self.entry
            .connectors
            .get(name)
            .map(|connector| connector.id)
    }

    pub(super) fn is_pending_deletion(&self, id: ConnectorId) -> bool {
        self.entry.pending_deletion.contains(&id)
    }

    /// The record of a connector that an earlier creation of this ledger explains. The request of
    /// that creation got no response.
    pub(super) fn explained(
        &self,
        id: ConnectorId,
        connector: &ObservedConnector,
    ) -> Option<ConnectorEntry> {
        self.context
            .journal
            .explains(self.workspace?, id, connector)
    }

    /// Notes that the entry is unlikely to change any more, so that its file can be written.
    pub(super) fn finish(&self) {
        if let Some(id) = self.workspace {
            self.context.ledger.finish(id);
        }
    }

    async fn save(&mut self) -> Result<(), StepError> {
        let id = self.workspace()?;
        let ledger = self.context.ledger;
        ledger.record(id, &self.entry, &self.changed).await?;
        self.changed.clear();
        Ok(())
    }

    /// Sets the record of a connector. Does not save.
    fn set(&mut self, name: &str, record: Arc<ConnectorEntry>) {
        self.names.insert((record.id, name.to_owned()));
        let id = record.id;
        let before = self.entry.connectors.insert(name.into(), record);
        if let Some(before) = before.filter(|before| before.id != id) {
            self.names.remove(&(before.id, name.to_owned()));
        }
        self.changed.insert(name.to_owned());
    }

    /// Removes a record of a connector, whatever its name. Does not save.
    fn unset(&mut self, id: ConnectorId) -> Option<Previous> {
        let name = self.name_of(id)?.to_owned();
        self.names.remove(&(id, name.clone()));
        let record = self.entry.connectors.remove(name.as_str())?;
        self.changed.insert(name.clone());
        Some((name, record))
    }
}

impl Drop for LedgerEntry<'_> {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Changes of the customer.
impl LedgerEntry<'_> {
    /// Records the workspace as this customer's.
    pub(super) async fn record_workspace(&mut self, id: WorkspaceId) -> Result<(), StepError> {
        self.workspace = Some(id);
        self.save().await
    }

    /// Records an update of the workspace.
    pub(super) async fn record_update(
        &mut self,
        update: CustomerUpdate<'_>,
    ) -> Result<(), StepError> {
        let patch = update.patch;
        if let Some(name) = &patch.name {
            self.entry.name.clone_from(name);
        }
        self.entry.applied.status = patch.status.or(self.entry.applied.status);
        self.entry.applied.cache = patch.cache.or(self.entry.applied.cache);
        self.entry.suspended = update.suspended;
        self.entry.protect = update.protect;
        self.save().await
    }

    /// Deletes the entry of a customer whose workspace is deleted.
    pub(super) async fn remove_customer(&self, id: WorkspaceId) -> Result<(), StepError> {
        Ok(self.context.ledger.remove(id).await?)
    }

    /// Applies the corrections that the plan has for the entry and that need no request.
    pub(super) async fn update_ledger(&mut self, plan: &CustomerPlan) -> Result<(), StepError> {
        if plan.ledger_updates.is_empty() {
            return Ok(());
        }
        self.correct(&plan.ledger_updates);
        // The step that creates or adopts the customer writes its first entry.
        if plan.adds_ledger_entry() {
            return Ok(());
        }
        self.save().await
    }

    fn correct(&mut self, updates: &LedgerUpdates) {
        self.entry
            .pending_deletion
            .retain(|id| !updates.gone.contains(id));
        if let Some(applied) = updates.applied {
            self.entry.applied = applied;
        }
        if let Some(unmanaged) = &updates.unmanaged {
            self.entry.unmanaged = Some(unmanaged.clone());
        }
        if let Some(protect) = updates.protect {
            self.entry.protect = protect;
        }
        if let Some(name) = &updates.name {
            self.entry.name.clone_from(name);
        }
        for connector in &updates.connectors {
            self.correct_connector(connector);
        }
    }

    fn correct_connector(&mut self, update: &ConnectorUpdate) {
        if let Some(before) = self.entry.connectors.get_mut(update.body.name.as_str()) {
            let sent = before
                .sent
                .as_ref()
                .map(|sent| with_current_references(sent, &update.body, &update.versions))
                .map(Arc::new);
            let remote = RemoteRecord {
                sent,
                updated_at: update.updated_at.clone(),
                write: update.write.clone(),
            };
            *before = Arc::new(record(&update.body, before.id, remote));
            self.changed.insert(update.body.name.clone());
        }
    }
}

/// Changes of a connector.
impl LedgerEntry<'_> {
    /// Records a connector under its name, and removes its record under any other name.
    pub(super) async fn record_connector(
        &mut self,
        body: &ConnectorBody,
        id: ConnectorId,
        remote: RemoteRecord,
    ) -> Result<(), StepError> {
        while self.unset(id).is_some() {}
        self.set(&body.name, Arc::new(record(body, id, remote)));
        self.save().await
    }

    /// Records a created connector, and marks the connector that it replaces as pending deletion.
    /// Returns the record of the replaced connector.
    pub(super) async fn record_created(
        &mut self,
        body: &ConnectorBody,
        id: ConnectorId,
        remote: RemoteRecord,
        replaces: Option<ConnectorId>,
    ) -> Result<Option<Previous>, StepError> {
        let previous = replaces.and_then(|id| self.find(id));
        self.entry.pending_deletion.extend(replaces);
        self.record_connector(body, id, remote).await?;
        Ok(previous)
    }

    /// Removes the record of a creation that no list shows, and restores the replaced connector's.
    pub(super) async fn undo_creation(
        &mut self,
        id: ConnectorId,
        previous: Option<Previous>,
    ) -> Result<(), StepError> {
        while self.unset(id).is_some() {}
        if let Some(previous) = previous {
            self.reinstate(previous);
        }
        self.save().await
    }

    /// Records an earlier connector in place of its duplicate, and marks the duplicate as pending
    /// deletion.
    pub(super) async fn record_instead(
        &mut self,
        duplicate: ConnectorId,
        body: &ConnectorBody,
        id: ConnectorId,
        sent: Option<Arc<SentFingerprints>>,
    ) -> Result<(), StepError> {
        self.entry.pending_deletion.insert(duplicate);
        let remote = RemoteRecord {
            sent,
            ..RemoteRecord::default()
        };
        self.record_connector(body, id, remote).await
    }

    /// Moves the record of a connector whose replacement has another name. Does not write: the
    /// record of the replacement does.
    pub(super) fn rename_replaced(&mut self, id: ConnectorId, name: &str) {
        if let Some((_, record)) = self.unset(id) {
            self.set(name, record);
        }
    }

    /// Marks a connector as pending deletion before the request that deletes it, so that no later
    /// run treats it as live.
    pub(super) async fn mark_pending_deletion(
        &mut self,
        id: ConnectorId,
    ) -> Result<Option<Previous>, StepError> {
        let previous = self.unset(id);
        self.entry.pending_deletion.insert(id);
        self.save().await?;
        Ok(previous)
    }

    /// Restores the record of a connector whose deletion had no effect.
    pub(super) async fn restore_connector(&mut self, previous: Previous) -> Result<(), StepError> {
        self.reinstate(previous);
        self.save().await
    }

    /// Removes the mark of a connector that is deleted.
    pub(super) async fn remove_deleted(&mut self, id: ConnectorId) -> Result<(), StepError> {
        self.entry.pending_deletion.remove(&id);
        self.save().await
    }

    pub(super) fn find(&self, id: ConnectorId) -> Option<Previous> {
        let name = self.name_of(id)?;
        let connector = self.entry.connectors.get(name)?;
        Some((name.to_owned(), Arc::clone(connector)))
    }

    fn reinstate(&mut self, (name, record): Previous) {
        self.entry.pending_deletion.remove(&record.id);
        self.set(&name, record);
    }
}
