//! What is to be done with one declared customer, connectors included.

use super::connector::Subject;
use super::matching::{
    ConnectorMatch, ConnectorMatches, FoundCustomer, MatchedConnector, MatchedCustomer,
    WorkspaceMatch,
};
use super::workspace::{change, text};
use super::{
    Action, BlockReason, Blocked, CustomerPlan, FieldChange, FieldValue, Inputs, Operation,
    Precondition, Reason, Refusal, Step, UnmanagedConnector, Unverified, prune,
};
use crate::model::{Address, ConnectorId, DesiredCustomer, KindLookup, ObservedStatus};
use std::collections::BTreeSet;

/// What planning one customer yields.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) plan: CustomerPlan,
    pub(super) blocked: Vec<Blocked>,
    pub(super) refusal: Option<Refusal>,
    pub(super) unverified: Vec<Unverified>,
    pub(super) unmanaged: Vec<UnmanagedConnector>,
    pub(super) not_pruned: Vec<Address>,
}

/// Plans one declared customer.
pub(super) fn plan(inputs: &Inputs<'_>, matched: &MatchedCustomer<'_>) -> Outcome {
    let mut draft = Draft::new(inputs, matched);
    match &matched.workspace {
        WorkspaceMatch::Found(found) => draft.found(*found),
        WorkspaceMatch::Absent { lost } => draft.absent(*lost),
        WorkspaceMatch::Ambiguous { name } => {
            let name = name.clone();
            draft.block(None, BlockReason::AmbiguousCustomer { name });
        }
        WorkspaceMatch::RenameConflict => draft.block(None, BlockReason::RenameConflict),
        WorkspaceMatch::Renamed { id, carries } => {
            draft.outcome.refusal = Some(Refusal::RecordedIdRenamed {
                name: matched.name.to_owned(),
                workspace_id: *id,
                carries: (*carries).to_owned(),
            });
        }
    }
    draft.outcome
}

/// A customer's plan in the making.
pub(super) struct Draft<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    pub(super) name: &'a str,
    pub(super) declared: &'a DesiredCustomer,
    connectors: &'a ConnectorMatches<'a>,
    pub(super) outcome: Outcome,
}

impl<'a> Draft<'a> {
    fn new(inputs: &'a Inputs<'a>, matched: &'a MatchedCustomer<'a>) -> Self {
        let (name, declared) = (matched.name, matched.declared);
        let plan = CustomerPlan {
            name: name.to_owned(),
            workspace_id: None,
            protect: declared.protect,
            steps: Vec::new(),
            ledger_updates: super::LedgerUpdates::default(),
        };
        let outcome = Outcome {
            plan,
            blocked: Vec::new(),
            refusal: None,
            unverified: Vec::new(),
            unmanaged: Vec::new(),
            not_pruned: Vec::new(),
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

    fn absent(&mut self, lost: bool) {
        let reason = if lost {
            Reason::DeletedOutOfBand
        } else {
            Reason::MissingRemote
        };
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
        let create = self.customer_step(
            Action::Create,
            reason,
            changes,
            Precondition::Absent,
            operation,
        );
        if self.inputs.policy.wants_customer(self.name) {
            self.push(create);
            self.record_new_workspace();
        }
        self.plan_connectors();
        self.set_after_creation();
    }

    fn found(&mut self, found: FoundCustomer<'a>) {
        self.outcome.plan.workspace_id = Some(found.id);
        if let ObservedStatus::Other(status) = &found.observed.status {
            let address = Address::customer(self.name);
            let blocked = super::prune::unknown_status(address, status);
            return self.outcome.blocked.push(blocked);
        }
        if let Some(connector) = self.ambiguous_connector() {
            return self.block(Some(connector), BlockReason::AmbiguousConnector);
        }
        self.adopt(found);
        self.change_before_connectors(found);
        self.plan_connectors();
        self.leftovers(found);
        self.deactivate(found);
        self.update_ledger(found);
    }

    fn ambiguous_connector(&self) -> Option<&'a str> {
        let mut connectors = self.connectors.declared.iter();
        connectors
            .find(|connector| {
                matches!(connector.matched, ConnectorMatch::Ambiguous)
                    && self.wants(Some(connector.name))
            })
            .map(|connector| connector.name)
    }

    fn plan_connectors(&mut self) {
        for connector in &self.connectors.declared {
            if self.wants(Some(connector.name)) {
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
        let subject = Subject {
            address: &address,
            connector,
            definition,
            secrets: self.inputs.secrets.connectors.get(&address),
            versions: self.inputs.secrets.versions.get(&address),
            rotate: self.inputs.policy.rotate.contains(&address),
        };
        let decision = subject.decide();
        let replaces = decision
            .steps
            .iter()
            .any(|step| step.action == Action::Replace);
        if replaces && self.declared.protect {
            return self.block(Some(name), BlockReason::ReplacementProtected);
        }
        let sends = |step: &Step| matches!(step.operation, Operation::ReplaceConnector { .. });
        if connector.contested && decision.steps.iter().any(sends) {
            return self.block(Some(name), BlockReason::ReplacedMeanwhile);
        }
        self.outcome.plan.steps.extend(decision.steps);
        self.outcome.unverified.extend(decision.unverified);
        self.outcome
            .plan
            .ledger_updates
            .connectors
            .extend(decision.ledger_update);
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

    /// What is in the workspace beyond the declaration.
    fn leftovers(&mut self, found: FoundCustomer<'_>) {
        for (name, id, observed) in self.connectors.undeclared.iter().copied() {
            let address = Address::connector(self.name, name);
            if !self.inputs.policy.deletes_by_absence() {
                self.outcome.not_pruned.push(address);
            } else if self.declared.protect {
                self.block(Some(name), BlockReason::DeletionProtected);
            } else {
                let reason = Reason::NotInConfig;
                self.push(prune::delete_connector(address, id, observed, reason));
            }
        }
        let superseded = prune::superseded(self.name, found).into_iter();
        let wanted = superseded.filter(|step| self.inputs.policy.wants(&step.address));
        self.outcome.plan.steps.extend(wanted);
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

    fn wants(&self, connector: Option<&str>) -> bool {
        self.inputs.policy.wants(&Address {
            customer: self.name.to_owned(),
            connector: connector.map(str::to_owned),
        })
    }

    pub(super) fn wants_itself(&self) -> bool {
        self.wants(None)
    }
}
