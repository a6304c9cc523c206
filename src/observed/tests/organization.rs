//! Tests of the listing of a whole organization.

use super::{APPLIED_AT, declared, desired, listed, recorded};
use crate::api::tests::{
    CONNECTORS, ORGANIZATION, STATS, Seen, Stub, WORKSPACES, id, ok, status, workspace,
};
use crate::events::Sinks;
use crate::model::{Desired, LedgerState, Observed, OrganizationListing, WorkspaceId};
use crate::observed::{ListingMode, RefreshMode, observe};
use axum::response::Response;
use serde_json::{Value, json};

const UNDECODABLE: &str = "a page of the organization's connectors";

/// The connectors of each customer.
const EACH: u128 = 3;

fn path() -> String {
    format!("/api/v1/organizations/{ORGANIZATION}/credentials")
}

fn number(seen: &Seen, name: &str) -> Option<usize> {
    let mut parts = seen
        .query
        .split('&')
        .filter_map(|part| part.split_once('='));
    parts.find(|(key, _)| *key == name)?.1.parse().ok()
}

/// The numbers of a customer's connectors.
fn connectors(customer: u128) -> impl Iterator<Item = u128> {
    (1..=EACH).map(move |n| 1_000_000 + customer * EACH + n)
}

/// One row of the listing for each connector.
fn rows(customers: u128) -> Vec<Value> {
    (1..=customers)
        .flat_map(|customer| {
            connectors(customer).map(move |n| json!({"id": id(n), "workspace_id": id(customer)}))
        })
        .collect()
}

/// A server with a number of customers, and these rows of the listing.
fn respond(seen: &Seen, customers: u128, rows: &[Value], total: &Value) -> Option<Response> {
    let count = usize::try_from(customers).unwrap();
    match seen.path.as_str() {
        STATS => Some(ok(&json!({"total_count": customers}))),
        WORKSPACES => {
            let start = number(seen, "cursor").unwrap_or(0);
            let end = count.min(start + 100);
            let data: Vec<Value> = (start..end)
                .map(|n| workspace(n as u128 + 1, &format!("c{n}")))
                .collect();
            let next = (end < count).then(|| end.to_string());
            Some(ok(&json!({"data": data, "next": next})))
        }
        CONNECTORS => {
            let customer = (1..=customers).find(|n| seen.query.ends_with(&id(*n).to_string()))?;
            let data: Vec<Value> = connectors(customer)
                .map(|n| listed(n, &format!("k{n}"), Some(APPLIED_AT)))
                .collect();
            Some(ok(&json!({"data": data})))
        }
        other if other == path() => {
            let (offset, limit) = (number(seen, "offset")?, number(seen, "limit")?);
            let data: Vec<&Value> = rows.iter().skip(offset).take(limit).collect();
            Some(ok(&json!({"data": data, "total": total})))
        }
        _ => None,
    }
}

fn project(customers: u128) -> (Desired, LedgerState) {
    let (mut project, mut ledger) = (desired(&[]), LedgerState::default());
    for customer in 1..=customers {
        let name = format!("c{}", customer - 1);
        let names: Vec<(String, u128)> =
            connectors(customer).map(|n| (format!("k{n}"), n)).collect();
        let wanted: Vec<_> = names
            .iter()
            .map(|(name, _)| (name.as_str(), declared(None)))
            .collect();
        project
            .customers
            .extend(desired(&[(&name, &wanted)]).customers);
        let entries: Vec<_> = names
            .iter()
            .map(|(name, n)| (name.as_str(), *n, None))
            .collect();
        ledger
            .customers
            .extend(recorded(customer, &name, &entries).customers);
    }
    (project, ledger)
}

async fn read(
    stub: &Stub,
    (desired, recorded): &(Desired, LedgerState),
    refresh: RefreshMode,
) -> Observed {
    let reader = stub.session().await.reader();
    let mode = (refresh, ListingMode::Organization, None);
    observe(&reader, desired, recorded, mode, 10, &Sinks::default())
        .await
        .unwrap()
}

