//! Tests of tokens: shared requests, lifetimes, rejections, and verification of scoped tokens.

use super::{
    CONNECTORS, INFO, MINT, ORGANIZATION, Stub, TOKEN, id, minting, ok, quick, status, token,
    workspace, workspace_path,
};
use crate::api::body::tests::{github, secrets};
use crate::api::{ApiErrorKind, CircuitOptions, Effect, Options};
use crate::model::{CustomerPatch, Region, WorkspaceId};
use futures_util::future::join_all;
use serde_json::json;
use std::time::Duration;

const ACME: WorkspaceId = WorkspaceId(id_of(5));

const fn id_of(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

#[tokio::test]
async fn application_token_is_requested_once_for_all_calls() {
    let stub = Stub::start(|seen| {
        if seen.path != workspace_path(5) {
            return None;
        }
        Some(match seen.header("authorization") {
            "Bearer application-0" => status(401, &json!({})),
            _ => ok(&workspace(5, "a")),
        })
    })
    .await;
    let reader = stub.session().await.reader();
    let calls = join_all((0..100).map(|_| reader.workspace(ACME))).await;
    assert!(calls.iter().all(Result::is_ok));
    assert_eq!(stub.count("POST", TOKEN), 2);
}

#[tokio::test]
async fn application_token_that_is_rejected_is_replaced_once() {
    let stub = Stub::start(|seen| {
        let refused = json!({"message": "Bearer application-0 expired"});
        (seen.path == workspace_path(5)).then(|| status(401, &refused))
    })
    .await;
    let error = stub
        .session()
        .await
        .reader()
        .workspace(ACME)
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ApiErrorKind::Status { status: 401, .. }) && error.is_auth());
    assert!(!error.to_string().contains("application-0"), "{error}");
    assert_eq!(stub.count("POST", TOKEN), 2);
    assert_eq!(stub.count("GET", &workspace_path(5)), 2);
}

#[tokio::test(start_paused = true)]
async fn application_token_is_replaced_before_it_expires() {
    let stub = Stub::start(|seen| {
        let mut short = token(seen.nth);
        short["expires_in"] = json!(-7);
        match seen.path.as_str() {
            TOKEN => Some(ok(&short)),
            _ => Some(ok(&workspace(5, "a"))),
        }
    })
    .await;
    let reader = stub.session().await.reader();
    reader.workspace(ACME).await.unwrap();
    assert_eq!(stub.count("POST", TOKEN), 1);
    tokio::time::sleep(Duration::from_millis(850)).await;
    reader.workspace(ACME).await.unwrap();
    assert_eq!(stub.count("POST", TOKEN), 2);
}

#[tokio::test(start_paused = true)]
async fn application_token_is_used_while_its_refresh_fails() {
    let stub = Stub::start(|seen| {
        let mut short = token(seen.nth);
        short["expires_in"] = json!(200);
        match (seen.path.as_str(), seen.nth) {
            (TOKEN, 0) => Some(ok(&short)),
            (TOKEN, _) => Some(status(503, &json!({}))),
            _ => Some(ok(&workspace(5, "a"))),
        }
    })
    .await;
    let options = Options {
        circuit: CircuitOptions::default(),
        ..quick()
    };
    let reader = stub.open(options).await.unwrap().reader();
    tokio::time::sleep(Duration::from_secs(165)).await;
    reader.workspace(ACME).await.unwrap();
    assert!(stub.count("POST", TOKEN) > 1);
}

#[tokio::test]
async fn mint_with_region_creates_workspace() {
    let stub = Stub::start(|seen| minting(seen, 5, "acme")).await;
    let writer = stub.session().await.writer();
    let minted = writer.mint("acme", None, Some(Region::EU)).await.unwrap();
    assert_eq!(minted, ACME);
    let mint = stub.last("POST", MINT);
    assert_eq!(
        mint.body,
        format!(
            r#"{{"workspace_name":"acme","region_id":"{}"}}"#,
            Region::EU.0
        )
    );
    assert_eq!(mint.header("authorization"), "Bearer application-0");
    assert_eq!(
        stub.last("GET", INFO).header("authorization"),
        "Bearer scoped-0"
    );
}

#[tokio::test]
async fn mint_with_token_of_another_workspace_fails() {
    // The server ignores case, so the token belongs to another workspace.
    let stub = Stub::start(|seen| minting(seen, 5, "Acme")).await;
    let writer = stub.session().await.writer();
    let error = writer.mint("acme", None, None).await.unwrap_err();
    assert!(matches!(error.kind(), ApiErrorKind::WrongWorkspace { .. }));
    assert_eq!(error.effect(), Effect::Unknown);
    // The workspace was replaced between the read and the token request.
    let stub = Stub::start(|seen| {
        minting(seen, 6, "acme")
            .or_else(|| Some(ok(&workspace(5, "acme"))).filter(|_| seen.path != TOKEN))
    })
    .await;
    let writer = stub.session().await.writer();
    let error = writer.mint("acme", Some(ACME), None).await.unwrap_err();
    assert!(
        matches!(error.kind(), ApiErrorKind::WrongWorkspace { actual, .. } if actual.0 == id(6))
    );
}

