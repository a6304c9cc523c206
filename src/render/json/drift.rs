//! Responsible for the shape of a drift as JSON.

use super::FORMAT_VERSION;
use crate::plan::{Drift, DriftKind, DriftSummary, Drifted, FieldChange};
use crate::render::view::drift::kind;
use schemars::JsonSchema;
use serde::Serialize;

/// The result of `drift --format json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "airlift drift")]
pub(super) struct DriftDocument<'a> {
    /// The version of this shape; only additions keep it.
    format_version: u32,
    /// The organization that was looked at.
    organization_id: String,
    /// Only a part of the ledger was compared.
    partial: bool,
    /// Something changed out of band.
    drifted: bool,
    /// The counts.
    summary: DriftSummary,
    /// What changed, customers in name order.
    changes: Vec<DriftEntry<'a>>,
    /// Names of customers that are not ours.
    unmanaged_customers: &'a [String],
}

/// One thing that changed out of band.
#[derive(Serialize, JsonSchema)]
pub(super) struct DriftEntry<'a> {
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
    /// The fields that changed: before as last applied, after as it is.
    fields: &'a [FieldChange],
}

/// The document of a drift.
pub(super) fn document(drift: &Drift) -> DriftDocument<'_> {
    let changes = drift.customers.iter().flat_map(|one| &one.changes);
    DriftDocument {
        format_version: FORMAT_VERSION,
        organization_id: drift.organization_id.to_string(),
        partial: drift.partial,
        drifted: drift.has_changes(),
        summary: drift.summary,
        changes: changes.map(entry).collect(),
        unmanaged_customers: &drift.unmanaged,
    }
}

fn entry(one: &Drifted) -> DriftEntry<'_> {
    DriftEntry {
        address: one.address.to_string(),
        customer: &one.address.customer,
        connector: one.address.connector.as_deref(),
        kind: kind(one.subject),
        id: one.subject.id(),
        change: one.kind,
        fields: &one.fields,
    }
}
