//! Tests of a server that lists connectors in the wrong workspace.

use super::{
    declared, desired, inspect_path, inspected, listed, observe_stub, recorded, responses,
};
use crate::api::tests::{Stub, id, ok};
use crate::model::{ConnectorId, Observed, WorkspaceId};
use crate::observed::RefreshMode;

/// Observes `acme` and `globex`. Both lists show connector 11, which the ledger records for `globex`, and an inspection
/// shows it in a workspace.
async fn observed_with_inspection(workspace: u128) -> Observed {
    let stub = Stub::start(move |seen| match seen.path.as_str() {
        path if path == inspect_path(11) => Some(ok(&inspected(workspace))),
        _ => {
            let row = || listed(11, "c", None);
            responses(
                seen,
                &[(1, "acme"), (2, "globex")],
                &[(1, row()), (2, row())],
            )
        }
    })
    .await;
    let connector = [("c", declared(None))];
    let desired = desired(&[("acme", &connector), ("globex", &connector)]);
    let recorded = recorded(2, "globex", &[("c", 11, None)]);
    observe_stub(&stub, &desired, &recorded, RefreshMode::Lean).await
}

#[tokio::test]
async fn observe_list_with_connector_of_other_customer_is_unreadable() {
    let observed = observed_with_inspection(2).await;
    let unreadable: Vec<_> = observed.unreadable.iter().collect();
    let [(workspace, error)] = unreadable[..] else {
        panic!("{unreadable:?}")
    };
    assert_eq!(*workspace, WorkspaceId(id(1)));
    assert!(
        error.contains("which the ledger records for another customer"),
        "{error}"
    );
    let globex = observed.customers[&WorkspaceId(id(2))].connectors.as_ref();
    assert!(globex.unwrap().contains_key(&ConnectorId(id(11))));
}

#[tokio::test]
async fn observe_list_with_connector_that_is_in_workspace_is_read() {
    let observed = observed_with_inspection(1).await;
    assert!(observed.unreadable.is_empty(), "{:?}", observed.unreadable);
    let acme = observed.customers[&WorkspaceId(id(1))].connectors.as_ref();
    assert!(acme.unwrap().contains_key(&ConnectorId(id(11))));
}