fn reason(observed: &Observed) -> &str {
    match &observed.organization_listing {
        OrganizationListing::Unusable(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn organization_listing_of_1000_unchanged_customers_takes_under_40_requests() {
    let rows = rows(1_000);
    let stub = Stub::start(move |seen| respond(seen, 1_000, &rows, &json!(rows.len()))).await;
    let observed = read(&stub, &project(1_000), RefreshMode::Lean).await;
    assert_eq!(observed.organization_listing.customers(), 1_000);
    assert_eq!(stub.count("GET", CONNECTORS), 0);
    assert_eq!(stub.count("GET", &path()), 15);
    // The token, ten pages of workspaces, the statistics, and fifteen pages of connectors.
    assert_eq!(stub.seen().len(), 27);
}

#[tokio::test]
async fn organization_listing_with_other_ids_lists_that_customer_only() {
    let mut rows = rows(4);
    rows.push(json!({"id": id(77), "workspace_id": id(2)}));
    let total = json!(rows.len());
    let stub = Stub::start(move |seen| respond(seen, 4, &rows, &total)).await;
    let observed = read(&stub, &project(4), RefreshMode::Lean).await;
    let listing = &observed.organization_listing;
    assert!(!listing.replaces_list_of(WorkspaceId(id(2))));
    assert_eq!((listing.customers(), stub.count("GET", CONNECTORS)), (3, 1));
}

#[tokio::test]
async fn organization_listing_lists_a_customer_whose_declaration_changed() {
    let rows = rows(3);
    let stub = Stub::start(move |seen| respond(seen, 3, &rows, &json!(rows.len()))).await;
    let mut project = project(3);
    let changed = project.0.customers.get_mut("c1").unwrap();
    let first = changed.connectors.keys().next().unwrap().to_owned();
    changed.connectors.remove(&first);
    let observed = read(&stub, &project, RefreshMode::Lean).await;
    let listing = &observed.organization_listing;
    assert!(!listing.replaces_list_of(WorkspaceId(id(2))));
    assert_eq!((listing.customers(), stub.count("GET", CONNECTORS)), (2, 1));
}

#[tokio::test]
async fn organization_listing_that_cannot_be_checked_has_no_effect() {
    let without_workspace = {
        let mut rows = rows(2);
        rows[0] = json!({"id": id(1_000_004)});
        rows
    };
    let twice = [rows(2), rows(1)].concat();
    let number = vec![json!({"id": id(1_000_004), "workspace_id": 7})];
    for (rows, total, expected) in [
        (rows(2), json!(7), "it has 6 connectors and counts 7"),
        (rows(2), json!(null), UNDECODABLE),
        (rows(2), json!("6"), UNDECODABLE),
        (rows(0), json!(6), "its first page has none"),
        (rows(0), json!(u64::MAX), "airlift reads up to"),
        (twice, json!(9), "twice"),
        (without_workspace, json!(6), UNDECODABLE),
        (number, json!(1), UNDECODABLE),
    ] {
        let stub = Stub::start(move |seen| respond(seen, 2, &rows, &total)).await;
        let observed = read(&stub, &project(2), RefreshMode::Lean).await;
        assert!(reason(&observed).contains(expected), "{observed:?}");
        assert_eq!(stub.count("GET", CONNECTORS), 2, "{expected}");
    }
}

#[tokio::test]
async fn organization_listing_that_is_refused_has_no_effect() {
    for code in [403, 404, 405] {
        let stub = Stub::start(move |seen| {
            if seen.path == path() {
                return Some(status(code, &json!({})));
            }
            respond(seen, 2, &[], &json!(0))
        })
        .await;
        let observed = read(&stub, &project(2), RefreshMode::Lean).await;
        assert!(reason(&observed).contains(&code.to_string()));
        assert_eq!(stub.count("GET", CONNECTORS), 2);
    }
}

#[tokio::test]
async fn organization_listing_is_not_read_with_a_full_refresh() {
    let stub = Stub::start(move |seen| respond(seen, 2, &rows(2), &json!(6))).await;
    let observed = read(&stub, &project(2), RefreshMode::Full).await;
    assert_eq!(observed.organization_listing, OrganizationListing::NotUsed);
    assert_eq!(stub.count("GET", CONNECTORS), 2);
}

#[tokio::test]
async fn organization_listing_of_a_server_with_small_pages_is_complete() {
    let rows = rows(100);
    let stub = Stub::start(move |seen| {
        if seen.path == path() {
            let offset = number(seen, "offset")?;
            let data: Vec<&Value> = rows.iter().skip(offset).take(50).collect();
            return Some(ok(&json!({"data": data, "total": rows.len()})));
        }
        respond(seen, 100, &rows, &json!(rows.len()))
    })
    .await;
    let observed = read(&stub, &project(100), RefreshMode::Lean).await;
    assert_eq!(observed.organization_listing.customers(), 100);
    assert_eq!(stub.count("GET", &path()), 6);
}