#[tokio::test]
async fn mint_with_token_of_another_organization_fails() {
    let stub = Stub::start(|seen| {
        seen.is("GET", INFO)
            .then(|| {
                ok(&json!({"organization_id": id(2), "workspace_id": id(5), "workspace_name": "acme"}))
            })
            .or_else(|| minting(seen, 5, "acme"))
    })
    .await;
    let error = stub
        .session()
        .await
        .writer()
        .mint("acme", None, None)
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), ApiErrorKind::WrongOrganization { expected, .. } if *expected == ORGANIZATION)
    );
}

#[tokio::test]
async fn mint_for_missing_workspace_requests_no_token() {
    let mut tombstone = workspace(5, "acme");
    tombstone["tombstone"] = json!(true);
    for answer in [
        status(404, &json!({})),
        ok(&tombstone),
        ok(&workspace(5, "renamed")),
    ] {
        let answer = std::sync::Mutex::new(Some(answer));
        let stub = Stub::start(move |seen| {
            (seen.path == workspace_path(5)).then(|| answer.lock().unwrap().take().unwrap())
        })
        .await;
        let writer = stub.session().await.writer();
        let error = writer.mint("acme", Some(ACME), None).await.unwrap_err();
        assert!(
            matches!(error.kind(), ApiErrorKind::WorkspaceGone { .. }),
            "{error}"
        );
        assert_eq!(error.effect(), Effect::None);
        assert_eq!(stub.count("POST", MINT), 0);
    }
}

#[tokio::test]
async fn scoped_token_that_is_rejected_is_replaced_after_reading_workspace() {
    let stub = Stub::start(|seen| {
        let refused = seen.header("authorization") == "Bearer scoped-0" && seen.nth == 2;
        match (seen.method.as_str(), seen.path.as_str()) {
            ("POST", CONNECTORS) if refused => Some(status(401, &json!({}))),
            ("POST", CONNECTORS) => Some(ok(&json!({"id": id(9)}))),
            ("GET", path) if path == workspace_path(5) => Some(ok(&workspace(5, "acme"))),
            _ => minting(seen, 5, "acme"),
        }
    })
    .await;
    let writer = stub.session().await.writer();
    assert_eq!(writer.mint("acme", None, None).await.unwrap(), ACME);
    let (body, secrets) = (github(), secrets("a-secret-value"));
    for _ in 0..3 {
        writer
            .create_connector("acme", ACME, &body, &secrets)
            .await
            .unwrap();
    }
    assert_eq!(stub.count("POST", CONNECTORS), 4);
    assert_eq!(stub.count("POST", MINT), 2);
    assert_eq!(stub.count("GET", &workspace_path(5)), 1);
    assert_eq!(
        stub.last("POST", CONNECTORS).header("authorization"),
        "Bearer scoped-1"
    );
}

#[tokio::test]
async fn scoped_token_of_renamed_workspace_is_dropped() {
    let stub = Stub::start(|seen| match seen.path.as_str() {
        path if path == workspace_path(5) => Some(ok(&workspace(5, "acme"))),
        _ => minting(seen, 5, "acme"),
    })
    .await;
    let writer = stub.session().await.writer();
    writer.mint("acme", Some(ACME), None).await.unwrap();
    writer.mint("acme", Some(ACME), None).await.unwrap();
    assert_eq!(stub.count("POST", MINT), 1);
    writer
        .update_workspace(ACME, &CustomerPatch::default())
        .await
        .unwrap();
    writer.mint("acme", Some(ACME), None).await.unwrap();
    assert_eq!(stub.count("POST", MINT), 2);
}

#[tokio::test]
async fn scoped_token_that_is_rejected_at_once_is_requested_again() {
    let stub = Stub::start(|seen| {
        let first = seen.is("GET", INFO) && seen.nth == 0;
        first
            .then(|| status(401, &json!({})))
            .or_else(|| minting(seen, 5, "acme"))
    })
    .await;
    let session = stub.open(quick()).await.unwrap();
    assert_eq!(
        session.writer().mint("acme", None, None).await.unwrap(),
        ACME
    );
    assert_eq!(stub.count("POST", MINT), 2);
}

#[tokio::test]
async fn mint_without_token_info_has_unknown_effect() {
    for answer in [
        || status(500, &json!({})),
        || status(404, &json!({})),
        || ok(&json!({"unknown": 1})),
    ] {
        let stub = Stub::start(move |seen| {
            let info = seen.is("GET", INFO).then(answer);
            info.or_else(|| minting(seen, 5, "acme"))
        })
        .await;
        let writer = stub.session().await.writer();
        let error = writer.mint("acme", None, None).await.unwrap_err();
        assert_eq!(error.effect(), Effect::Unknown, "{error}");
    }
}
