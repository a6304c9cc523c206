//! Responsible for the JSON document of `drift --format json`.

use super::FORMAT_VERSION;
use super::plan::{BlockedEntry, blocked};
use crate::plan::{Drift, DriftKind, DriftSummary, Drifted, FieldChange};
use crate::render::view::drift::kind;
use schemars::JsonSchema;
use serde::Serialize;

/// The result of `drift --format json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "airlift drift")]
pub(super) struct DriftDocument<'a> {
    /// The version of this document. New fields do not change it.
    format_version: u32,
    /// The organization.
    organization_id: String,
    /// Whether only a part of the ledger was compared.
    partial: bool,
    /// Whether anything changed outside airlift.
    drifted: bool,
    /// The counts.
    summary: DriftSummary,
    /// Customers that were not compared, because their ledger entries are not authentic.
    blocked: Vec<BlockedEntry>,
    /// The changes, with customers in the order of their names.
    changes: Vec<DriftEntry<'a>>,
    /// Names of customers that airlift does not manage.
    unmanaged_customers: &'a [String],
}

/// One object that changed outside airlift.
#[derive(Serialize, JsonSchema)]
pub(in crate::render) struct DriftEntry<'a> {
    /// `customer` or `customer/connector`, by recorded names.
    address: String,
    /// The customer's recorded name.
    customer: &'a str,
    /// The connector's recorded name; null for the customer itself.
    connector: Option<&'a str>,
    /// `customer`, or the connector's type.
    #[serde(rename = "type")]
    kind: String,
    /// The remote object.
    id: String,
    /// How it changed.
    change: DriftKind,
    /// The changed fields: `before` is the value last applied, `after` the present one.
    fields: &'a [FieldChange],
}

/// The document of a drift.
pub(super) fn document(drift: &Drift) -> DriftDocument<'_> {
    let changes = drift
        .customers
        .iter()
        .flat_map(|customer| &customer.changes);
    DriftDocument {
        format_version: FORMAT_VERSION,
        organization_id: drift.organization_id.to_string(),
        partial: drift.partial,
        drifted: drift.has_changes(),
        summary: drift.summary,
        blocked: drift.blocked.iter().map(blocked).collect(),
        changes: changes.map(entry).collect(),
        unmanaged_customers: &drift.unmanaged,
    }
}

/// One object that changed.
pub(in crate::render) fn entry(drifted: &Drifted) -> DriftEntry<'_> {
    DriftEntry {
        address: drifted.address.to_string(),
        customer: &drifted.address.customer,
        connector: drifted.address.connector.as_deref(),
        kind: kind(drifted.subject),
        id: drifted.subject.id(),
        change: drifted.kind,
        fields: &drifted.fields,
    }
}
