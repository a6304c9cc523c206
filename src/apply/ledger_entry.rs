//! Responsible for one customer's ledger entry and for the journal of its writes.
//!
//! Every transition of the entry is one method, and is on disk when the method returns unless its
//! comment says otherwise. The order of a creation is: intent on disk, request, entry on disk,
//! outcome on disk. A write by id may end before the entry is saved, because the next plan judges
//! it by what it reads.

use super::{Context, Outcome, StepError, StepProblem};
use crate::api::{ApiError, Created, Effect};
use crate::ledger::{Intent, IntentOutcome};
use crate::model::{
    Address, Applied, ConnectorBody, ConnectorId, CustomerPatch, ObservedConnector,
    PendingConnector, RecordedConnector, RecordedCustomer, Sent, Setting, WorkspaceId,
};
use crate::plan::{ConnectorUpdate, CustomerPlan, LedgerUpdates};
use std::collections::BTreeMap;

/// A connector's name and record, as the entry held them before a transition.
pub(super) type Previous = (String, RecordedConnector);

/// The ledger entry of one customer, as on disk.
pub(super) struct LedgerEntry<'a> {
    context: &'a Context<'a>,
    /// The workspace, once it is known.
    workspace: Option<WorkspaceId>,
    entry: RecordedCustomer,
}

impl<'a> LedgerEntry<'a> {
    /// The entry on disk, or the one that the plan's first step puts there.
    pub(super) fn new(
        context: &'a Context<'a>,
        plan: &CustomerPlan,
        recorded: Option<RecordedCustomer>,
    ) -> Self {
        Self {
            context,
            workspace: plan.workspace_id,
            entry: recorded.unwrap_or_else(|| RecordedCustomer {
                name: plan.name.clone(),
                protect: plan.protect,
                ..RecordedCustomer::default()
            }),
        }
    }

    pub(super) fn known_workspace(&self) -> Option<WorkspaceId> {
        self.workspace
    }

    /// The workspace that steps on connectors are about.
    pub(super) fn workspace(&self) -> Result<WorkspaceId, StepError> {
        self.workspace
            .ok_or_else(|| StepError::new(Outcome::Blocked, StepProblem::CustomerAbsent))
    }

    /// The name that the workspace carries at present.
    pub(super) fn name(&self) -> &str {
        &self.entry.name
    }

    pub(super) fn owns(&self, id: ConnectorId) -> bool {
        self.entry.owns(id)
    }

    pub(super) fn is_pending_deletion(&self, id: ConnectorId) -> bool {
        self.entry.pending_deletion.contains(&id)
    }

    /// Fingerprints of the secrets that were last sent to a connector.
    pub(super) fn sent(&self, id: ConnectorId) -> Option<Sent> {
        self.entry
            .connectors
            .values()
            .find(|connector| connector.id == id)?
            .sent
            .clone()
    }

    /// The record of a connector that an earlier creation of this ledger explains, one whose
    /// request got no answer.
    pub(super) fn explained(
        &self,
        id: ConnectorId,
        found: &ObservedConnector,
    ) -> Option<RecordedConnector> {
        self.context.journal.explains(self.workspace?, id, found)
    }

    async fn save(&self) -> Result<(), StepError> {
        let id = self.workspace()?;
        Ok(self.context.ledger.save(id, &self.entry).await?)
    }
}

