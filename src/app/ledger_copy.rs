//! Responsible for `ledger copy`: copies the ledger of the organization to another place or to another number of shards,
//! and compares the copy with the original. Does not write the original.

use super::{App, ledger_access};
use crate::failure::{Failure, FailureKind};
use crate::ledger::{
    Authenticator, Division, Ledger, LedgerError, LedgerStore, Lock, PlanStore, check_environment,
    claim_shards, division,
};
use crate::model::{
    CustomerEntry, DefinitionId, LedgerState, RecordedGuards, RecordedOauthApp, RunRecord, Shard,
    WorkspaceId,
};
use crate::render::LedgerCopy;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;

/// What a ledger has, from all of its shards.
#[derive(Default)]
struct Content {
    customers: BTreeMap<WorkspaceId, CustomerEntry>,
    oauth_apps: BTreeMap<DefinitionId, RecordedOauthApp>,
    guards: Option<RecordedGuards>,
    runs: Vec<RunRecord>,
}

/// A part of a ledger: the ledger of a shard, or all of it.
struct Part {
    ledger: Ledger,
    shard: Option<Shard>,
    lock: Lock,
}

impl App<'_> {
    /// Copies the ledger of this run to another store, divided into so many shards.
    pub(crate) async fn copy_ledger(
        &self,
        target: &LedgerStore,
        shards: Option<NonZeroU16>,
    ) -> Result<LedgerCopy, Failure> {
        let from = match division(&self.store, &self.authenticator).await? {
            Division::Unused => {
                let message = format!("{} has no ledger of this organization", shown(&self.store));
                return Err(
                    not_copied(message).hint("name the place of a ledger, as --ledger does")
                );
            }
            Division::Undivided => None,
            Division::Shards(count) => NonZeroU16::new(count),
        };
        let sources = self.lock_parts(&self.store, from).await?;
        let copied = self.copy_parts(&sources, target, shards).await;
        release(sources).await;
        copied
    }

    async fn copy_parts(
        &self,
        sources: &[Part],
        target: &LedgerStore,
        shards: Option<NonZeroU16>,
    ) -> Result<LedgerCopy, Failure> {
        let content = read(sources).await?;
        require_settled(sources).await?;
        self.require_unused(target).await?;
        let targets = self.lock_parts(target, shards).await?;
        let copied = self.write_parts(&targets, target, &content).await;
        release(targets).await;
        let plans = copied?;
        self.compare_copy(target, shards, &content).await?;
        let connectors = content.customers.values();
        Ok(LedgerCopy {
            from: shown(&self.store),
            to: shown(target),
            shards: shards.map(NonZeroU16::get),
            customers: content.customers.len(),
            connectors: connectors.map(|entry| entry.connectors.len()).sum(),
            plans,
        })
    }

    /// Writes the saved plans before the entries, so that a copy that failed can be repeated: plans that exist are left
    /// alone, and entries are not.
    async fn write_parts(
        &self,
        targets: &[Part],
        target: &LedgerStore,
        content: &Content,
    ) -> Result<usize, Failure> {
        let plans = PlanStore::of_ledger(target, self.connection.organization);
        let plans = self.plans.copy_to(&plans).await?;
        self.write_copy(targets, target, content).await?;
        Ok(plans)
    }

    /// The authenticator of each part of a ledger.
    fn parts(&self, shards: Option<NonZeroU16>) -> Vec<(Option<Shard>, Authenticator)> {
        let whole = &self.authenticator;
        match shards {
            None => vec![(None, whole.clone())],
            Some(count) => Shard::all(count)
                .map(|shard| (Some(shard), whole.of_shard(shard)))
                .collect(),
        }
    }

    async fn lock_parts(
        &self,
        store: &LedgerStore,
        shards: Option<NonZeroU16>,
    ) -> Result<Vec<Part>, Failure> {
        let mut parts = Vec::new();
        for (shard, authenticator) in self.parts(shards) {
            let ledger = Ledger::new(store, authenticator);
            match ledger.lock(&ledger_access::owner(), &*self.events).await {
                Ok(lock) => parts.push(Part {
                    ledger,
                    shard,
                    lock,
                }),
                Err(error) => {
                    release(parts).await;
                    return Err(error.into());
                }
            }
        }
        Ok(parts)
    }

    async fn write_copy(
        &self,
        targets: &[Part],
        store: &LedgerStore,
        content: &Content,
    ) -> Result<(), Failure> {
        self.require_unused(store).await?;
        require_empty(store, targets).await?;
        self.stop.mark_writing();
        if let Some(shard) = targets.first().and_then(|part| part.shard) {
            claim_shards(store, &self.authenticator, shard).await?;
        }
        for part in targets {
            part.write(content).await?;
        }
        Ok(())
    }

    /// Refuses a store with a ledger of the organization or of another environment.
    async fn require_unused(&self, store: &LedgerStore) -> Result<(), Failure> {
        let environment = self.project.desired.environment.as_deref();
        check_environment(store, environment).await?;
        match division(store, &self.authenticator).await {
            Ok(Division::Unused) => Ok(()),
            // A ledger of another key is a ledger, too.
            Ok(_) | Err(LedgerError::KeyChanged { .. }) => Err(not_empty(store)),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads the copy as a later run does, and compares it with the original.
    async fn compare_copy(
        &self,
        target: &LedgerStore,
        shards: Option<NonZeroU16>,
        content: &Content,
    ) -> Result<(), Failure> {
        let mut copy = Content::default();
        for (_, authenticator) in self.parts(shards) {
            copy.add(&Ledger::new(target, authenticator)).await?;
        }
        // The history is not compared: a ledger keeps the newest runs only.
        if copy.customers == content.customers
            && copy.oauth_apps == content.oauth_apps
            && copy.guards == content.guards
        {
            return Ok(());
        }
        let message = format!(
            "{} does not have what {} has; do not use the copy",
            shown(target),
            shown(&self.store)
        );
        Err(not_copied(message).hint("remove the copy, and copy again"))
    }
}

impl Content {
    async fn add(&mut self, ledger: &Ledger) -> Result<(), Failure> {
        let state = ledger.load().await?;
        require_verified(ledger, &state)?;
        for (id, entry) in state.customers {
            if self.customers.insert(id, entry).is_some() {
                let message = format!("two shards have an entry of the workspace {id}");
                return Err(not_copied(message).hint(
                    "find out which shard owns the customer, and restore the other from a backup",
                ));
            }
        }
        self.oauth_apps.extend(state.oauth_apps);
        self.guards = state.guards.or(self.guards);
        self.runs.extend(ledger.runs());
        let mut known = BTreeSet::new();
        self.runs.retain(|run| known.insert(run.run_id));
        Ok(())
    }
}

impl Part {
    fn has(&self, entry: &CustomerEntry) -> bool {
        self.shard
            .is_none_or(|shard| shard.is_chosen_for(&entry.name))
    }

    async fn write(&self, content: &Content) -> Result<(), Failure> {
        let ledger = &self.ledger;
        ledger.load().await?;
        for (definition, app) in &content.oauth_apps {
            ledger.record_oauth_app(*definition, Some(app.clone()));
        }
        if let Some(guards) = content.guards {
            ledger.record_guards(guards);
        }
        ledger.record_runs(content.runs.iter().cloned());
        ledger.journal(&[]).await?;
        for (id, entry) in content
            .customers
            .iter()
            .filter(|(_, entry)| self.has(entry))
        {
            let changed = entry.connectors.keys().map(String::from).collect();
            ledger.record(*id, entry, &changed).await?;
            ledger.finish(*id);
        }
        Ok(ledger.checkpoint().await?)
    }
}

async fn read(sources: &[Part]) -> Result<Content, Failure> {
    let mut content = Content::default();
    for part in sources {
        content.add(&part.ledger).await?;
    }
    Ok(content)
}

fn require_verified(ledger: &Ledger, state: &LedgerState) -> Result<(), Failure> {
    if state.unverified.is_empty() && state.unverified_names.is_empty() {
        return Ok(());
    }
    let message = format!("{} has entries that are not verified", ledger.shown());
    Err(not_copied(message).hint("`airlift doctor` names the entries and says what to do"))
}

/// Refuses a ledger with writes or rotations that the next run has to complete.
async fn require_settled(sources: &[Part]) -> Result<(), Failure> {
    for Part { ledger, .. } in sources {
        let (_, open) = ledger.load_with_journal().await?;
        if !open.is_empty() {
            let message = format!("{} has writes of an interrupted run", ledger.shown());
            return Err(not_copied(message).hint("`airlift apply` completes them"));
        }
        if !ledger.rotations().await?.open().is_empty() {
            let message = format!("{} has an unfinished rotation", ledger.shown());
            return Err(not_copied(message).hint("`airlift rotate --resume` completes it"));
        }
    }
    Ok(())
}

/// Refuses a store with entries whose head is missing.
async fn require_empty(store: &LedgerStore, targets: &[Part]) -> Result<(), Failure> {
    for part in targets {
        let (state, open) = part.ledger.load_with_journal().await?;
        if !open.is_empty() || state != LedgerState::default() {
            return Err(not_empty(store));
        }
    }
    Ok(())
}

fn not_empty(store: &LedgerStore) -> Failure {
    let message = format!("{} has a ledger of this organization already", shown(store));
    Failure::new(FailureKind::Refused, "ledger_not_empty", message)
        .hint("copy to a place without one")
}

async fn release(parts: Vec<Part>) {
    for part in parts {
        part.lock.release().await;
    }
}

fn not_copied(message: String) -> Failure {
    Failure::error("ledger_not_copied", message)
}

fn shown(store: &LedgerStore) -> String {
    store.address()
}
