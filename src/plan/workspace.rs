//! Responsible for the steps on a customer's workspace itself: adoption, name, status and cache; and
//! for the corrections to the customer's ledger entry. Does not plan connectors.

use super::customer::CustomerPlanner;
use super::matching::LiveCustomer;
use super::{
    Action, BlockReason, FieldChange, FieldValue, Operation, PlanWarning, Precondition, Reason,
};
use crate::model::{
    Address, AppliedCustomer, Cache, ConnectorId, CustomerEntry, CustomerPatch, ObservedCustomer,
    ObservedStatus, Region, Status, WorkspaceId,
};
use std::collections::BTreeSet;

impl CustomerPlanner<'_> {
    pub(super) fn set_after_creation(&mut self) {
        let cache = self.declared.cache.filter(|cache| *cache != Cache::Inherit);
        let status = (self.declared.status == Status::Inactive).then_some(Status::Inactive);
        if (cache.is_none() && status.is_none()) || !self.selects_itself() {
            return;
        }
        let mut changes = Vec::new();
        if let Some(cache) = cache {
            changes.push(change(
                "cache",
                cache_value(Cache::Inherit),
                cache_value(cache),
            ));
        }
        if status.is_some() {
            changes.push(change("status", text("active"), text("inactive")));
        }
        let patch = CustomerPatch {
            name: None,
            status,
            cache,
        };
        let precondition = Precondition::customer(None, self.name, &changes);
        self.push(self.customer_step(
            Action::Update,
            Reason::SetAfterCreation,
            changes,
            precondition,
            update(None, patch),
        ));
    }

    pub(super) fn adopt(&mut self, live: LiveCustomer<'_>) {
        if live.recorded.is_none() && self.inputs.policy.selects_customer(self.name) {
            let operation = Operation::AdoptCustomer {
                workspace_id: live.id,
            };
            self.push(self.customer_step(
                Action::Adopt,
                Reason::FoundByName,
                Vec::new(),
                Precondition::customer(Some(live.id), &live.observed.name, &[]),
                operation,
            ));
        }
    }

    /// Changes name and cache, and activates the workspace, so that connectors are written to an active
    /// workspace.
    pub(super) fn change_before_connectors(&mut self, live: LiveCustomer<'_>) {
        if !self.selects_itself() {
            return;
        }
        let mut patch = CustomerPatch::default();
        let mut changes = Vec::new();
        let mut reason = Reason::FieldChanged;
        if live.observed.name != self.name {
            reason = Reason::Renamed;
            patch.name = Some(self.name.to_owned());
            changes.push(change("name", text(&live.observed.name), text(self.name)));
        }
        let cache = Cache::from_remote(live.observed.cache);
        if let Some(wanted) = self.declared.cache.filter(|wanted| *wanted != cache) {
            patch.cache = Some(wanted);
            changes.push(change("cache", cache_value(cache), cache_value(wanted)));
        }
        let suspended = live.observed.status == ObservedStatus::Inactive;
        if suspended && self.declared.status == Status::Active {
            patch.status = Some(Status::Active);
            changes.push(change("status", text("inactive"), text("active")));
        }
        if changes.is_empty() {
            return;
        }
        let only_the_name = changes.len() == 1 && patch.name.is_some();
        let action = if only_the_name {
            Action::Rename
        } else {
            Action::Update
        };
        let precondition = Precondition::customer(Some(live.id), &live.observed.name, &changes);
        let operation = update(Some(live.id), patch);
        self.push(self.customer_step(action, reason, changes, precondition, operation));
    }

    pub(super) fn deactivate(&mut self, live: LiveCustomer<'_>) {
        let active = live.observed.status == ObservedStatus::Active;
        if !active || self.declared.status == Status::Active || !self.selects_itself() {
            return;
        }
        if let Some(reason) = self.protects(BlockReason::DeactivationProtected) {
            return self.block(None, reason);
        }
        let patch = CustomerPatch {
            status: Some(Status::Inactive),
            ..CustomerPatch::default()
        };
        let changes = vec![change("status", text("active"), text("inactive"))];
        // An earlier step renames the workspace to its declared name.
        let precondition = Precondition::customer(Some(live.id), self.name, &changes);
        self.push(self.customer_step(
            Action::Update,
            Reason::FieldChanged,
            changes,
            precondition,
            update(Some(live.id), patch),
        ));
    }

    pub(super) fn update_ledger(&mut self, live: LiveCustomer<'_>) {
        let adopted = CustomerEntry {
            name: self.name.to_owned(),
            protect: self.declared.protect,
            ..CustomerEntry::default()
        };
        let recorded = live.recorded.unwrap_or(&adopted);
        let applied = self.applied_settings(live.observed, recorded.applied);
        let unmanaged: BTreeSet<ConnectorId> = self
            .outcome
            .unmanaged
            .iter()
            .map(|connector| connector.id)
            .collect();
        let updates = &mut self.outcome.plan.ledger_updates;
        updates.gone = super::prune::gone(live);
        if applied != recorded.applied {
            updates.applied = Some(applied);
        }
        // A partial run does not plan all connectors. It records those of an adopted customer all the same, so that
        // drift shows what others create from now on.
        let is_known = !self.inputs.policy.is_partial() || live.recorded.is_none();
        if is_known && recorded.unmanaged.as_ref() != Some(&unmanaged) {
            updates.unmanaged = Some(unmanaged);
        }
        if recorded.protect != self.declared.protect {
            updates.protect = Some(self.declared.protect);
        }
        if recorded.name != self.name && live.observed.name == self.name {
            updates.name = Some(self.name.to_owned());
        }
    }

    /// Records the state of a new workspace: active, without connectors, with the inherited cache.
    pub(super) fn record_new_workspace(&mut self) {
        let inherits = self.declared.cache.filter(|cache| *cache == Cache::Inherit);
        let updates = &mut self.outcome.plan.ledger_updates;
        updates.applied = Some(AppliedCustomer {
            status: Some(Status::Active),
            cache: inherits,
            region: Some(self.declared.region.unwrap_or(Region::US)),
        });
        updates.unmanaged = Some(BTreeSet::new());
    }

    /// The settings to record as applied: those that are observed as declared. A step records those
    /// that differ. The cache is recorded only while it is declared.
    fn applied_settings(
        &self,
        observed: &ObservedCustomer,
        before: AppliedCustomer,
    ) -> AppliedCustomer {
        let active = self.declared.status == Status::Active;
        let as_declared = match observed.status {
            ObservedStatus::Active => active,
            ObservedStatus::Inactive => !active,
            ObservedStatus::Other(_) => false,
        };
        let cache = Cache::from_remote(observed.cache);
        AppliedCustomer {
            status: as_declared
                .then_some(self.declared.status)
                .or(before.status),
            cache: self
                .declared
                .cache
                .and_then(|wanted| (wanted == cache).then_some(wanted).or(before.cache)),
            region: before.region,
        }
    }

    /// Warns if the files declare another region than the one in which the workspace was created.
    pub(super) fn check_region(&mut self, live: LiveCustomer<'_>) {
        let created_in = live.recorded.and_then(|recorded| recorded.applied.region);
        if let (Some(created_in), Some(declared)) = (created_in, self.declared.region)
            && created_in != declared
        {
            self.outcome.warnings.push(PlanWarning::RegionIgnored {
                address: Address::customer(self.name),
                created_in: created_in.to_string(),
                declared: declared.to_string(),
            });
        }
    }
}

fn update(workspace_id: Option<WorkspaceId>, patch: CustomerPatch) -> Operation {
    Operation::UpdateCustomer {
        workspace_id,
        patch,
        record_suspension: false,
    }
}

pub(super) fn change(path: &str, before: FieldValue, after: FieldValue) -> FieldChange {
    FieldChange {
        path: path.to_owned(),
        before,
        after,
    }
}

pub(super) fn text(value: &str) -> FieldValue {
    FieldValue::Value(value.into())
}

fn cache_value(cache: Cache) -> FieldValue {
    FieldValue::Value(match cache {
        Cache::Inherit => "inherit".into(),
        Cache::On => true.into(),
        Cache::Off => false.into(),
    })
}
