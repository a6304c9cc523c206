//! Responsible for the JSON document of `plan --format json`. Does not write saved plans.

use super::FORMAT_VERSION;
use super::oauth_app::OauthAppEntry;
use super::saved::SavedEntry;
use super::waiting::WaitingEntry;
use crate::model::{Address, Contract, UnresolvedCause, UnverifiedReason};
use crate::plan::{
    Action, AllowedDeletions, AllowedIdChanges, BlockCode, Blocked, FieldChange, GuardCode, Impact,
    Plan, PlanWarning, PlanWarningCode, Reason, Refusal, SecretNeed, Step, Summary, Unmanaged,
    UnmanagedConnector, Unverified, UnverifiedSecret,
};
use crate::render::view::plan::Applyable;
use crate::render::view::step;
use crate::render::wording;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// The result of `plan --format json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "airlift plan")]
pub(super) struct PlanDocument<'a> {
    /// The version of this document. New fields do not change it.
    format_version: u32,
    /// The saved plan; absent unless the plan was saved or read from a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved: Option<SavedEntry<'a>>,
    /// The environment of the project; absent unless it has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<&'a str>,
    /// The organization.
    organization_id: String,
    /// The names the remote API uses.
    contract: Contract,
    /// Whether the plan is for a part of the files. Such a plan deletes nothing.
    partial: bool,
    /// Whether there are changes, no guard refuses them, and every secret that they send can be
    /// resolved. `unknown` with `--no-secrets`. Says nothing about change windows, because a plan can be
    /// applied later: `warnings` has `change_window` if `apply` would stop now.
    applyable: ApplyableEntry,
    /// The counts.
    summary: Summary,
    /// The steps, in order.
    #[schemars(with = "Vec<Change<'a>>")]
    changes: Changes<'a>,
    /// Existing objects that the changes add to the ledger.
    adopted: Vec<AdoptedEntry<'a>>,
    /// The deletions and the limit that allows them; null without deletions.
    deletions: Option<AllowedDeletions>,
    /// The connectors that get another id and the limit that allows them; null without a limit or
    /// without such connectors.
    id_changes: Option<AllowedIdChanges>,
    /// What a reviewer should check.
    warnings: Vec<WarningEntry>,
    /// Objects that cannot be planned and are left alone.
    blocked: Vec<BlockedEntry>,
    /// Guards that refuse the plan as a whole.
    refusals: Vec<RefusalEntry>,
    /// Secrets that could not be compared, or that a change sends and that could not be resolved.
    unverified: Vec<UnverifiedEntry<'a>>,
    /// Changes of the organization's own OAuth apps, which need an approval of their own.
    oauth_apps: Vec<OauthAppEntry<'a>>,
    /// The connector types whose source template apply copies from the vendor.
    source_templates: Vec<&'a str>,
    /// Connectors that wait for their customer's consent. They are no changes.
    waiting: Vec<WaitingEntry<'a>>,
    /// Objects that exist, are not in the files, and are left alone.
    unmanaged: UnmanagedEntry<'a>,
}

/// One step.
#[derive(Serialize, JsonSchema)]
pub(in crate::render) struct Change<'a> {
    /// `customer` or `customer/connector`.
    address: String,
    /// The customer's name.
    customer: &'a str,
    /// The connector's name; null for the customer itself.
    connector: Option<&'a str>,
    /// `customer`, or the connector's type.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The id of the remote object; null if the step creates it.
    id: Option<String>,
    /// The kind of action.
    action: Action,
    /// What the step means for programs that use the object.
    impact: Impact,
    /// Whether nothing but secrets of the connector changes. Its id changes, too.
    secret_only: bool,
    /// The reasons, the most important first.
    reasons: &'a [Reason],
    /// The changed fields.
    fields: Cow<'a, [FieldChange]>,
}

/// An existing object that is added to the ledger.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Adopted")]
pub(super) struct AdoptedEntry<'a> {
    /// `customer` or `customer/connector`.
    address: String,
    /// `customer`, or the connector's type.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The id of the workspace or the connector.
    id: Option<String>,
}

/// What a reviewer should check.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PlanWarning")]
pub(super) struct WarningEntry {
    /// The stable code, which `airlift explain` knows.
    code: PlanWarningCode,
    /// The object that the warning is about; null for one about the whole plan.
    address: Option<String>,
    /// What is the matter and what to do.
    message: String,
}

/// An object that cannot be planned.
#[derive(Serialize, JsonSchema)]
pub(super) struct BlockedEntry {
    /// `customer` or `customer/connector`.
    address: String,
    /// The stable code, which `airlift explain` knows.
    code: BlockCode,
    /// The problem and what to do about it.
    message: String,
}

/// A guard that refuses the whole plan (exit 5).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Refusal")]
pub(super) struct RefusalEntry {
    /// The stable code, which `airlift explain` knows.
    code: GuardCode,
    /// The problem and what to do about it.
    message: String,
}

/// Whether `apply` would execute the plan.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Applyable")]
pub(super) enum ApplyableEntry {
    Known(bool),
    Unknown(UnknownWord),
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum UnknownWord {
    Unknown,
}

impl From<Applyable> for ApplyableEntry {
    fn from(applyable: Applyable) -> Self {
        match applyable {
            Applyable::Yes => Self::Known(true),
            Applyable::No => Self::Known(false),
            Applyable::Unknown => Self::Unknown(UnknownWord::Unknown),
        }
    }
}

/// Secrets of a connector that could not be compared or resolved.
#[derive(Serialize, JsonSchema)]
pub(in crate::render) struct UnverifiedEntry<'a> {
    /// `customer/connector`.
    address: String,
    /// Why.
    why: UnverifiedReason,
    /// Why the references could not be resolved; null for other reasons.
    cause: Option<UnresolvedCause>,
    /// Whether a change sends the secrets, so that `apply` stops before its first write.
    stops_apply: bool,
    /// The fields' paths.
    paths: Vec<&'a str>,
    /// The references that could not be resolved.
    references: Vec<UnresolvedEntry<'a>>,
}

