//! Responsible for planning one declared customer with its connectors.

use super::connector::{ConnectorPlanner, Decision};
use super::matching::{
    ConnectorMatch, ConnectorMatches, LiveCustomer, MatchedConnector, MatchedCustomer,
    WorkspaceMatch,
};
use super::workspace::{change, text};
use super::{
    Action, BlockReason, Blocked, CustomerPlan, FieldChange, FieldValue, Inputs, Operation,
    PlanWarning, Precondition, Reason, Refusal, RefusedChange, Step, UnmanagedConnector,
    Unverified, Waiting, prune, resembling,
};
use crate::model::{
    Address, AdoptPolicy, ConnectorId, DesiredCustomer, KindLookup, ObservedStatus,
};
use std::collections::BTreeSet;

/// The result of planning one customer.
#[derive(Debug)]
pub(super) struct CustomerOutcome {
    pub(super) plan: CustomerPlan,
    pub(super) blocked: Vec<Blocked>,
    pub(super) refusal: Option<Refusal>,
    pub(super) unverified: Vec<Unverified>,
    pub(super) waiting: Vec<Waiting>,
    pub(super) unmanaged: Vec<UnmanagedConnector>,
    pub(super) not_pruned: Vec<Address>,
    pub(super) protected: Vec<Address>,
    pub(super) warnings: Vec<PlanWarning>,
}

/// Plans one declared customer.
pub(super) fn plan(inputs: &Inputs<'_>, matched: &MatchedCustomer<'_>) -> CustomerOutcome {
    let mut planner = CustomerPlanner::new(inputs, matched);
    if let Some(reason) = matched.unverified(&inputs.matches.unverified) {
        planner.block(None, reason);
        return planner.outcome;
    }
    match &matched.workspace {
        WorkspaceMatch::Live(live) => planner.plan_live(*live),
        WorkspaceMatch::Absent(reason) => planner.plan_new(*reason),
        WorkspaceMatch::Ambiguous { name } => {
            let name = name.clone();
            planner.block(None, BlockReason::AmbiguousCustomer { name });
        }
        WorkspaceMatch::RenameConflict => planner.block(None, BlockReason::RenameConflict),
        WorkspaceMatch::Renamed { id, carries } => {
            planner.outcome.refusal = Some(Refusal::RecordedIdRenamed {
                name: matched.name.to_owned(),
                workspace_id: *id,
                carries: (*carries).to_owned(),
            });
        }
    }
    planner.outcome
}

/// Plans one declared customer; `outcome` collects the result.
pub(super) struct CustomerPlanner<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    pub(super) name: &'a str,
    pub(super) declared: &'a DesiredCustomer,
    connectors: &'a ConnectorMatches<'a>,
    pub(super) outcome: CustomerOutcome,
}

impl<'a> CustomerPlanner<'a> {
    fn new(inputs: &'a Inputs<'a>, matched: &'a MatchedCustomer<'a>) -> Self {
        let (name, declared) = (matched.name, matched.declared);
        let plan = CustomerPlan {
            name: name.to_owned(),
            workspace_id: None,
            protect: declared.protect,
            steps: Vec::new(),
            ledger_updates: super::LedgerUpdates::default(),
        };
        let outcome = CustomerOutcome {
            plan,
            blocked: Vec::new(),
            refusal: None,
            unverified: Vec::new(),
            waiting: Vec::new(),
            unmanaged: Vec::new(),
            not_pruned: Vec::new(),
            protected: Vec::new(),
            warnings: Vec::new(),
        };
        Self {
            inputs,
            name,
            declared,
            connectors: &matched.connectors,
            outcome,
        }
    }

    pub(super) fn block(&mut self, connector: Option<&str>, reason: BlockReason) {
        let address = Address {
            customer: self.name.to_owned(),
            connector: connector.map(str::to_owned),
        };
        self.outcome.blocked.push(Blocked { address, reason });
    }

    pub(super) fn push(&mut self, step: Step) {
        self.outcome.plan.steps.push(step);
    }

    pub(super) fn customer_step(
        &self,
        action: Action,
        reason: Reason,
        changes: Vec<FieldChange>,
        precondition: Precondition,
        operation: Operation,
    ) -> Step {
        let address = Address::customer(self.name);
        Step {
            address,
            action,
            reasons: vec![reason],
            changes,
            precondition,
            operation,
        }
    }

