//! What changed out of band since the last apply: the ledger against what there is.
//!
//! The files have no say here, so what is pending in them is no drift, and what somebody changed
//! remotely is, whatever the files want by now. What the ledger does not know is not compared.

use super::{FieldChange, FieldValue, Policy, diff};
use crate::model::{
    Address, Cache, ConnectorId, DefinitionId, Observed, ObservedConnector, ObservedCustomer,
    ObservedStatus, OrganizationId, Recorded, RecordedConnector, RecordedCustomer, Status,
    WorkspaceId, looks_secret,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The workspace that every organization starts with.
const DEFAULT: &str = "default";

/// What changed out of band.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The organization that was looked at.
    pub organization_id: OrganizationId,
    /// Only a part of the ledger was compared.
    pub partial: bool,
    /// Customers with something that changed, in name order.
    pub customers: Vec<DriftedCustomer>,
    /// Names of customers that are not ours, apart from the organization's own `default`.
    pub unmanaged: Vec<String>,
    /// The counts.
    pub summary: DriftSummary,
}

/// One customer with something that changed.
#[derive(Clone, Debug, PartialEq)]
pub struct DriftedCustomer {
    /// The recorded name.
    pub name: String,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// What changed: the customer itself, then its connectors in name order.
    pub changes: Vec<Drifted>,
}

/// One thing that changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Drifted {
    /// Which, by its recorded name.
    pub address: Address,
    /// Which, remotely.
    pub subject: DriftSubject,
    /// How.
    pub kind: DriftKind,
    /// From what was applied to what there is.
    pub fields: Vec<FieldChange>,
}

/// What drifted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DriftSubject {
    /// A customer's workspace.
    Customer(WorkspaceId),
    /// A connector of a type.
    Connector(ConnectorId, DefinitionId),
}

/// How something changed out of band.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    /// `-` ours, and no longer there.
    Gone,
    /// `>` only its name changed.
    RenamedRemotely,
    /// `~` something that was applied has another value.
    ChangedRemotely,
    /// `+` a connector that is not ours, in a customer that is.
    Appeared,
}

/// The counts of a drift.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, schemars::JsonSchema)]
pub struct DriftSummary {
    /// Customers that changed themselves.
    pub customers: u64,
    /// Connectors that changed, went or appeared.
    pub connectors: u64,
    /// Recorded customers that were compared.
    pub compared: u64,
}

impl Drift {
    /// Whether anything changed.
    pub fn has_changes(&self) -> bool {
        !self.customers.is_empty()
    }
}

