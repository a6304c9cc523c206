//! Responsible for planning: [`match_resources`] matches the declared customers and connectors with
//! the observed and the recorded ones, and [`plan`] derives the steps from the matches.
//!
//! Does no I/O and uses no `async`, clock, environment, randomness, hash-map order or secret
//! value, so that the same inputs give the same bytes.

mod adoption;
mod approved;
mod baseline;
mod blocked;
mod connector;
mod content;
mod customer;
mod diff;
mod difference;
mod drift;
mod drift_connector;
mod forecast;
mod guards;
mod impact;
mod masked;
mod matching;
mod oauth_app;
mod policy_check;
mod precondition;
mod prune;
mod resembling;
mod resolution;
mod rollout;
mod rotation;
mod secrets;
mod source_template;
mod step;
mod summary;
mod unverified;
mod waiting;
mod warning;
mod withheld;
mod workspace;

#[cfg(test)]
mod tests;

pub use adoption::only_adoptions;
pub use approved::{
    ApprovedPart, StaleCause, StaleStep, approved_part, only_moved, unapproved_steps,
};
pub use blocked::{
    AllowedDeletions, AllowedIdChanges, BlockCode, BlockReason, Blocked, GuardCode, LimitSource,
    PolicyViolation, Refusal, RefusedChange, RemovalFlags,
};
pub use content::{CustomerPlan, Plan};
pub use drift::{Drift, DriftKind, DriftSubject, DriftSummary, Drifted, DriftedCustomer, drift};
pub use forecast::Forecast;
pub use guards::GuardLimits;
pub use impact::{Impact, ImpactCounts};
pub use matching::{Matches, match_resources};
pub use oauth_app::{OauthAppAction, OauthAppChange, oauth_app_changes};
pub use policy_check::{NewCustomer, PlannedConsent, consent_refusals};
#[cfg(any(test, feature = "testing"))]
pub use precondition::ConnectorPrecondition;
pub use precondition::Precondition;
pub use resolution::{Resolution, SecretNeed, Unverified, UnverifiedSecret};
pub use rollout::{Rollout, RolloutWave};
#[cfg(test)]
pub(crate) use rotation::RotationPlan;
pub use rotation::only_rotations;
pub use source_template::{TemplateCause, TemplateCopy, TemplateProblem, source_templates};
pub use step::{
    ConnectorPatch, ConnectorUpdate, FieldChange, FieldValue, LedgerUpdates, Operation, Reason,
    Step, Unmanaged, UnmanagedConnector,
};
pub use summary::Summary;
pub use waiting::Waiting;
pub use warning::{ClosedWindow, ExistingKind, ExistingObject, PlanWarning, PlanWarningCode};
pub use withheld::DeclaredSettings;

pub use crate::model::Action;
use crate::model::{
    Address, AdoptPolicy, CountOrPercent, PolicyLimits, PolicyRules, Protection, SecretComparison,
};
use std::collections::BTreeSet;
use summary::Scope;

/// The inputs of every planning function.
#[derive(Clone, Copy, Debug)]
struct Inputs<'a> {
    matches: &'a Matches<'a>,
    secrets: &'a SecretComparison,
    policy: &'a Policy,
}

/// What the flags of a run allow and select.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Policy {
    /// Remove recorded customers and connectors that are no longer declared.
    pub prune: bool,
    /// Delete undeclared customers instead of suspending them. Has no effect without `prune`.
    pub delete_customers: bool,
    /// Raises the limits that `guards` in the files set on deletions.
    pub allow_delete: Option<CountOrPercent>,
    /// Raises the limit that `guards` in the files sets on id changes.
    pub allow_id_changes: Option<u64>,
    /// The ceiling of these limits and of `guards`, from the policy file.
    pub ceiling: PolicyLimits,
    /// The rules of the policy file on the steps.
    pub rules: PolicyRules,
    /// Whether the run may change objects that it adopts.
    pub adopt: AdoptPolicy,
    /// The only addresses to plan; empty means all.
    pub targets: BTreeSet<Address>,
    /// Addresses to leave out.
    pub excludes: BTreeSet<Address>,
    /// Customers with `protect: confirm` whose protected steps a person confirmed by name.
    pub confirmed: BTreeSet<String>,
    /// Connectors to rotate although their secrets are unchanged.
    pub rotate: BTreeSet<Address>,
}

impl Policy {
    /// Whether the run plans only a part of the files.
    pub fn is_partial(&self) -> bool {
        !self.targets.is_empty() || !self.excludes.is_empty()
    }

    /// Why the protection of a customer does not allow a step. `full` is the reason of `protect: true`.
    pub(crate) fn protects(
        &self,
        customer: &str,
        protection: Protection,
        full: BlockReason,
    ) -> Option<BlockReason> {
        match protection {
            Protection::None => None,
            Protection::Confirm if self.confirmed.contains(customer) => None,
            Protection::Confirm => Some(BlockReason::ConfirmationNeeded {
                customer: customer.to_owned(),
            }),
            Protection::Full => Some(full),
        }
    }

