//! Responsible for the content of a plan: its customers with their steps, and what a reviewer has to know.

use super::{
    Action, AllowedDeletions, AllowedIdChanges, Blocked, GuardLimits, LedgerUpdates,
    OauthAppChange, Operation, PlanWarning, Refusal, Resolution, Step, Summary, TemplateCopy,
    Unmanaged, Unverified, Waiting,
};
use crate::model::{Contract, OrganizationId, Protection, Region, WorkspaceId};
use serde::{Deserialize, Serialize};

/// The difference between the declared and the observed state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The environment of the project, if it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The organization that was observed.
    pub organization_id: OrganizationId,
    /// The dialect of the remote API.
    pub contract: Contract,
    /// The plan covers a part of the files, so it removes nothing that is undeclared.
    pub partial: bool,
    /// Customers with steps or ledger updates, in name order.
    pub customers: Vec<CustomerPlan>,
    /// Customers and connectors that cannot be planned. Apply does not change them.
    pub blocked: Vec<Blocked>,
    /// Guards that refuse the whole plan.
    pub refusals: Vec<Refusal>,
    /// Secrets that could not be compared with those last sent, or resolved for a step.
    pub unverified: Vec<Unverified>,
    /// Connectors that wait for their customer's consent. They are no changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
    /// Changes of the organization's own OAuth apps. They need an approval of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oauth_apps: Vec<OauthAppChange>,
    /// The vendor's source templates that apply copies into the organization.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source_templates: Vec<TemplateCopy>,
    /// Whether the secrets that the steps send were resolved.
    pub resolution: Resolution,
    /// Remote objects that are not declared.
    pub unmanaged: Unmanaged,
    /// The deletions and the limit that allows them; `None` without deletions.
    pub deletions: Option<AllowedDeletions>,
    /// The connectors that get another id and the limit that allows them; `None` without a limit or
    /// without such connectors.
    pub id_changes: Option<AllowedIdChanges>,
    /// The limits that the guards compare the plan with.
    pub limits: GuardLimits,
    /// Settings that a reviewer should know of.
    pub warnings: Vec<PlanWarning>,
    /// Counts of objects by action.
    pub summary: Summary,
}

impl Plan {
    /// Whether the plan has steps. An adoption is a step: it changes what the ledger owns.
    pub fn has_changes(&self) -> bool {
        self.changes_organization()
            || self
                .customers
                .iter()
                .any(|customer| !customer.steps.is_empty())
    }

    /// Whether apply would send write requests. An adoption sends none.
    pub fn writes(&self) -> bool {
        self.changes_organization() || self.steps().any(|step| step.action != Action::Adopt)
    }

    /// Whether the plan changes OAuth apps or source templates, which concern every customer.
    pub fn changes_organization(&self) -> bool {
        !self.oauth_apps.is_empty() || !self.source_templates.is_empty()
    }

    /// Leaves the OAuth apps and source templates for another run.
    pub fn leave_organization(&mut self) {
        let is_template = |refusal: &Refusal| matches!(refusal, Refusal::SourceTemplate(_));
        self.refusals.retain(|refusal| !is_template(refusal));
        self.oauth_apps = Vec::new();
        self.source_templates = Vec::new();
    }

    /// The steps of all customers, in order per customer.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.customers.iter().flat_map(|customer| &customer.steps)
    }
}

/// The steps of one customer, in the order of execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerPlan {
    /// The declared name; for a customer that is no longer declared, the recorded one.
    pub name: String,
    /// The workspace; `None` if a step creates it.
    pub workspace_id: Option<WorkspaceId>,
    /// Whether the files protect the customer.
    pub protect: Protection,
    /// The steps.
    pub steps: Vec<Step>,
    /// Corrections to the customer's ledger entry.
    #[serde(
        default,
        rename = "remember",
        skip_serializing_if = "LedgerUpdates::is_empty"
    )]
    pub ledger_updates: LedgerUpdates,
}

impl CustomerPlan {
    /// Whether a step adds the customer to the ledger.
    pub fn adds_ledger_entry(&self) -> bool {
        let adds_entry = |step: &Step| {
            matches!(
                step.operation,
                Operation::CreateCustomer { .. } | Operation::AdoptCustomer { .. }
            )
        };
        self.steps.iter().any(adds_entry)
    }

    /// The step that creates the customer, with its region.
    pub fn creation(&self) -> Option<(&Step, Option<Region>)> {
        self.steps.iter().find_map(|step| match step.operation {
            Operation::CreateCustomer { region } => Some((step, region)),
            _ => None,
        })
    }

    /// Whether the plan creates connectors of the customer.
    pub fn creates_connectors(&self) -> bool {
        let creates = |step: &Step| matches!(step.operation, Operation::CreateConnector { .. });
        self.steps.iter().any(creates)
    }
}