    fn plan_new(&mut self, reason: Reason) {
        let mut changes = Vec::new();
        if let Some(region) = self.declared.region {
            changes.push(change(
                "region",
                FieldValue::Absent,
                text(&region.to_string()),
            ));
        }
        let operation = Operation::CreateCustomer {
            region: self.declared.region,
        };
        let mut create = self.customer_step(
            Action::Create,
            reason,
            changes,
            Precondition::Absent,
            operation,
        );
        if !self.selects(None) {
            create.reasons.push(Reason::NeededBySelection);
        }
        if self.inputs.policy.selects_customer(self.name) {
            self.push(create);
            self.record_new_workspace();
        }
        self.plan_connectors();
        self.set_after_creation();
    }

    fn plan_live(&mut self, live: LiveCustomer<'a>) {
        self.outcome.plan.workspace_id = Some(live.id);
        if let ObservedStatus::Other(status) = &live.observed.status {
            let address = Address::customer(self.name);
            let blocked = super::prune::unknown_status(address, status);
            return self.outcome.blocked.push(blocked);
        }
        let blockers = prune::workspace_blockers(self.inputs, live.id);
        if !blockers.is_empty() {
            return blockers
                .into_iter()
                .for_each(|reason| self.block(None, reason));
        }
        if let Some(connector) = self.ambiguous_connector() {
            return self.block(Some(connector), BlockReason::AmbiguousConnector);
        }
        self.adopt(live);
        self.change_before_connectors(live);
        self.plan_connectors();
        self.plan_undeclared_connectors(live);
        self.deactivate(live);
        self.update_ledger(live);
        if live.recorded.is_none() {
            self.refuse_changes_of_adopted_customer();
        }
        self.check_region(live);
        let outcome = &self.outcome;
        let resembling = resembling::connectors(&outcome.plan, &outcome.waiting, self.connectors);
        self.outcome.warnings.extend(resembling);
    }