/// Transitions of the customer.
impl LedgerEntry<'_> {
    /// Makes the workspace this customer's.
    pub(super) async fn record_workspace(&mut self, id: WorkspaceId) -> Result<(), StepError> {
        self.workspace = Some(id);
        self.save().await
    }

    /// Records the workspace's settings after an update.
    pub(super) async fn record_settings(
        &mut self,
        patch: &CustomerPatch,
        suspended: bool,
        protect: bool,
    ) -> Result<(), StepError> {
        if let Some(name) = &patch.name {
            self.entry.name.clone_from(name);
        }
        self.entry.applied.status = patch.status.or(self.entry.applied.status);
        self.entry.applied.cache = patch.cache.or(self.entry.applied.cache);
        self.entry.suspended = suspended;
        self.entry.protect = protect;
        self.save().await
    }

    /// Forgets the customer, whose workspace is deleted.
    pub(super) async fn remove_customer(&self, id: WorkspaceId) -> Result<(), StepError> {
        Ok(self.context.ledger.remove(id).await?)
    }

    /// Corrects the entry where the files say the same in other words.
    pub(super) async fn update_ledger(&mut self, plan: &CustomerPlan) -> Result<(), StepError> {
        if plan.ledger_updates.is_empty() {
            return Ok(());
        }
        self.correct(&plan.ledger_updates);
        // An entry that does not exist yet is put on disk by the step that creates or adopts it.
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
        if let Some(before) = self.entry.connectors.get_mut(&update.body.name) {
            let sent = before
                .sent
                .take()
                .map(|sent| with_current_references(sent, &update.body, &update.versions));
            *before = record(&update.body, before.id, sent, update.updated_at.clone());
        }
    }
}

/// Transitions of a connector.
impl LedgerEntry<'_> {
    /// Records a connector under its name, and under no other.
    pub(super) async fn record_connector(
        &mut self,
        body: &ConnectorBody,
        id: ConnectorId,
        sent: Option<Sent>,
        updated_at: Option<String>,
    ) -> Result<(), StepError> {
        self.entry
            .connectors
            .retain(|_, connector| connector.id != id);
        self.entry
            .connectors
            .insert(body.name.clone(), record(body, id, sent, updated_at));
        self.save().await
    }

    /// Records a connector that was created. Returns the record of the connector that it replaces,
    /// which is pending deletion from now on.
    pub(super) async fn record_created(
        &mut self,
        body: &ConnectorBody,
        created: &Created,
        sent: Option<Sent>,
        replaces: Option<ConnectorId>,
    ) -> Result<Option<Previous>, StepError> {
        let previous = replaces.and_then(|id| self.find(id));
        self.entry.pending_deletion.extend(replaces);
        self.record_connector(body, created.id, sent, created.updated_at.clone())
            .await?;
        Ok(previous)
    }

    /// Takes back a creation that no list shows.
    pub(super) async fn undo_creation(
        &mut self,
        id: ConnectorId,
        previous: Option<Previous>,
    ) -> Result<(), StepError> {
        self.entry
            .connectors
            .retain(|_, connector| connector.id != id);
        if let Some(previous) = previous {
            self.reinstate(previous);
        }
        self.save().await
    }

    /// Records an earlier connector in place of its duplicate, which is pending deletion from now
    /// on.
    pub(super) async fn record_instead(
        &mut self,
        duplicate: ConnectorId,
        body: &ConnectorBody,
        id: ConnectorId,
        sent: Option<Sent>,
    ) -> Result<(), StepError> {
        self.entry.pending_deletion.insert(duplicate);
        self.record_connector(body, id, sent, None).await
    }

    /// Moves the record of a connector that gets another name with its replacement. It is put on
    /// disk with the replacement.
    pub(super) fn rename_replaced(&mut self, id: ConnectorId, name: &str) {
        if let Some((old_name, record)) = self.find(id).filter(|(old_name, _)| old_name != name) {
            self.entry.connectors.remove(&old_name);
            self.entry.connectors.insert(name.to_owned(), record);
        }
    }

    /// Marks a connector before the request that deletes it, so that no later run takes it for a
    /// live one.
    pub(super) async fn mark_pending_deletion(
        &mut self,
        id: ConnectorId,
    ) -> Result<Option<Previous>, StepError> {
        let previous = self.find(id);
        self.entry.pending_deletion.insert(id);
        if let Some((name, _)) = &previous {
            self.entry.connectors.remove(name);
        }
        self.save().await?;
        Ok(previous)
    }

    /// Takes back the mark of a connector whose deletion had no effect.
    pub(super) async fn restore_connector(&mut self, previous: Previous) -> Result<(), StepError> {
        self.reinstate(previous);
        self.save().await
    }

    /// Forgets a connector that is deleted.
    pub(super) async fn remove_deleted(&mut self, id: ConnectorId) -> Result<(), StepError> {
        self.entry.pending_deletion.remove(&id);
        self.save().await
    }

    fn find(&self, id: ConnectorId) -> Option<Previous> {
        self.entry
            .connectors
            .iter()
            .find(|(_, connector)| connector.id == id)
            .map(|(name, connector)| (name.clone(), connector.clone()))
    }

    fn reinstate(&mut self, (name, record): Previous) {
        self.entry.pending_deletion.remove(&record.id);
        self.entry.connectors.insert(name, record);
    }
}

