//! Responsible for drift: differences between the ledger and the observed state, that is, changes
//! made out of band since the last apply.
//!
//! Does not read the files, so a pending change in them is not drift. Does not compare settings that
//! the ledger has not recorded.

use super::drift_connector::connector_fields;
use super::{BlockReason, Blocked, FieldChange, FieldValue, Policy};
use crate::model::{
    Address, Cache, ConnectorEntry, ConnectorId, CustomerEntry, DefinitionId, LedgerState,
    Observed, ObservedConnector, ObservedCustomer, ObservedStatus, OrganizationId, SharedText,
    Status, WorkspaceId,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Name of the workspace that the API creates with every organization.
const DEFAULT: &str = "default";

/// The result of a drift comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The organization that was observed.
    pub organization_id: OrganizationId,
    /// Whether only a part of the ledger was compared.
    pub partial: bool,
    /// Customers with changes, in name order.
    pub customers: Vec<DriftedCustomer>,
    /// Names of customers without a ledger entry, except the organization's `default`.
    pub unmanaged: Vec<String>,
    /// Customers whose ledger entries are not authenticated. They are not compared.
    pub blocked: Vec<Blocked>,
    /// Counts of changed objects.
    pub summary: DriftSummary,
}

/// One recorded customer with changes.
#[derive(Clone, Debug, PartialEq)]
pub struct DriftedCustomer {
    /// The recorded name.
    pub name: String,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The customer itself if it changed, then its changed connectors in name order.
    pub changes: Vec<Drifted>,
}

/// One customer or connector that changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Drifted {
    /// The recorded name; for a new connector, the observed one.
    pub address: Address,
    /// The remote object.
    pub subject: DriftSubject,
    /// The kind of change.
    pub kind: DriftKind,
    /// The fields that changed, from the applied to the observed value.
    pub fields: Vec<FieldChange>,
}

/// The remote object that changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DriftSubject {
    /// A customer's workspace.
    Customer(WorkspaceId),
    /// A connector with its type.
    Connector(ConnectorId, DefinitionId),
}

/// The kind of an out-of-band change.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    /// `-` recorded, and no longer exists.
    Gone,
    /// `>` only its name changed.
    RenamedRemotely,
    /// `~` an applied setting has another value.
    ChangedRemotely,
    /// `+` an unrecorded connector in a recorded customer.
    Appeared,
}

/// Counts of changed and compared objects.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, schemars::JsonSchema)]
pub struct DriftSummary {
    /// Customers whose workspace changed or was deleted.
    pub customers: u64,
    /// Connectors that changed, were deleted or appeared.
    pub connectors: u64,
    /// Recorded customers of which anything was compared.
    pub compared: u64,
    /// Recorded connectors that were compared.
    pub connectors_compared: u64,
}

impl Drift {
    /// Whether any object changed.
    pub fn has_changes(&self) -> bool {
        !self.customers.is_empty()
    }
}

/// Compares the recorded customers that `policy` selects with the observed state.
pub fn drift(recorded: &LedgerState, observed: &Observed, policy: &Policy) -> Drift {
    let mut drift = Drift {
        organization_id: observed.organization_id,
        partial: policy.is_partial(),
        customers: Vec::new(),
        unmanaged: Vec::new(),
        blocked: super::unverified::blocked(observed, recorded),
        summary: DriftSummary::default(),
    };
    for (id, customer) in &recorded.customers {
        if !policy.selects_customer(&customer.name) {
            continue;
        }
        if let Some(error) = observed.unreadable.get(id) {
            let error = error.clone();
            drift.blocked.push(Blocked {
                address: Address::customer(&customer.name),
                reason: BlockReason::Unreadable { error },
            });
            continue;
        }
        drift.summary.compared += 1;
        let is_compared =
            |name: &&SharedText| policy.selects(&Address::connector(&customer.name, *name));
        let connectors = customer.connectors.keys().filter(is_compared).count();
        drift.summary.connectors_compared += u64::try_from(connectors).unwrap_or(u64::MAX);
        let mut changes = compare(*id, customer, observed.customers.get(id));
        changes.retain(|change| policy.selects(&change.address));
        drift.count(&changes);
        if !changes.is_empty() {
            drift.customers.push(DriftedCustomer {
                name: customer.name.clone(),
                workspace_id: *id,
                changes,
            });
        }
    }
    drift
        .customers
        .sort_by_key(|customer| (customer.name.clone(), customer.workspace_id));
    drift
        .blocked
        .retain(|blocked| policy.selects_customer(&blocked.address.customer));
    if !drift.partial {
        drift.unmanaged = unmanaged(recorded, observed);
    }
    drift
}

impl Drift {
    fn count(&mut self, changes: &[Drifted]) {
        for change in changes {
            match change.subject {
                DriftSubject::Customer(_) => self.summary.customers += 1,
                DriftSubject::Connector(..) => self.summary.connectors += 1,
            }
        }
    }
}

