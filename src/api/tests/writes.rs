//! Tests of writes: request bodies, retries, and redaction of error messages.

use super::{
    CONNECTORS, Stub, WORKSPACES, id, minting, ok, quick, status, workspace, workspace_path,
};
use crate::api::body::tests::{github, secrets, settings};
use crate::api::{
    ApiError, ApiErrorKind, Check, CheckStatus, ConnectorToken, DeleteOutcome, Effect,
    NewConnector, Options, RetryPolicy, Timeouts, Writer,
};
use crate::model::{
    Cache, ConnectorBody, ConnectorId, Contract, CustomerPatch, Status, WorkspaceId,
};
use axum::response::Response;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const SECRET: &str = "s3cr3t/of\"acme";
const CHECK: &str = "/api/v1/integrations/connectors/check";

fn connector_path() -> String {
    format!("{CONNECTORS}/{}", id(9))
}

async fn create(writer: &Writer) -> Result<NewConnector, ApiError> {
    let (body, secrets) = (github(), secrets(SECRET));
    writer
        .create_connector("acme", WorkspaceId(id(5)), &body, &secrets)
        .await
}

/// A server with one workspace, which sends this response to each creation of a connector.
async fn server(answer: fn(usize) -> Response) -> Stub {
    Stub::start(move |seen| match seen.path.as_str() {
        CONNECTORS => Some(answer(seen.nth)),
        path if path == workspace_path(5) => Some(ok(&workspace(5, "acme"))),
        _ => minting(seen, 5, "acme"),
    })
    .await
}

#[tokio::test]
async fn create_connector_sends_scoped_token_and_exact_bytes() {
    let stub = server(|_| {
        ok(&json!({"id": id(9), "created_at": "2026-01-01T00:00:00Z", "updated_at": null}))
    })
    .await;
    let created = create(&stub.session().await.writer()).await.unwrap();
    assert_eq!(created.id, ConnectorId(id(9)));
    assert_eq!(created.updated_at, None);
    let seen = stub.last("POST", CONNECTORS);
    assert_eq!(seen.header("authorization"), "Bearer scoped-0");
    assert_eq!(seen.header("content-type"), "application/json");
    assert_eq!(
        seen.body,
        r#"{"workspace_name":"acme","name":"Acme GitHub","definition_id":"00000000-0000-0000-0000-000000000007","credentials":{"token":"s3cr3t/of\"acme"}}"#
    );
}

#[tokio::test]
async fn create_connector_under_older_contract_sends_application_token() {
    let stub = Stub::start(|seen| match seen.path.as_str() {
        CONNECTORS if seen.method == "POST" => Some(ok(&json!({"id": id(9)}))),
        CONNECTORS => Some(ok(&json!({"data": []}))),
        _ => None,
    })
    .await;
    let options = Options {
        contract: Contract::ExternalUser,
        connector_token: ConnectorToken::Application,
        ..quick()
    };
    let session = stub.open(options).await.unwrap();
    create(&session.writer()).await.unwrap();
    let seen = stub.last("POST", CONNECTORS);
    assert_eq!(seen.header("authorization"), "Bearer application-0");
    assert!(seen.body.starts_with(
        r#"{"external_user_id":"acme","name":"Acme GitHub","connector_type":"github","#
    ));
    let listed = session
        .reader()
        .connectors(WorkspaceId(id(5)), "a b&c")
        .await
        .unwrap();
    assert!(listed.unwrap().is_empty());
    assert_eq!(
        stub.last("GET", CONNECTORS).query,
        "external_user_id=a+b%26c"
    );
}

#[tokio::test]
async fn create_connector_after_server_error_is_not_retried() {
    for (answer, effect) in [
        (
            (|_| status(500, &json!({}))) as fn(usize) -> Response,
            Effect::Unknown,
        ),
        (|_| status(504, &json!({})), Effect::Unknown),
        (|_| ok(&json!({"odd": true})), Effect::Unknown),
        (|_| status(422, &json!({})), Effect::None),
    ] {
        let stub = server(answer).await;
        let error = create(&stub.session().await.writer()).await.unwrap_err();
        assert_eq!(error.effect(), effect, "{error}");
        assert_eq!(stub.count("POST", CONNECTORS), 1);
    }
}