/// A reference that could not be resolved.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Unresolved")]
pub(super) struct UnresolvedEntry<'a> {
    /// The reference.
    reference: String,
    /// The problem.
    problem: &'a str,
}

/// Objects that exist, are not in the files, and are left alone.
#[derive(Serialize, JsonSchema)]
pub(super) struct UnmanagedEntry<'a> {
    /// Names of undeclared customers.
    customers: &'a [String],
    /// Undeclared connectors of declared customers.
    connectors: Vec<UnmanagedConnectorEntry<'a>>,
    /// Managed by airlift, not in the files, and not removed because the run does not prune.
    #[serde(rename = "kept")]
    not_pruned: Vec<String>,
    /// Those of `kept` that `protect: true` keeps from being pruned.
    protected: Vec<String>,
}

/// An undeclared connector.
#[derive(Serialize, JsonSchema)]
pub(super) struct UnmanagedConnectorEntry<'a> {
    /// `customer/connector`.
    address: String,
    /// Its id.
    id: String,
    /// Its type's name where the server gives one.
    #[serde(rename = "type")]
    kind: Option<&'a str>,
}

/// The steps of a plan, in the order of execution. Each is made when it is written, so that a plan of many steps needs
/// the memory of one.
struct Changes<'a>(&'a Plan);

impl Serialize for Changes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.steps().map(change))
    }
}

/// The document of a plan.
pub(super) fn document<'a>(plan: &'a Plan, saved: Option<SavedEntry<'a>>) -> PlanDocument<'a> {
    PlanDocument {
        format_version: FORMAT_VERSION,
        saved,
        environment: plan.environment.as_deref(),
        organization_id: plan.organization_id.to_string(),
        contract: plan.contract,
        partial: plan.partial,
        applyable: Applyable::from_plan(plan).into(),
        summary: plan.summary,
        changes: Changes(plan),
        adopted: plan
            .steps()
            .filter(|step| step.action == Action::Adopt)
            .map(adopted)
            .collect(),
        deletions: plan.deletions,
        id_changes: plan.id_changes,
        warnings: plan.warnings.iter().map(warning).collect(),
        blocked: plan.blocked.iter().map(blocked).collect(),
        refusals: plan.refusals.iter().map(refused).collect(),
        unverified: plan.unverified.iter().map(unverified).collect(),
        oauth_apps: plan.oauth_apps.iter().map(OauthAppEntry::new).collect(),
        source_templates: plan.source_templates.iter().map(|it| &*it.kind).collect(),
        waiting: plan.waiting.iter().map(WaitingEntry::new).collect(),
        unmanaged: unmanaged(&plan.unmanaged),
    }
}

fn adopted(step: &Step) -> AdoptedEntry<'_> {
    AdoptedEntry {
        address: step.address.to_string(),
        kind: step::kind(&step.operation),
        id: step::remote_id(&step.operation),
    }
}

fn warning(warning: &PlanWarning) -> WarningEntry {
    WarningEntry {
        code: warning.code(),
        address: warning.address().map(Address::to_string),
        message: wording::plan_warning(warning).text(),
    }
}

fn refused(refusal: &Refusal) -> RefusalEntry {
    RefusalEntry {
        code: refusal.code(),
        message: wording::refused(refusal),
    }
}

pub(super) fn blocked(blocked: &Blocked) -> BlockedEntry {
    BlockedEntry {
        address: blocked.address.to_string(),
        code: blocked.code(),
        message: wording::blocked(&blocked.reason),
    }
}

pub(in crate::render) fn unverified(unverified: &Unverified) -> UnverifiedEntry<'_> {
    let secrets = unverified.secrets.iter();
    UnverifiedEntry {
        address: unverified.address.to_string(),
        why: unverified.why,
        cause: unverified.cause,
        stops_apply: unverified.need == SecretNeed::ToSend,
        paths: secrets.clone().map(|secret| secret.path.as_str()).collect(),
        references: secrets.filter_map(unresolved).collect(),
    }
}

fn unresolved(secret: &UnverifiedSecret) -> Option<UnresolvedEntry<'_>> {
    Some(UnresolvedEntry {
        reference: secret.reference.as_ref()?.to_string(),
        problem: secret.problem.as_deref()?,
    })
}

fn unmanaged(unmanaged: &Unmanaged) -> UnmanagedEntry<'_> {
    UnmanagedEntry {
        customers: &unmanaged.customers,
        connectors: unmanaged.connectors.iter().map(connector).collect(),
        not_pruned: texts(&unmanaged.not_pruned),
        protected: texts(&unmanaged.protected),
    }
}

fn texts(addresses: &[Address]) -> Vec<String> {
    addresses.iter().map(Address::to_string).collect()
}

fn connector(connector: &UnmanagedConnector) -> UnmanagedConnectorEntry<'_> {
    UnmanagedConnectorEntry {
        address: connector.address.to_string(),
        id: connector.id.to_string(),
        kind: connector.kind.as_deref(),
    }
}

/// One step.
pub(in crate::render) fn change(step: &Step) -> Change<'_> {
    Change {
        address: step.address.to_string(),
        customer: &step.address.customer,
        connector: step.address.connector.as_deref(),
        kind: step::kind(&step.operation),
        id: step::remote_id(&step.operation),
        action: step.action,
        impact: step.impact(),
        secret_only: step.is_secret_only(),
        reasons: &step.reasons,
        fields: step.fields(),
    }
}
