//! Tests of the reads, against the API stub of the `api` tests.

mod organization;
mod placement;

use super::{ListingMode, RefreshMode, observe};
use crate::api::tests::{
    CONNECTORS, ORGANIZATION, STATS, Seen, Stub, WORKSPACES, id, ok, status, workspace,
    workspace_path,
};
use crate::events::Sinks;
use crate::events::recorder::Recorder;
use crate::model::{
    Applied, Completeness, ConnectorEntry, ConnectorId, CustomerEntry, DefinitionId, Desired,
    DesiredConnector, DesiredCustomer, Kind, KindLookup, LedgerState, Observed, RotationMode,
    Setting, Settings, WorkspaceId,
};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Notify;

const DEFINITIONS: &str = "/api/v1/integrations/definitions/sources";
const APPLIED_AT: &str = "2026-01-01T00:00:00Z";

fn settings(value: Value) -> Option<Settings> {
    match Setting::from(value) {
        Setting::Map(fields) => Some(fields),
        _ => None,
    }
}

fn declared(config: Option<Value>) -> DesiredConnector {
    DesiredConnector {
        readable: std::collections::BTreeSet::new(),
        previous_name: None,
        kind: Kind {
            name: "github".into(),
            definition_id: Some(DefinitionId(id(7))),
        },
        auth: None,
        consent: None,
        template_id: None,
        credentials: None,
        credentials_version: None,
        rotation: RotationMode::Compare,
        environment: None,
        replication_config: config.and_then(settings),
        entities: None,
    }
}

fn desired(customers: &[(&str, &[(&str, DesiredConnector)])]) -> Desired {
    let customers = customers.iter().map(|(name, connectors)| {
        let connectors = connectors
            .iter()
            .map(|(name, connector)| ((*name).to_owned(), connector.clone().into()));
        let customer = DesiredCustomer {
            connectors: connectors.collect(),
            ..DesiredCustomer::default()
        };
        ((*name).to_owned(), customer)
    });
    Desired {
        customers: customers.collect(),
        ..Desired::default()
    }
}

fn recorded(
    workspace: u128,
    name: &str,
    connectors: &[(&str, u128, Option<Value>)],
) -> LedgerState {
    let connectors = connectors.iter().map(|(name, n, config)| {
        let connector = ConnectorEntry {
            id: ConnectorId(id(*n)),
            definition_id: DefinitionId(id(7)),
            template_id: None,
            sent: None,
            credentials_version: None,
            applied: Applied {
                replication_config: config.clone().and_then(settings),
                ..Applied::default()
            },
            updated_at: Some(APPLIED_AT.into()),
            write: None,
        };
        ((*name).into(), connector.into())
    });
    let customer = CustomerEntry {
        name: name.into(),
        connectors: connectors.collect(),
        ..CustomerEntry::default()
    };
    LedgerState {
        customers: BTreeMap::from([(WorkspaceId(id(workspace)), customer)]),
        ..LedgerState::default()
    }
}

fn listed(n: u128, name: &str, updated_at: Option<&str>) -> Value {
    json!({"id": id(n), "name": name, "updated_at": updated_at,
        "summarized_source_template": {"id": id(8), "name": "t", "icon": null,
            "actor_definition_id": id(7), "connector_name": "github"}})
}

fn detailed(n: u128, name: &str) -> Value {
    json!({"id": id(n), "name": name, "updated_at": APPLIED_AT, "replication_config": {"k": 1},
        "entities": null, "source_template": {"id": id(8), "name": "t", "source_definition_id": id(7)}})
}

/// Responses for workspaces (id, name) and connectors (workspace, list row).
fn responses(
    seen: &Seen,
    workspaces: &[(u128, &str)],
    connectors: &[(u128, Value)],
) -> Option<Response> {
    match seen.path.as_str() {
        STATS => Some(ok(&json!({"total_count": workspaces.len()}))),
        WORKSPACES => {
            let data: Vec<_> = workspaces
                .iter()
                .map(|(n, name)| workspace(*n, name))
                .collect();
            Some(ok(&json!({"data": data})))
        }
        CONNECTORS => {
            let asked = |n: u128| seen.query == format!("workspace_id={}", id(n));
            let data: Vec<_> = connectors.iter().filter(|(n, _)| asked(*n)).collect();
            let data: Vec<_> = data.into_iter().map(|(_, listed)| listed).collect();
            Some(ok(&json!({"data": data})))
        }
        _ => None,
    }
}

async fn observe_stub(
    stub: &Stub,
    desired: &Desired,
    recorded: &LedgerState,
    refresh: RefreshMode,
) -> Observed {
    let reader = stub.session().await.reader();
    let mode = (refresh, ListingMode::Customers, None);
    observe(&reader, desired, recorded, mode, 4, &Sinks::default())
        .await
        .unwrap()
}

fn connector_path(n: u128) -> String {
    format!("{CONNECTORS}/{}", id(n))
}

fn inspect_path(n: u128) -> String {
    format!("{}/inspect", connector_path(n))
}