#[tokio::test]
async fn create_connector_is_not_repeated_after_the_lock_is_lost() {
    let is_held = Arc::new(AtomicBool::new(true));
    let lock = Arc::clone(&is_held);
    let stub = Stub::start(move |seen| match seen.path.as_str() {
        CONNECTORS => {
            lock.store(false, Ordering::SeqCst);
            Some(status(429, &json!({})))
        }
        path if path == workspace_path(5) => Some(ok(&workspace(5, "acme"))),
        _ => minting(seen, 5, "acme"),
    })
    .await;
    let session = stub.session().await;
    session.guard_writes(move || is_held.load(Ordering::SeqCst));
    let error = create(&session.writer()).await.unwrap_err();
    assert!(error.to_string().contains("lost the lock"), "{error}");
    assert_eq!(stub.count("POST", CONNECTORS), 1);
}

#[tokio::test]
async fn create_connector_without_the_lock_sends_no_request_that_writes() {
    let stub = server(|_| ok(&json!({"id": id(9)}))).await;
    let session = stub.session().await;
    session.guard_writes(|| false);
    let error = create(&session.writer()).await.unwrap_err();
    assert_eq!(error.effect(), Effect::None);
    assert_eq!(stub.count("POST", CONNECTORS), 0);
    session.end_write_guard();
    create(&session.writer()).await.unwrap();
    assert_eq!(stub.count("POST", CONNECTORS), 1);
}

#[tokio::test]
async fn create_connector_after_429_is_retried() {
    let stub = server(|nth| match nth {
        0 | 1 => status(429, &json!({})),
        _ => ok(&json!({"id": id(9)})),
    })
    .await;
    create(&stub.session().await.writer()).await.unwrap();
    assert_eq!(stub.count("POST", CONNECTORS), 3);
}

#[tokio::test]
async fn create_connector_without_response_has_unknown_effect() {
    let stub = Stub::start(|seen| {
        (seen.path == CONNECTORS).then(|| {
            std::thread::sleep(Duration::from_millis(200));
            ok(&json!({}))
        })
    })
    .await;
    let options = Options {
        connector_token: ConnectorToken::Application,
        timeouts: Timeouts {
            create: Duration::from_millis(50),
            ..Timeouts::default()
        },
        ..quick()
    };
    let error = create(&stub.open(options).await.unwrap().writer())
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ApiErrorKind::TimedOut), "{error}");
    assert_eq!(error.effect(), Effect::Unknown);
}

#[tokio::test]
async fn error_that_repeats_a_secret_is_withheld() {
    let stub = server(|_| {
        status(
            422,
            &json!({"message": "bad token s3cr3t/of", "errors": []}),
        )
    })
    .await;
    let error = create(&stub.session().await.writer()).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(
        shown.contains("withheld") && !shown.contains("s3cr"),
        "{shown}"
    );
    let stub = server(|_| {
        let body = json!({"errors": [{"field": "body", "message": "Provided keys: [key]", "error_code": "value_error"}]});
        status(422, &body)
    })
    .await;
    let error = create(&stub.session().await.writer()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("body: Provided keys: [key] [value_error]")
    );
}

#[tokio::test]
async fn check_connector_returns_status_and_message() {
    let stub = Stub::start(|seen| {
        let failed = json!({"id": id(1), "status": "failed", "error_message": "401 from GitHub"});
        (seen.path == CHECK).then(|| ok(&failed))
    })
    .await;
    let writer = stub.session().await.writer();
    let check = writer
        .check_connector("acme", &github(), &secrets(SECRET))
        .await
        .unwrap();
    let expected = Check {
        status: CheckStatus::Failed,
        message: Some("401 from GitHub".into()),
    };
    assert_eq!(check, expected);
    assert_eq!(
        stub.last("POST", CHECK).header("authorization"),
        "Bearer application-0"
    );
}

#[tokio::test]
async fn create_connector_without_secret_sends_nothing() {
    let stub = server(|_| ok(&json!({"id": id(9)}))).await;
    let writer = stub.session().await.writer();
    let body = ConnectorBody {
        credentials: settings(json!({"token": {"$secret": "${env:OTHER}"}})),
        ..github()
    };
    let (id, secrets) = (WorkspaceId(id(5)), secrets(SECRET));
    let error = writer
        .create_connector("acme", id, &body, &secrets)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "${env:OTHER} has no value");
    assert_eq!(stub.seen().len(), 1);
}