/// Compares what was last applied with what there is, as far as `policy` selects it.
pub fn drift(recorded: &Recorded, observed: &Observed, policy: &Policy) -> Drift {
    let mut drift = Drift {
        organization_id: observed.organization_id,
        partial: policy.is_partial(),
        customers: Vec::new(),
        unmanaged: Vec::new(),
        summary: DriftSummary::default(),
    };
    for (id, customer) in &recorded.customers {
        if !policy.wants_customer(&customer.name) {
            continue;
        }
        drift.summary.compared += 1;
        let mut changes = compare(*id, customer, observed.customers.get(id));
        changes.retain(|change| policy.wants(&change.address));
        drift.count(&changes);
        if !changes.is_empty() {
            drift.customers.push(DriftedCustomer {
                name: customer.name.clone(),
                workspace_id: *id,
                changes,
            });
        }
    }
    let place = |one: &DriftedCustomer| (one.name.clone(), one.workspace_id);
    drift.customers.sort_by_key(place);
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

fn unmanaged(recorded: &Recorded, observed: &Observed) -> Vec<String> {
    let others = observed.customers.iter().filter(|(id, customer)| {
        !recorded.customers.contains_key(id) && !customer.name.eq_ignore_ascii_case(DEFAULT)
    });
    let mut names: Vec<String> = others.map(|(_, customer)| customer.name.clone()).collect();
    names.sort();
    names
}

/// One recorded customer and its connectors.
fn compare(
    id: WorkspaceId,
    recorded: &RecordedCustomer,
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
    if let Some(there) = &observed.connectors {
        let mut connectors = known(recorded, there);
        connectors.extend(appeared(recorded, there));
        connectors.sort_by(|left, right| {
            (&left.address, left.subject.id()).cmp(&(&right.address, right.subject.id()))
        });
        changes.extend(connectors);
    }
    changes
}

/// The workspace's own settings.
fn settings(recorded: &RecordedCustomer, observed: &ObservedCustomer) -> Vec<FieldChange> {
    let mut fields = Vec::new();
    if let Some(wanted) = recorded.applied.cache {
        let there = Cache::from_remote(observed.cache);
        if there != wanted {
            fields.push(field("cache", cache(wanted), cache(there)));
        }
    }
    name(&recorded.name, &observed.name, &mut fields);
    if let Some(wanted) = recorded.applied.status {
        let (wanted, there) = (status(wanted), observed_status(&observed.status));
        if there != wanted {
            fields.push(field("status", wanted.into(), there.into()));
        }
    }
    fields
}

/// Recorded connectors.
fn known(
    recorded: &RecordedCustomer,
    there: &BTreeMap<ConnectorId, ObservedConnector>,
) -> Vec<Drifted> {
    let one = |(called, connector): (&String, &RecordedConnector)| {
        let address = Address::connector(&recorded.name, called);
        let subject = DriftSubject::Connector(connector.id, connector.definition_id);
        match there.get(&connector.id) {
            None => Some(gone(address, subject)),
            Some(observed) => changed(
                address,
                subject,
                connector_fields(called, connector, observed),
            ),
        }
    };
    recorded.connectors.iter().filter_map(one).collect()
}

/// Connectors that are not ours and were not there at the last apply.
fn appeared(
    recorded: &RecordedCustomer,
    there: &BTreeMap<ConnectorId, ObservedConnector>,
) -> Vec<Drifted> {
    let Some(seen) = &recorded.unmanaged else {
        return Vec::new();
    };
    let ours: BTreeSet<ConnectorId> = recorded.connectors.values().map(|one| one.id).collect();
    let known = |id: &ConnectorId| {
        ours.contains(id) || seen.contains(id) || recorded.pending_deletion.contains(id)
    };
    let new = there.iter().filter(|(id, _)| !known(id));
    new.map(|(id, connector)| Drifted {
        address: Address::connector(&recorded.name, &connector.name),
        subject: DriftSubject::Connector(*id, connector.definition_id),
        kind: DriftKind::Appeared,
        fields: Vec::new(),
    })
    .collect()
}

fn connector_fields(
    called: &str,
    recorded: &RecordedConnector,
    observed: &ObservedConnector,
) -> Vec<FieldChange> {
    let mut fields = Vec::new();
    name(called, &observed.name, &mut fields);
    if let Some(detail) = &observed.detail {
        let applied = &recorded.applied;
        let declared = applied.replication_config.iter();
        fields.extend(
            declared.flat_map(|keys| diff::declared_keys(keys, &detail.replication_config)),
        );
        let entities = applied.entities.as_ref();
        fields.extend(entities.and_then(|wanted| diff::entities(wanted, &detail.entities)));
        // A comparison goes from what there is to what is declared; a drift goes the other way.
        for field in fields.iter_mut().filter(|field| field.path != "name") {
            std::mem::swap(&mut field.before, &mut field.after);
        }
    }
    fields.iter_mut().for_each(hide);
    fields.sort_by(|left, right| left.path.cmp(&right.path));
    fields
}

/// A value that may be a secret is not shown, on either side.
fn hide(field: &mut FieldChange) {
    let name = field.path.rsplit('.').next().unwrap_or_default();
    let secret = |side: &FieldValue| matches!(side, FieldValue::Value(value) if holds(name, value));
    if field.path != "name" && (secret(&field.before) || secret(&field.after)) {
        field.before = FieldValue::Hidden;
        field.after = FieldValue::Hidden;
    }
}

fn holds(name: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => looks_secret(name, text),
        Value::Array(items) => items.iter().any(|item| holds(name, item)),
        Value::Object(fields) => fields.iter().any(|(name, field)| holds(name, field)),
        _ => false,
    }
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
    /// The remote id, as text.
    pub fn id(&self) -> String {
        match self {
            Self::Customer(id) => id.to_string(),
            Self::Connector(id, _) => id.to_string(),
        }
    }
}

fn name(before: &str, after: &str, fields: &mut Vec<FieldChange>) {
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