/// An inspected connector of a workspace.
fn inspected(workspace: u128) -> Value {
    json!({"workspace_id": id(workspace)})
}

#[tokio::test]
async fn observe_lists_recorded_customer_before_workspaces_are_listed() {
    let listed_connectors = Arc::new(Notify::new());
    let stub = Stub::start_slow(move |seen| {
        let listed_connectors = Arc::clone(&listed_connectors);
        async move {
            match seen.path.as_str() {
                CONNECTORS => listed_connectors.notify_one(),
                WORKSPACES => listed_connectors.notified().await,
                _ => {}
            }
            responses(&seen, &[(1, "acme")], &[(1, listed(11, "GitHub", None))])
        }
    })
    .await;
    let recorded = recorded(1, "acme", &[]);
    let observed = observe_stub(&stub, &desired(&[]), &recorded, RefreshMode::Lean).await;
    let acme = &observed.customers[&WorkspaceId(id(1))];
    assert_eq!(acme.connectors.as_ref().map(BTreeMap::len), Some(1));
    assert_eq!(stub.count("GET", CONNECTORS), 1);
    assert_eq!(stub.count("GET", WORKSPACES), 1);
}

#[tokio::test]
async fn observe_undeclared_unrecorded_customer_connectors_are_not_read() {
    let stub = Stub::start(|seen| {
        let connectors = [(1, listed(11, "Acme GitHub", None))];
        responses(
            seen,
            &[(1, "acme"), (2, "unmanaged"), (3, "recorded")],
            &connectors,
        )
    })
    .await;
    let desired = desired(&[("acme", &[("Acme GitHub", declared(None))])]);
    let recorded = recorded(3, "undeclared", &[]);
    let observed = observe_stub(&stub, &desired, &recorded, RefreshMode::Full).await;
    assert_eq!(observed.organization_id, ORGANIZATION);
    assert_eq!(observed.completeness, Completeness::Complete);
    let read: Vec<bool> = observed
        .customers
        .values()
        .map(|c| c.connectors.is_some())
        .collect();
    assert_eq!(read, [true, false, true]);
    // Nothing readable is declared, so no details are read.
    assert_eq!(stub.seen().len(), 5);
}

#[tokio::test]
async fn observe_details_are_read_where_settings_may_differ() {
    let config = || Some(json!({"k": 1}));
    let (lean, full) = (RefreshMode::Lean, RefreshMode::Full);
    let (then, later) = (Some(APPLIED_AT), Some("2026-02-02T00:00:00Z"));
    let cases = [
        // declared, applied, listed updated_at, refresh, read?
        (config(), config(), then, lean, false),
        (config(), config(), then, full, true),
        (config(), config(), None, lean, true),
        (config(), config(), later, lean, true),
        (config(), None, then, lean, true),
        (None, config(), then, lean, true),
        (None, None, None, full, false),
    ];
    for (wanted, applied, updated_at, refresh, read) in cases {
        let case = format!("{wanted:?} {applied:?} {updated_at:?} {refresh:?}");
        let stub = Stub::start(move |seen| {
            if seen.path == connector_path(11) {
                return Some(ok(&detailed(11, "c")));
            }
            responses(seen, &[(1, "acme")], &[(1, listed(11, "c", updated_at))])
        })
        .await;
        let desired = desired(&[("acme", &[("c", declared(wanted))])]);
        let recorded = recorded(1, "acme", &[("c", 11, applied)]);
        let observed = observe_stub(&stub, &desired, &recorded, refresh).await;
        let connectors = observed.customers[&WorkspaceId(id(1))]
            .connectors
            .as_ref()
            .unwrap();
        let connector = &connectors[&ConnectorId(id(11))];
        assert_eq!(connector.detail.is_some(), read, "{case}");
        assert_eq!(connector.kind_name.as_deref(), Some("github"));
        assert_eq!(
            stub.count("GET", &connector_path(11)),
            usize::from(read),
            "{case}"
        );
    }
}

#[tokio::test]
async fn observe_unrecorded_match_details_are_read() {
    let stub = Stub::start(|seen| {
        if seen.path == connector_path(11) {
            return Some(ok(&detailed(11, "c")));
        }
        let connectors = [
            (1, listed(11, "c", Some(APPLIED_AT))),
            (1, listed(12, "other", None)),
        ];
        responses(seen, &[(1, "acme")], &connectors)
    })
    .await;
    let desired = desired(&[("acme", &[("c", declared(Some(json!({"k": 1}))))])]);
    let observed = observe_stub(&stub, &desired, &LedgerState::default(), RefreshMode::Lean).await;
    let connectors = observed.customers[&WorkspaceId(id(1))]
        .connectors
        .as_ref()
        .unwrap();
    assert!(connectors[&ConnectorId(id(11))].detail.is_some());
    assert!(connectors[&ConnectorId(id(12))].detail.is_none());
}