#[tokio::test]
async fn update_workspace_sends_patch() {
    let stub = Stub::start(|seen| {
        seen.path
            .starts_with(WORKSPACES)
            .then(|| ok(&workspace(5, "new")))
    })
    .await;
    let patch = CustomerPatch {
        name: Some("new".into()),
        status: Some(Status::Inactive),
        cache: Some(Cache::On),
    };
    let writer = stub.session().await.writer();
    let now = writer
        .update_workspace(WorkspaceId(id(5)), &patch)
        .await
        .unwrap();
    assert_eq!(now.unwrap().name, "new");
    assert_eq!(
        stub.last("PUT", &workspace_path(5)).body,
        r#"{"name":"new","status":"inactive","cache_enabled":true}"#
    );
}

#[tokio::test]
async fn update_connector_that_is_retried_keeps_unknown_effect() {
    let stub = Stub::start(|seen| {
        (seen.path == connector_path()).then(|| match seen.nth {
            0 => status(502, &json!({})),
            _ => status(400, &json!({})),
        })
    })
    .await;
    let writer = stub.session().await.writer();
    let error = writer
        .update_connector(ConnectorId(id(9)), Some("n"), None, None)
        .await;
    let error = error.unwrap_err();
    assert_eq!(
        (error.status(), error.effect()),
        (Some(400), Effect::Unknown)
    );
    assert_eq!(stub.last("PUT", &connector_path()).body, r#"{"name":"n"}"#);
}

#[tokio::test]
async fn allowed_text_is_shown_and_replication_settings_are_not_redacted() {
    let similar = "client-secret";
    let stub = Stub::start(move |seen| {
        let template = json!({"id": id(8), "name": "t", "source_definition_id": id(7)});
        let connector = json!({"id": id(9), "name": similar, "replication_config": {"k": similar},
            "entities": null, "source_template": template});
        (seen.path == connector_path()).then(|| ok(&connector))
    })
    .await;
    let session = stub.session().await;
    let reader = session.reader();
    let name = async || {
        let connector = reader.connector(ConnectorId(id(9))).await.unwrap();
        connector.unwrap().observed.name
    };
    assert!(name().await.contains("withheld"));
    session.allow_texts([similar]);
    assert_eq!(name().await, similar);
    let session = stub.session().await;
    let settings = session.reader().replication(ConnectorId(id(9)), None).await;
    let settings = settings.unwrap().unwrap().with(|mut settings| {
        settings.insert("l".into(), json!(1));
        settings
    });
    assert_eq!(format!("{settings:?}"), "Replication");
    let writer = session.writer();
    let written = writer.update_connector(ConnectorId(id(9)), None, Some(&settings), None);
    written.await.unwrap();
    assert_eq!(
        stub.last("PUT", &connector_path()).body,
        r#"{"replication_config":{"k":"client-secret","l":1}}"#
    );
}

#[tokio::test]
async fn delete_accepts_every_response_format() {
    for (code, body, expected) in [
        (
            200,
            json!({"id": id(9), "deleted_at": "2026-01-01T00:00:00Z"}),
            DeleteOutcome::Accepted,
        ),
        (202, json!({"job_id": id(1)}), DeleteOutcome::Accepted),
        (404, json!({}), DeleteOutcome::NotFound),
    ] {
        let stub =
            Stub::start(move |seen| (seen.method == "DELETE").then(|| status(code, &body))).await;
        let writer = stub.session().await.writer();
        assert_eq!(
            writer.delete_connector(ConnectorId(id(9))).await.unwrap(),
            expected
        );
        assert_eq!(
            writer.delete_workspace(WorkspaceId(id(5))).await.unwrap(),
            expected
        );
    }
}

#[tokio::test]
async fn delete_workspace_after_504_has_unknown_effect() {
    let stub = Stub::start(|seen| (seen.method == "DELETE").then(|| status(504, &json!({})))).await;
    let options = Options {
        retry: RetryPolicy::default(),
        ..quick()
    };
    let writer = stub.open(options).await.unwrap().writer();
    let error = writer
        .delete_workspace(WorkspaceId(id(5)))
        .await
        .unwrap_err();
    assert_eq!(error.effect(), Effect::Unknown);
    assert_eq!(stub.count("DELETE", &workspace_path(5)), 1);
}