    fn ambiguous_connector(&self) -> Option<&'a str> {
        let mut connectors = self.connectors.declared.iter();
        connectors
            .find(|connector| {
                matches!(connector.matched, ConnectorMatch::Ambiguous)
                    && self.selects(Some(connector.name))
            })
            .map(|connector| connector.name)
    }

    fn plan_connectors(&mut self) {
        for connector in &self.connectors.declared {
            if self.selects(Some(connector.name)) {
                self.plan_connector(connector);
            }
        }
    }

    fn plan_connector(&mut self, connector: &MatchedConnector<'_>) {
        let name = connector.name;
        let Some(definition) = connector.definition else {
            let reason = self.unknown_type(&connector.declared.kind.name);
            return self.block(Some(name), reason);
        };
        let address = Address::connector(self.name, name);
        let secrets = self.inputs.secrets;
        let subject = ConnectorPlanner {
            address: &address,
            connector,
            definition,
            secrets: secrets.statuses(&address, connector.recorded_id()),
            versions: secrets.versions.get(&address),
            rotate: self.inputs.policy.rotate.contains(&address),
        };
        if let Some(waiting) = subject.waiting() {
            return self.outcome.waiting.push(waiting);
        }
        let decision = subject.decide();
        if let Some(existing) = connector.rename_conflict() {
            let reason = BlockReason::ConnectorRenameConflict { existing };
            return self.block(Some(name), reason);
        }
        let replaces = decision
            .steps
            .iter()
            .any(|step| step.action == Action::Replace);
        // Only a consent creates such a connector, so that a run may settle what another did not finish.
        if connector.declared.consent.is_none() && self.refuses_adoption_of(&decision) {
            let changes = RefusedChange::of_steps(&decision.steps);
            return self.block(Some(name), BlockReason::AdoptionNotAllowed { changes });
        }
        if replaces && let Some(reason) = self.protects(BlockReason::ReplacementProtected) {
            return self.block(Some(name), reason);
        }
        let sends = |step: &Step| matches!(step.operation, Operation::ReplaceConnector { .. });
        let sends = decision.steps.iter().any(sends);
        if connector.declared.consent.is_some() && sends {
            return self.block(Some(name), BlockReason::ConsentRequired);
        }
        if connector.has_newer_namesake && sends {
            return self.block(Some(name), BlockReason::ReplacedMeanwhile);
        }
        self.outcome.plan.steps.extend(decision.steps);
        self.outcome.unverified.extend(decision.unverified);
        self.outcome.warnings.extend(decision.warning);
        self.outcome
            .plan
            .ledger_updates
            .connectors
            .extend(decision.ledger_update);
    }

    /// Why the customer's protection does not allow a step.
    pub(super) fn protects(&self, full: BlockReason) -> Option<BlockReason> {
        let policy = self.inputs.policy;
        policy.protects(self.name, self.declared.protect, full)
    }

    /// Whether a connector of a recorded customer is adopted and changed without permission. For an
    /// unrecorded customer see [`Self::refuse_changes_of_adopted_customer`].
    fn refuses_adoption_of(&self, decision: &Decision) -> bool {
        self.inputs.policy.adopt == AdoptPolicy::Refuse
            && self.is_recorded()
            && decision.adopts_and_changes()
    }

    /// Blocks an unrecorded customer if the plan would write into its workspace without permission.
    /// An adoption that changes nothing remains.
    fn refuse_changes_of_adopted_customer(&mut self) {
        let plan = &mut self.outcome.plan;
        let changes = |step: &Step| step.action != Action::Adopt;
        if self.inputs.policy.adopt == AdoptPolicy::Allow || !plan.steps.iter().any(changes) {
            return;
        }
        let changes = RefusedChange::of_steps(&plan.steps);
        plan.steps.clear();
        plan.ledger_updates = super::LedgerUpdates::default();
        self.outcome.unverified.clear();
        self.block(None, BlockReason::AdoptionNotAllowed { changes });
    }

    /// Whether the customer's workspace is in the ledger.
    fn is_recorded(&self) -> bool {
        self.outcome
            .plan
            .workspace_id
            .is_some_and(|id| self.inputs.matches.recorded.customers.contains_key(&id))
    }

    fn unknown_type(&self, kind: &str) -> BlockReason {
        let kind = kind.to_owned();
        match self.inputs.matches.observed.kinds.get(&kind) {
            Some(KindLookup::Ambiguous(_)) => BlockReason::AmbiguousType { kind },
            Some(KindLookup::Missing(similar)) => BlockReason::UnknownType {
                kind,
                similar: similar.clone(),
            },
            _ => BlockReason::UnknownType {
                kind,
                similar: Vec::new(),
            },
        }
    }

    /// Plans the workspace's connectors that are not declared.
    fn plan_undeclared_connectors(&mut self, live: LiveCustomer<'_>) {
        for (name, id, observed) in self.connectors.undeclared.iter().copied() {
            let address = Address::connector(self.name, name);
            if !self.inputs.policy.deletes_by_absence() {
                if self.declared.protect.is_some() {
                    self.outcome.protected.push(address.clone());
                }
                self.outcome.not_pruned.push(address);
            } else if let Some(reason) = self.protects(BlockReason::DeletionProtected) {
                self.block(Some(name), reason);
            } else {
                let reason = Reason::NotInConfig;
                self.push(prune::delete_connector(address, id, observed, reason));
            }
        }
        let superseded = prune::superseded(self.name, live).into_iter();
        let selected = superseded.filter(|step| self.inputs.policy.selects(&step.address));
        self.outcome.plan.steps.extend(selected);
        let adopted: BTreeSet<ConnectorId> = self
            .outcome
            .plan
            .steps
            .iter()
            .filter_map(|step| match step.operation {
                Operation::AdoptConnector { id, .. } => Some(id),
                _ => None,
            })
            .collect();
        let unrecorded = self.connectors.unrecorded.iter();
        let unmanaged =
            unrecorded
                .filter(|(id, _)| !adopted.contains(id))
                .map(|(id, connector)| UnmanagedConnector {
                    address: Address::connector(self.name, &connector.name),
                    id: *id,
                    kind: connector.kind_name.clone(),
                });
        self.outcome.unmanaged.extend(unmanaged);
    }

    fn selects(&self, connector: Option<&str>) -> bool {
        self.inputs.policy.selects(&Address {
            customer: self.name.to_owned(),
            connector: connector.map(str::to_owned),
        })
    }

    pub(super) fn selects_itself(&self) -> bool {
        self.selects(None)
    }
}
