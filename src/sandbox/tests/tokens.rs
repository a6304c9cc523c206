//! Responsible for testing tokens: which operations accept each kind, and how long it is valid.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::sandbox::ORGANIZATION_ID;
use crate::sandbox::testing::TokenKind;

const TOKEN: &str = "/api/v1/account/applications/token";

#[tokio::test]
async fn application_token_with_invalid_client_is_rejected() {
    let options = Options {
        client: Some(("id".into(), SECRET.into())),
        ..Options::default()
    };
    let bench = Bench::with(options).await;
    let login = async |body: Value| bench.ask(None, Method::POST, TOKEN, Some(&body)).await;
    let right = json!({"client_id": "id", "client_secret": SECRET});
    let response = login(right.clone()).await;
    assert_eq!(response.body["token_type"], "bearer");
    assert_eq!(response.body["expires_in"], 900);
    assert_eq!(response.body["organization_id"], json!(ORGANIZATION_ID));
    assert_eq!(
        login(with(&right, &json!({"client_secret": "other"})))
            .await
            .status,
        401
    );
    assert_eq!(login(json!({"client_id": "id"})).await.status, 422);
    assert_eq!(
        login(with(&right, &json!({"grant_type": "client_credentials"})))
            .await
            .status,
        422
    );
    assert_eq!(
        bench
            .ask(Some("x"), Method::POST, TOKEN, Some(&right))
            .await
            .status,
        400
    );
    assert_eq!(
        Bench::new()
            .await
            .ask(
                None,
                Method::POST,
                TOKEN,
                Some(&json!({"client_id": "", "client_secret": "x"}))
            )
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn organization_header_of_other_organization_is_rejected() {
    let bench = Bench::new().await;
    let ask = async |value: &str| {
        let request = bench.request(
            Some(&bench.application),
            Method::GET,
            "/api/v1/workspaces",
            None,
        );
        request
            .header("X-Organization-Id", value)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(ask(&ORGANIZATION_ID.to_string()).await, 200);
    assert_eq!(ask(&uuid::Uuid::max().to_string()).await, 403);
    assert_eq!(ask("ours").await, 422);
}

#[tokio::test]
async fn scoped_token_creates_in_its_workspace_only() {
    let bench = Bench::new().await;
    let scoped = bench.scoped_token("acme").await;
    bench.scoped_token("other").await;
    let info = format!("{SCOPED_TOKEN}/info");
    let token = Some(scoped.as_str());
    assert_eq!(bench.ask(token, Method::GET, &info, None).await.status, 200);
    assert_eq!(bench.get(&info).await.status, 403);
    for (workspace, expected) in [("acme", 200), ("other", 403), ("nobody", 403)] {
        let body = github(workspace);
        let response = bench
            .ask(token, Method::POST, CONNECTORS, Some(&body))
            .await;
        assert_eq!(response.status, expected, "{workspace}");
    }
}

#[tokio::test]
async fn operation_without_application_token_is_rejected() {
    let bench = Bench::new().await;
    let scoped = bench.scoped_token("acme").await;
    let path = bench.connector("acme").await;
    let requests = [
        (
            Method::GET,
            format!("{CONNECTORS}?workspace_name=acme"),
            None,
        ),
        (Method::GET, path.clone(), None),
        (Method::PUT, path.clone(), Some(json!({"name": "x"}))),
        (Method::DELETE, path.clone(), None),
        (
            Method::POST,
            format!("{CONNECTORS}/check"),
            Some(github("acme")),
        ),
        (Method::GET, "/api/v1/workspaces".into(), None),
        (
            Method::POST,
            SCOPED_TOKEN.into(),
            Some(json!({"workspace_name": "acme"})),
        ),
    ];
    for (token, expected) in [
        (Some(scoped.as_str()), 403),
        (None, 401),
        (Some("unknown"), 401),
    ] {
        for (method, target, body) in &requests {
            let response = bench
                .ask(token, method.clone(), target, body.as_ref())
                .await;
            assert_eq!(response.status, expected, "{method} {target}");
        }
    }
    let last = bench.running.log().pop();
    assert_eq!(last.map(|r| r.token), Some(TokenKind::Unknown));
}

#[tokio::test(start_paused = true)]
async fn token_after_its_ttl_is_rejected() {
    let ttl = Duration::from_millis(150);
    let bench = Bench::with(Options {
        app_token_ttl: ttl,
        scoped_token_ttl: ttl,
        ..Options::default()
    })
    .await;
    assert_eq!(bench.get("/api/v1/workspaces").await.status, 200);
    let scoped = bench.scoped_token("acme").await;
    tokio::time::sleep(2 * ttl).await;
    assert_eq!(bench.get("/api/v1/workspaces").await.status, 401);
    assert_eq!(
        bench
            .ask(
                Some(&scoped),
                Method::GET,
                &format!("{SCOPED_TOKEN}/info"),
                None
            )
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn scoped_token_of_new_name_creates_workspace_once() {
    let bench = Bench::new().await;
    let region = "b9e48d61-f082-4a14-a8d0-799a907938cb";
    let body = json!({"workspace_name": "acme", "region_id": region});
    assert_eq!(bench.post(SCOPED_TOKEN, body).await.status, 200);
    let id = bench.workspace("acme").await;
    assert_eq!(bench.workspace("acme").await, id);
    bench.put(&id, json!({"status": "inactive"})).await;
    assert_eq!(bench.workspace("acme").await, id);
    let world = bench.running.world();
    assert_eq!(world.workspaces.len(), 2);
    assert_eq!(
        world.workspace("acme").unwrap().region_id,
        region.parse().ok()
    );
    for wrong in ["", "  ", "a\u{7}b", &"x".repeat(256)] {
        assert_eq!(
            bench
                .post(SCOPED_TOKEN, json!({"workspace_name": wrong}))
                .await
                .status,
            422,
            "{wrong:?}"
        );
    }
    let wrong = json!({"workspace_name": "b", "external_user_id": "b"});
    assert_eq!(bench.post(SCOPED_TOKEN, wrong).await.status, 422);
}

#[tokio::test]
async fn scoped_token_by_older_contract_is_issued_and_described() {
    let bench = Bench::new().await;
    let endpoint = "/api/v1/embedded/scoped-token";
    let token = bench
        .post(endpoint, json!({"workspace_name": "acme"}))
        .await;
    let again = bench
        .post(endpoint, json!({"external_user_id": "acme"}))
        .await;
    assert_eq!((token.status, again.status), (200, 200));
    assert_eq!(
        bench
            .post(
                endpoint,
                json!({"external_user_id": "a", "workspace_name": "a"})
            )
            .await
            .status,
        422
    );
    assert_eq!(bench.post(endpoint, json!({})).await.status, 422);
    let info = bench
        .ask(
            token.body["token"].as_str(),
            Method::GET,
            &format!("{endpoint}/info"),
            None,
        )
        .await;
    assert_eq!(info.body["workspace_name"], "acme");
    assert_eq!(info.body["external_user_id"], "acme");
    assert_eq!(bench.running.world().workspaces.len(), 2);
}

#[tokio::test]
async fn widget_token_is_accepted_by_no_operation() {
    let bench = Bench::new().await;
    for path in [
        "/api/v1/account/applications/widget-token",
        "/api/v1/embedded/widget-token",
    ] {
        let body = json!({"workspace_name": "acme", "allowed_origin": "https://app.example.com"});
        let response = bench.post(path, body.clone()).await;
        assert_eq!(response.status, 200);
        let unwrapped = STANDARD.decode(text(&response.body["token"])).unwrap();
        let unwrapped: Value = serde_json::from_slice(&unwrapped).unwrap();
        assert_eq!(text(&unwrapped["token"]).len(), 64);
        assert_eq!(
            bench
                .ask(
                    response.body["token"].as_str(),
                    Method::GET,
                    "/api/v1/workspaces",
                    None
                )
                .await
                .status,
            401
        );
        let wrong = with(
            &body,
            &json!({"allowed_origin": "https://app.example.com/page", "workspace_name": "new"}),
        );
        assert_eq!(bench.post(path, wrong).await.status, 422);
    }
    assert!(bench.running.world().workspace("new").is_none());
}