#[tokio::test]
async fn observe_recorded_id_not_listed_is_requested_by_id() {
    let stub = Stub::start(|seen| match seen.path.as_str() {
        path if path == workspace_path(1) => Some(ok(&workspace(1, "acme"))),
        path if path == inspect_path(11) || path == inspect_path(13) => Some(ok(&inspected(1))),
        path if path == connector_path(11) => Some(ok(&detailed(11, "c"))),
        path if path == connector_path(12) => Some(status(404, &json!({}))),
        path if path == connector_path(13) => Some(ok(&detailed(13, "e"))),
        _ => responses(seen, &[], &[]),
    })
    .await;
    let mut recorded = recorded(1, "acme", &[("c", 11, None), ("d", 12, None)]);
    // A connector pending deletion is requested, too.
    for customer in recorded.customers.values_mut() {
        customer.pending_deletion.insert(ConnectorId(id(13)));
    }
    let observed = observe_stub(&stub, &Desired::default(), &recorded, RefreshMode::Lean).await;
    let customer = &observed.customers[&WorkspaceId(id(1))];
    assert_eq!(customer.name, "acme");
    let ids: Vec<_> = customer
        .connectors
        .as_ref()
        .unwrap()
        .keys()
        .copied()
        .collect();
    assert_eq!(ids, [ConnectorId(id(11)), ConnectorId(id(13))]);
}

#[tokio::test]
async fn observe_recorded_id_of_another_workspace_is_foreign() {
    let stub = Stub::start(|seen| match seen.path.as_str() {
        path if path == connector_path(11) => Some(ok(&detailed(11, "c"))),
        path if path == connector_path(12) => Some(ok(&detailed(12, "d"))),
        path if path == connector_path(13) => Some(ok(&detailed(13, "e"))),
        path if path == inspect_path(11) => Some(ok(&inspected(2))),
        path if path == inspect_path(12) => Some(ok(&json!({"workspace_id": null}))),
        path if path == inspect_path(13) => Some(status(404, &json!({}))),
        _ => responses(seen, &[(1, "acme")], &[]),
    })
    .await;
    let mut recorded = recorded(1, "acme", &[("c", 11, None), ("d", 12, None)]);
    for customer in recorded.customers.values_mut() {
        customer.pending_deletion.insert(ConnectorId(id(13)));
    }
    let observed = observe_stub(&stub, &Desired::default(), &recorded, RefreshMode::Lean).await;
    let acme = WorkspaceId(id(1));
    assert_eq!(observed.customers[&acme].connectors, Some(BTreeMap::new()));
    let expected = [(11, Some(WorkspaceId(id(2)))), (12, None), (13, None)]
        .map(|(number, workspace)| (ConnectorId(id(number)), workspace));
    assert_eq!(observed.foreign[&acme], BTreeMap::from(expected));
}

#[tokio::test]
async fn observe_workspace_deleted_after_listing_is_absent() {
    let stub = Stub::start(|seen| match seen.path.as_str() {
        CONNECTORS => Some(status(404, &json!({}))),
        _ => responses(seen, &[(1, "acme")], &[]),
    })
    .await;
    let observed = observe_stub(
        &stub,
        &desired(&[("acme", &[])]),
        &LedgerState::default(),
        RefreshMode::Lean,
    )
    .await;
    assert!(observed.customers.is_empty());
}

#[tokio::test]
async fn observe_emits_progress_events() {
    let stub = Stub::start(|seen| responses(seen, &[(1, "acme")], &[])).await;
    let reader = stub.session().await.reader();
    let recorder = Recorder::default();
    let desired = desired(&[("acme", &[])]);
    observe(
        &reader,
        &desired,
        &LedgerState::default(),
        (RefreshMode::Lean, ListingMode::Customers, None),
        0,
        &recorder,
    )
    .await
    .unwrap();
    assert_eq!(
        recorder.drain(),
        [
            json!({"kind": "customers_listed", "done": 1}),
            json!({"kind": "connectors_listed", "done": 1, "total": 1}),
        ]
    );
}

#[tokio::test]
async fn observe_two_unknown_types_catalog_is_requested_once() {
    let stub = Stub::start(|seen| match seen.path.as_str() {
        DEFINITIONS => Some(ok(&json!({"definitions": [
            {"name": "Acme CRM", "sourceDefinitionId": id(21)}]}))),
        _ => responses(seen, &[], &[]),
    })
    .await;
    let unknown = |name: &str| DesiredConnector {
        kind: Kind {
            name: name.into(),
            definition_id: None,
        },
        ..declared(None)
    };
    let connectors = [
        ("a", unknown("acme-crm")),
        ("b", unknown("acme-crm")),
        ("c", unknown("akme")),
    ];
    let desired = desired(&[("acme", &connectors)]);
    let observed = observe_stub(&stub, &desired, &LedgerState::default(), RefreshMode::Lean).await;
    assert_eq!(stub.count("GET", DEFINITIONS), 1);
    let found_kind = KindLookup::Found(DefinitionId(id(21)));
    assert_eq!(observed.kinds["acme-crm"], found_kind);
    assert_eq!(observed.kinds.len(), 2);
}