    /// Whether undeclared customers and connectors are removed. A partial run never removes them,
    /// because it does not see all declarations.
    pub fn deletes_by_absence(&self) -> bool {
        self.prune && !self.is_partial()
    }

    /// Whether the run plans this address.
    pub fn selects(&self, address: &Address) -> bool {
        let is_target = self.targets.is_empty() || covers(&self.targets, address);
        is_target && !covers(&self.excludes, address)
    }

    /// Whether the run plans the customer or a connector in it.
    pub fn selects_customer(&self, name: &str) -> bool {
        let customer = Address::customer(name);
        // The connectors of a customer follow it in the order of addresses.
        let first = self.targets.range(&customer..).next();
        let is_target =
            self.targets.is_empty() || first.is_some_and(|target| target.customer == name);
        is_target && !self.excludes.contains(&customer)
    }
}

/// Whether the addresses contain this one, or the customer of this connector.
fn covers(addresses: &BTreeSet<Address>, address: &Address) -> bool {
    !addresses.is_empty()
        && (addresses.contains(address)
            || addresses.contains(&Address::customer(&address.customer)))
}

/// Plans the steps that bring the observed state to the declared one.
pub fn plan(matches: &Matches<'_>, secrets: &SecretComparison, policy: &Policy) -> Plan {
    let inputs = Inputs {
        matches,
        secrets,
        policy,
    };
    let mut plan = Plan {
        environment: matches.desired.environment.clone(),
        organization_id: matches.observed.organization_id,
        contract: matches.desired.contract,
        partial: policy.is_partial(),
        customers: Vec::new(),
        blocked: Vec::new(),
        refusals: Vec::new(),
        unverified: Vec::new(),
        waiting: Vec::new(),
        oauth_apps: Vec::new(),
        source_templates: Vec::new(),
        resolution: Resolution::default(),
        unmanaged: Unmanaged::default(),
        deletions: None,
        id_changes: None,
        limits: GuardLimits::default(),
        warnings: guards::warnings(matches),
        summary: Summary::default(),
    };
    let matched_customers = matches.customers.iter();
    for matched in matched_customers.filter(|matched| policy.selects_customer(matched.name)) {
        add_customer(&mut plan, customer::plan(&inputs, matched));
    }
    let created = resembling::customers(matches, &plan);
    plan.warnings.extend(created);
    plan.warnings
        .sort_by(|left, right| left.address().cmp(&right.address()));
    add_undeclared(&inputs, &mut plan);
    plan.limits = GuardLimits::new(&inputs, &plan);
    plan.refusals
        .extend(guards::refusals(&inputs, &plan.limits));
    let declared = &matches.desired.customers;
    let scope = Scope::new(matches, policy);
    plan.summary = summary::summarize(&plan, scope, |name| declared.contains_key(name));
    guards::compare_with_limits(&mut plan);
    plan
}

fn add_customer(plan: &mut Plan, mut outcome: customer::CustomerOutcome) {
    outcome.plan.steps.shrink_to_fit();
    if !outcome.plan.steps.is_empty() || !outcome.plan.ledger_updates.is_empty() {
        plan.customers.push(outcome.plan);
    }
    plan.blocked.extend(outcome.blocked);
    plan.refusals.extend(outcome.refusal);
    plan.unverified.extend(outcome.unverified);
    plan.waiting.extend(outcome.waiting);
    plan.unmanaged.connectors.extend(outcome.unmanaged);
    plan.unmanaged.not_pruned.extend(outcome.not_pruned);
    plan.unmanaged.protected.extend(outcome.protected);
    plan.warnings.extend(outcome.warnings);
}

fn add_undeclared(inputs: &Inputs<'_>, plan: &mut Plan) {
    if !plan.partial {
        let undeclared = prune::undeclared(inputs);
        plan.customers.extend(undeclared.plans);
        plan.customers.sort_by(|left, right| {
            (&left.name, left.workspace_id).cmp(&(&right.name, right.workspace_id))
        });
        plan.blocked.extend(undeclared.blocked);
        plan.unmanaged.not_pruned.extend(undeclared.not_pruned);
        plan.unmanaged.protected.extend(undeclared.protected);
        plan.refusals.extend(undeclared.refusals);
    }
    let matches = inputs.matches;
    let recorded = &matches.recorded.customers;
    let observed = matches.observed.customers.iter();
    plan.unmanaged.customers = observed
        .filter(|(id, _)| {
            !matches.claimed.contains(id)
                && !recorded.contains_key(id)
                && !matches.recorded.unverified.contains_key(id)
        })
        .map(|(_, customer)| customer.name.clone())
        .collect();
    plan.unmanaged.customers.sort();
    plan.unmanaged.not_pruned.sort();
    plan.unmanaged.protected.sort();
}