/// The journal.
impl LedgerEntry<'_> {
    /// Puts an intent on disk; its request may be sent when this returns.
    pub(super) async fn begin(&self, intent: Intent) -> Result<u64, StepError> {
        Ok(self.context.journal.begin(intent).await?)
    }

    /// Puts the intent of a write by id on disk.
    pub(super) async fn begin_write(
        &self,
        address: &Address,
        operation: &str,
    ) -> Result<u64, StepError> {
        let (address, operation) = (address.clone(), operation.to_owned());
        self.begin(Intent::Write { address, operation }).await
    }

    pub(super) async fn end(&self, seq: u64, outcome: IntentOutcome) -> Result<(), StepError> {
        Ok(self.context.journal.end(seq, outcome).await?)
    }

    /// Ends an intent by what the error of its request tells of its effect.
    pub(super) async fn end_failed(&self, seq: u64, error: ApiError) -> StepError {
        let outcome = match error.effect() {
            Effect::None => IntentOutcome::Failed,
            Effect::Unknown => IntentOutcome::Unknown,
        };
        match self.end(seq, outcome).await {
            Ok(()) => error.into(),
            Err(unwritten) => unwritten,
        }
    }

    /// Ends an intent by whether its effect was seen.
    pub(super) async fn end_checked(
        &self,
        seq: u64,
        seen: Result<(), StepError>,
    ) -> Result<(), StepError> {
        let outcome = match seen {
            Ok(()) => IntentOutcome::Done,
            Err(_) => IntentOutcome::Unknown,
        };
        self.end(seq, outcome).await?;
        seen
    }
}

/// The record of a connector with this body.
pub(super) fn record(
    body: &ConnectorBody,
    id: ConnectorId,
    sent: Option<Sent>,
    updated_at: Option<String>,
) -> RecordedConnector {
    RecordedConnector {
        updated_at,
        ..pending(body, sent).with_id(id)
    }
}

/// What the ledger will hold of a connector that is about to be created.
pub(super) fn pending(body: &ConnectorBody, sent: Option<Sent>) -> PendingConnector {
    PendingConnector {
        definition_id: body.definition_id,
        template_id: body.template_id,
        sent,
        credentials_version: body.credentials_version,
        applied: Applied {
            environment: body.environment.clone(),
            replication_config: body.replication_config.clone(),
            entities: body.entities.clone(),
        },
    }
}

/// The same fingerprints with the references as the files spell them now, and with the versions
/// that are known now.
fn with_current_references(
    mut sent: Sent,
    body: &ConnectorBody,
    versions: &BTreeMap<String, String>,
) -> Sent {
    let before = std::mem::take(&mut sent.references);
    sent.references = body
        .secret_leaves()
        .into_iter()
        .filter_map(|(path, leaf)| match leaf {
            Setting::Secret(reference) => Some((path, reference.to_string())),
            _ => None,
        })
        .collect();
    let now = &sent.references;
    sent.versions
        .retain(|path, _| now.get(path) == before.get(path));
    sent.versions.extend(versions.clone());
    sent
}
