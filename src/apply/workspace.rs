//! Steps on a customer itself: its workspace is created, adopted, changed or deleted.

use super::Outcome;
use super::delete::Patience;
use super::run::{CustomerRun, Done, StepResult, Trouble};
use crate::api::{Effect, Gone, Workspace};
use crate::ledger::{Intent, Outcome as Ended};
use crate::model::{Address, CustomerPatch, ObservedStatus, Region, Status, WorkspaceId};
use std::time::Duration;

/// How long a change may take to be read back.
const READ_LAG: Duration = Duration::from_secs(3);

/// What is told of a change that shows no effect.
const UNCHANGED: &str = "the change was accepted, and the workspace is as it was; the next run looks \
                         again";

/// What is told of a deletion that shows no effect.
const REMAINS: &str = "the deletion was accepted, and the workspace is still there; the next run \
                       looks again";

impl CustomerRun<'_> {
    /// Mints a token for the name, which creates the workspace, and learns its id. Repeating it
    /// is safe: the same name gives the same workspace.
    pub(super) async fn create_customer(&mut self, region: Option<Region>) -> StepResult {
        let intent = Intent::CreateCustomer {
            customer: self.plan.name.clone(),
        };
        let seq = self.begin(intent).await?;
        match self
            .context
            .writer
            .mint(&self.plan.name, None, region)
            .await
        {
            Ok(id) if self.context.ledger.find(id).await?.is_some() => {
                // What the ledger has of it is worth more than what a new entry would have.
                self.end(seq, Ended::Done).await?;
                Err(stale(
                    "its workspace is the one in the ledger, which could not be found before; \
                     plan again",
                ))
            }
            Ok(id) => {
                if let Err(trouble) = self.carries_the_name(id).await {
                    self.end(seq, Ended::Unknown).await?;
                    return Err(trouble);
                }
                self.id = Some(id);
                self.save().await?;
                self.end(seq, Ended::Done).await?;
                Ok(Done::of(id))
            }
            Err(error) => {
                self.end_failed(seq, &error).await?;
                Err(error.into())
            }
        }
    }

    /// What a mint tells is looked at before it counts as ours: it could be another customer's.
    async fn carries_the_name(&self, id: WorkspaceId) -> Result<(), Trouble> {
        let unclear = |message: String| Trouble::new(Outcome::Unknown, message);
        match self.context.writer.reader().workspace(id).await {
            Ok(Some(found)) if found.name != self.plan.name => Err(unclear(format!(
                "the mint gave workspace {id}, which carries another name; nothing is done in it"
            ))),
            // One that is this new may not be found yet.
            Ok(_) => Ok(()),
            Err(error) => Err(unclear(format!(
                "the mint gave workspace {id}, and looking at it failed: {error}"
            ))),
        }
    }

    pub(super) async fn adopt_customer(&mut self, id: WorkspaceId) -> StepResult {
        self.id = Some(id);
        self.save().await?;
        Ok(Done::of(id))
    }

    pub(super) async fn update_customer(
        &mut self,
        id: Option<WorkspaceId>,
        expected_name: &str,
        patch: &CustomerPatch,
        retire: bool,
    ) -> StepResult {
        let id = id
            .or(self.id)
            .ok_or_else(|| stale("the workspace is not there"))?;
        let found = self.context.writer.reader().workspace(id).await?;
        let found = found.ok_or_else(|| stale("the workspace is gone; plan again"))?;
        if !satisfies(&found, patch) {
            if found.name != expected_name {
                return Err(stale(
                    "the workspace carries another name by now; plan again",
                ));
            }
            self.put_workspace(id, patch).await?;
        }
        if let Some(name) = &patch.name {
            self.ledger.name.clone_from(name);
            self.name.clone_from(name);
        }
        self.ledger.applied.status = patch.status.or(self.ledger.applied.status);
        self.ledger.applied.cache = patch.cache.or(self.ledger.applied.cache);
        self.ledger.retired = retire;
        self.ledger.protect = self.plan.protect;
        self.save().await?;
        Ok(Done::of(id))
    }

    async fn put_workspace(&self, id: WorkspaceId, patch: &CustomerPatch) -> Result<(), Trouble> {
        let seq = self
            .begin_write(&Address::customer(&self.plan.name), "update_workspaces")
            .await?;
        // What a PUT by id did can be read, so an unclear answer need not stay unclear, and a clear
        // one need not be believed.
        let otherwise = match self.context.writer.update_workspace(id, patch).await {
            Ok(_) => Trouble::new(Outcome::Unknown, UNCHANGED),
            Err(error) if error.effect() == Effect::Unknown => error.into(),
            Err(error) => {
                self.end(seq, Ended::Failed).await?;
                return Err(error.into());
            }
        };
        if self.is_satisfied(id, patch).await {
            return self.end(seq, Ended::Done).await;
        }
        self.end(seq, Ended::Unknown).await?;
        Err(otherwise)
    }

    async fn is_satisfied(&self, id: WorkspaceId, patch: &CustomerPatch) -> bool {
        let mut patience = Patience::new(self.context, READ_LAG);
        loop {
            let found = self.context.writer.reader().workspace(id).await;
            if matches!(found, Ok(Some(now)) if satisfies(&now, patch)) {
                return true;
            }
            if !patience.pause().await {
                return false;
            }
        }
    }

    /// Deletes by id, after having read the name once more: it takes all connectors along.
    pub(super) async fn delete_customer(
        &mut self,
        id: WorkspaceId,
        expected_name: &str,
    ) -> StepResult {
        let reader = self.context.writer.reader();
        if let Some(found) = reader.workspace(id).await? {
            if found.name != expected_name {
                return Err(stale(
                    "the workspace carries another name by now; plan again",
                ));
            }
            self.look().await?;
            let mut there = self.there.iter().flatten();
            if there.any(|(one, _)| !self.ledger.owns(*one)) {
                return Err(stale(
                    "the workspace holds a connector that is not ours by now; plan again",
                ));
            }
            let address = Address::customer(&self.plan.name);
            let seq = self.begin_write(&address, "delete_workspaces").await?;
            let error = match self.context.writer.delete_workspace(id).await {
                Ok(Gone::Accepted | Gone::Already) => None,
                // The gateway may give up before the deletion ends.
                Err(error) if error.effect() == Effect::Unknown => Some(error),
                Err(error) => {
                    self.end(seq, Ended::Failed).await?;
                    return Err(error.into());
                }
            };
            // Whatever was answered, the ledger forgets only what is gone.
            if !self.is_workspace_gone(id).await {
                self.end(seq, Ended::Unknown).await?;
                return Err(
                    error.map_or_else(|| Trouble::new(Outcome::Unknown, REMAINS), Into::into)
                );
            }
            self.end(seq, Ended::Done).await?;
        }
        self.context.ledger.remove(id).await?;
        Ok(Done::of(id))
    }

    async fn is_workspace_gone(&self, id: WorkspaceId) -> bool {
        let mut patience = Patience::new(self.context, self.context.options.delete_deadline);
        loop {
            if let Ok(None) = self.context.writer.reader().workspace(id).await {
                return true;
            }
            if !patience.pause().await {
                return false;
            }
        }
    }

    /// Puts the intent of a write by id on disk.
    pub(super) async fn begin_write(
        &self,
        address: &Address,
        operation: &str,
    ) -> Result<u64, Trouble> {
        let (address, operation) = (address.clone(), operation.to_owned());
        self.begin(Intent::Write { address, operation }).await
    }
}

pub(super) fn stale(message: &str) -> Trouble {
    Trouble::new(Outcome::Stale, message)
}

fn satisfies(found: &Workspace, patch: &CustomerPatch) -> bool {
    let CustomerPatch {
        name,
        status,
        cache,
    } = patch;
    let status_of = |status: Status| match status {
        Status::Active => ObservedStatus::Active,
        Status::Inactive => ObservedStatus::Inactive,
    };
    name.as_ref().is_none_or(|name| found.name == *name)
        && status.is_none_or(|status| found.status == status_of(status))
        && cache.is_none_or(|cache| found.cache == cache.as_remote())
}
