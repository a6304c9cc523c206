//! Responsible for what a consent has to keep, because it creates a connector: the rules of the policy file, the
//! protection that the files declare, and the customer that the ledger records.

use super::{Templates, customer_entry};
use crate::app::execution::ResolvedSecrets;
use crate::app::token::WorkspaceLookup;
use crate::app::{App, policy};
use crate::cli::ExecutionArgs;
use crate::failure::{Failure, FailureKind};
use crate::model::{
    Address, AdoptPolicy, ConnectorId, DesiredConnector, LedgerState, LockUnpoisoned as _, Region,
    Status, WorkspaceId,
};
use crate::plan::{Action, NewCustomer, PlannedConsent, Policy, consent_refusals};
use crate::render::wording;

/// Why a consent to a connector that exists is refused, for a customer with `protect: true`.
pub(super) const PROTECTED: &str =
    "the files protect the customer, so its connector is not replaced; remove `protect` first";

/// What the ledger and the API know of a customer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Known {
    /// The ledger records its workspace.
    Managed(WorkspaceId),
    /// A workspace of the name exists, and the ledger does not record it.
    Listed(WorkspaceId),
    /// No workspace has the name.
    New,
}

impl App<'_> {
    /// Refuses a consent that `apply` would not be allowed to do, or that could create a second workspace.
    pub(super) async fn check_consent(
        &self,
        address: &Address,
        declared: &DesiredConnector,
        replaces: Option<ConnectorId>,
        recorded: &LedgerState,
    ) -> Result<Known, Failure> {
        let name = &address.customer;
        self.require_active(name)?;
        let known = match customer_entry(recorded, name) {
            Some((id, _)) => Known::Managed(id),
            None => match self.find_workspace(name).await? {
                WorkspaceLookup::Found(id) => Known::Listed(id),
                WorkspaceLookup::Missing(_) => Known::New,
            },
        };
        let listed = match known {
            Known::Listed(id) => Some(id),
            Known::Managed(_) | Known::New => None,
        };
        self.require_verified(name, listed, recorded)?;
        let mut causes = self.rule_causes(address, declared, replaces, known)?;
        if self.is_protected(address, replaces).await? {
            causes.push(PROTECTED.to_owned());
        }
        if !causes.is_empty() {
            return Err(guard_refused(&causes.join("\n")));
        }
        self.require_adoptable(name, known)?;
        if let Known::Managed(id) = known {
            self.check_workspace(id, name).await?;
        }
        Ok(known)
    }

    /// Refuses a customer that the files suspend.
    pub(super) fn require_active(&self, customer: &str) -> Result<(), Failure> {
        let declared = self.project.desired.customers.get(customer);
        if declared.is_none_or(|declared| declared.status == Status::Active) {
            return Ok(());
        }
        let message = format!("customer {customer} is suspended in the files");
        Err(needs_customer(message).hint("write `status: active`, and run `airlift apply` first"))
    }

    /// Refuses a customer whose workspace the ledger does not record, unless a run may adopt it.
    pub(super) fn require_adoptable(&self, customer: &str, known: Known) -> Result<(), Failure> {
        match (known, self.project.desired.adopt) {
            (Known::Listed(_), AdoptPolicy::Refuse) => Err(not_recorded(customer)),
            _ => Ok(()),
        }
    }

    /// Why the rules of the policy file refuse a consent.
    pub(super) fn rule_causes(
        &self,
        address: &Address,
        declared: &DesiredConnector,
        replaces: Option<ConnectorId>,
        known: Known,
    ) -> Result<Vec<String>, Failure> {
        let operator = policy::load(self.invocation, &self.project)?;
        let customer = Address::customer(&address.customer);
        let new_customer = (known == Known::New).then(|| NewCustomer {
            address: &customer,
            region: self.region_of(&address.customer),
        });
        let consent = PlannedConsent {
            connector: address,
            kind: &declared.kind,
            new_customer,
            action: replaces.map_or(Action::Create, |_| Action::Replace),
        };
        let refusals = consent_refusals(&operator.rules, operator.ceiling, consent);
        Ok(refusals.iter().map(wording::refused).collect())
    }

    fn region_of(&self, customer: &str) -> Option<Region> {
        self.project.desired.customers.get(customer)?.region
    }

    /// Whether a consent would replace a connector that exists, of a customer with `protect: true`.
    pub(super) async fn is_protected(
        &self,
        address: &Address,
        replaces: Option<ConnectorId>,
    ) -> Result<bool, Failure> {
        let declared = self.project.desired.customers.get(&address.customer);
        let protects = declared.is_some_and(|customer| customer.protect.is_some());
        let Some(id) = replaces.filter(|_| protects) else {
            return Ok(false);
        };
        let reader = self.connection.session.reader();
        Ok(reader.connector(id).await?.is_some())
    }

    /// Refuses a customer whose workspace does not exist under its name: the consent would create a second one.
    async fn check_workspace(&self, id: WorkspaceId, name: &str) -> Result<(), Failure> {
        let problem = match self.connection.session.reader().workspace(id).await? {
            Some(workspace) if workspace.name == name => return Ok(()),
            Some(workspace) => format!("is now named `{}`", workspace.name),
            None => "does not exist any more".to_owned(),
        };
        Err(needs_customer(format!(
            "workspace {id} of customer {name} {problem}, and a consent would create another workspace"
        ))
        .hint("run `airlift apply` first, which corrects the customer"))
    }

    /// Creates or adopts a customer that the ledger does not record, as `apply` does and without its connectors, because
    /// the request for a consent sends only the name.
    pub(super) async fn require_recorded(
        &self,
        name: &str,
        known: Known,
        templates: &Templates,
    ) -> Result<(), Failure> {
        let change = match known {
            Known::Managed(_) => return Ok(()),
            Known::Listed(_) => "adopted",
            Known::New => "created",
        };
        let mut fork = self.fork_locked().await?;
        let desired = &mut fork.project.to_mut().desired;
        desired.customers.retain(|declared, _| declared == name);
        for customer in desired.customers.values_mut() {
            customer.connectors.clear();
        }
        let recorded = Box::pin(fork.apply_customer(name)).await;
        fork.close().await?;
        recorded?;
        let change = format!("{change} customer {name}");
        templates.changes.lock_unpoisoned().push(change);
        Ok(())
    }

    async fn apply_customer(&self, name: &str) -> Result<(), Failure> {
        let ledger = self.read_ledger().await?;
        let selection = Policy {
            targets: [Address::customer(name)].into(),
            ..Policy::default()
        };
        let planned = Box::pin(self.planned_of_selection(selection, ledger)).await?;
        if let Some(blocked) = planned.plan.blocked.first() {
            return Err(needs_customer(format!(
                "customer {name} cannot be created: {}",
                wording::blocked(&blocked.reason)
            )));
        }
        if let Some(first) = planned.plan.steps().next()
            && !matches!(first.action, Action::Create | Action::Adopt)
        {
            let message = format!("customer {name} has changes that come before a consent");
            return Err(needs_customer(message).hint("run `airlift apply` first"));
        }
        let report = self
            .execute_at_once(
                "connect",
                &planned,
                &ResolvedSecrets::default(),
                ExecutionArgs::default(),
            )
            .await?;
        let mut operations = report.operations.iter();
        let problem = operations.find_map(|operation| operation.problem.as_ref());
        match problem {
            None => Ok(()),
            Some(problem) => Err(needs_customer(format!(
                "customer {name} could not be created: {}",
                wording::problem(problem)
            ))
            .hint("run `airlift apply`, which shows the request that failed")),
        }
    }
}

fn guard_refused(causes: &str) -> Failure {
    let message = format!("a guard refused the consent; nothing was started: {causes}");
    Failure::new(FailureKind::Refused, "guard_refused", message)
}

fn not_recorded(name: &str) -> Failure {
    needs_customer(format!(
        "a workspace named `{name}` exists, and the ledger does not record it; it may belong to someone else"
    ))
    .hint("check it, then run `airlift adopt`, or write `adopt: true` into the project file")
}

fn needs_customer(message: String) -> Failure {
    Failure::new(FailureKind::Refused, "consent_needs_customer", message)
}