fn unmanaged(recorded: &LedgerState, observed: &Observed) -> Vec<String> {
    let others = observed.customers.iter().filter(|(id, customer)| {
        !recorded.customers.contains_key(id)
            && !recorded.unverified.contains_key(id)
            && !customer.name.eq_ignore_ascii_case(DEFAULT)
    });
    let mut names: Vec<String> = others.map(|(_, customer)| customer.name.clone()).collect();
    names.sort();
    names
}

/// Compares one recorded customer and its connectors.
fn compare(
    id: WorkspaceId,
    recorded: &CustomerEntry,
    observed: Option<&ObservedCustomer>,
) -> Vec<Drifted> {
    let address = Address::customer(&recorded.name);
    let subject = DriftSubject::Customer(id);
    let Some(observed) = observed else {
        return vec![gone(address, subject)];
    };
    let mut changes: Vec<Drifted> = changed(address, subject, settings(recorded, observed))
        .into_iter()
        .collect();
    if let Some(live) = &observed.connectors {
        let mut connectors = recorded_changes(recorded, live);
        connectors.extend(appeared(recorded, live));
        connectors.sort_by(|left, right| {
            (&left.address, left.subject.id()).cmp(&(&right.address, right.subject.id()))
        });
        changes.extend(connectors);
    }
    changes
}

/// Compares the workspace's own settings.
fn settings(recorded: &CustomerEntry, observed: &ObservedCustomer) -> Vec<FieldChange> {
    let mut fields = Vec::new();
    if let Some(wanted) = recorded.applied.cache {
        let live = Cache::from_remote(observed.cache);
        if live != wanted {
            fields.push(field("cache", cache(wanted), cache(live)));
        }
    }
    name(&recorded.name, &observed.name, &mut fields);
    if let Some(wanted) = recorded.applied.status {
        let (wanted, live) = (status(wanted), observed_status(&observed.status));
        if live != wanted {
            fields.push(field("status", wanted.into(), live.into()));
        }
    }
    fields
}

/// Compares the recorded connectors of a customer.
fn recorded_changes(
    recorded: &CustomerEntry,
    live: &BTreeMap<ConnectorId, Box<ObservedConnector>>,
) -> Vec<Drifted> {
    let compare = |(recorded_name, connector): (&SharedText, &Arc<ConnectorEntry>)| {
        let address = Address::connector(&recorded.name, recorded_name);
        let subject = DriftSubject::Connector(connector.id, connector.definition_id);
        match live.get(&connector.id) {
            None => Some(gone(address, subject)),
            Some(observed) => changed(
                address,
                subject,
                connector_fields(recorded_name, connector, observed),
            ),
        }
    };
    recorded.connectors.iter().filter_map(compare).collect()
}

/// Unrecorded connectors that did not exist at the last apply.
fn appeared(
    recorded: &CustomerEntry,
    live: &BTreeMap<ConnectorId, Box<ObservedConnector>>,
) -> Vec<Drifted> {
    let Some(unmanaged) = &recorded.unmanaged else {
        return Vec::new();
    };
    let owned = recorded.owned();
    let is_known = |id: &ConnectorId| owned.contains(id) || unmanaged.contains(id);
    let new = live.iter().filter(|(id, _)| !is_known(id));
    new.map(|(id, connector)| Drifted {
        address: Address::connector(&recorded.name, &connector.name),
        subject: DriftSubject::Connector(*id, connector.definition_id),
        kind: DriftKind::Appeared,
        fields: Vec::new(),
    })
    .collect()
}

fn gone(address: Address, subject: DriftSubject) -> Drifted {
    let (kind, fields) = (DriftKind::Gone, Vec::new());
    Drifted {
        address,
        subject,
        kind,
        fields,
    }
}

fn changed(address: Address, subject: DriftSubject, fields: Vec<FieldChange>) -> Option<Drifted> {
    let kind = match fields.as_slice() {
        [] => return None,
        [only] if only.path == "name" => DriftKind::RenamedRemotely,
        _ => DriftKind::ChangedRemotely,
    };
    Some(Drifted {
        address,
        subject,
        kind,
        fields,
    })
}

impl DriftSubject {
    /// The remote id as text.
    pub fn id(&self) -> String {
        match self {
            Self::Customer(id) => id.to_string(),
            Self::Connector(id, _) => id.to_string(),
        }
    }
}

/// Adds the change of a name.
pub(super) fn name(before: &str, after: &str, fields: &mut Vec<FieldChange>) {
    if before != after {
        fields.push(field("name", before.into(), after.into()));
    }
}

fn field(path: &str, before: Value, after: Value) -> FieldChange {
    FieldChange {
        path: path.to_owned(),
        before: FieldValue::Value(before),
        after: FieldValue::Value(after),
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Inactive => "inactive",
    }
}

fn observed_status(status: &ObservedStatus) -> &str {
    match status {
        ObservedStatus::Active => "active",
        ObservedStatus::Inactive => "inactive",
        ObservedStatus::Other(other) => other,
    }
}

fn cache(cache: Cache) -> Value {
    match cache {
        Cache::Inherit => "inherit".into(),
        Cache::On => true.into(),
        Cache::Off => false.into(),
    }
}
