//! Responsible for testing the operations on connectors.

use std::time::Duration;

use super::*;

const GITHUB: &str = "ef69ef6e-aa7f-4af1-a01d-ef775033524e";

#[tokio::test]
async fn connector_after_create_is_shown_without_secrets() {
    let bench = Bench::new().await;
    bench.scoped_token("acme").await;
    let zendesk = json!({
        "workspace_name": "acme",
        "connector_type": "Zendesk Support",
        "credentials": {"email": "ops@acme.example", "api_token": SECRET},
        "environment": {"subdomain": SECRET},
        "replication_config": {"client_secret": SECRET, "start": "2026-01-01"},
        "entities": [{"entity": "tickets", "modes": ["read"]}],
    });
    let made = bench.post(CONNECTORS, zendesk.clone()).await;
    assert_eq!(made.status, 200);
    assert_eq!(made.body["name"], "zendesk-support - acme");
    assert_eq!(
        made.body["replication_config"],
        json!({"client_secret": "**********", "start": "2026-01-01"})
    );
    assert_eq!(made.body["entities"], zendesk["entities"]);
    let path = format!("{CONNECTORS}/{}", text(&made.body["id"]));
    assert_eq!(bench.get(&path).await.body, made.body);
    let list = bench
        .get(&format!("{CONNECTORS}?workspace_name=acme"))
        .await;
    assert_eq!(
        list.body["data"][0]["summarized_source_template"]["connector_name"],
        "zendesk-support"
    );
    let id = text(&made.body["id"]).parse().unwrap();
    assert!(bench.running.holds_credentials(
        id,
        &json!({"api_token": SECRET, "email": "ops@acme.example"})
    ));
    assert!(!bench.running.holds_credentials(
        id,
        &json!({"api_token": "old", "email": "ops@acme.example"})
    ));
    let create = bench
        .running
        .log()
        .into_iter()
        .find(|r| r.credentials)
        .unwrap();
    assert_eq!(
        create.operation.as_deref(),
        Some("create_integrations_connectors")
    );
    assert!(!format!("{:?}", bench.running).contains(SECRET));
    assert!(!format!("{:?}", bench.running.log()).contains(SECRET));
}

#[tokio::test]
async fn create_with_invalid_body_is_rejected() {
    let bench = Bench::new().await;
    bench.scoped_token("acme").await;
    let base = github("acme");
    let create = async |changes: Value| bench.post(CONNECTORS, with(&base, &changes)).await.status;
    assert_eq!(create(json!({"connector_type": null})).await, 422);
    assert_eq!(create(json!({"definition_id": GITHUB})).await, 422);
    assert_eq!(
        create(json!({"connector_type": null, "definition_id": GITHUB})).await,
        200
    );
    assert_eq!(create(json!({"connector_type": "GitHub"})).await, 200);
    assert_eq!(create(json!({"connector_type": "nothing"})).await, 404);
    assert_eq!(create(json!({"workspace_name": "nobody"})).await, 404);
    assert_eq!(create(json!({"credentials": null})).await, 422);
    assert_eq!(
        create(json!({"credentials": null, "replication_config": {"repositories": []}})).await,
        200
    );
    assert_eq!(create(json!({"credentials": {"token": ""}})).await, 422);
    assert_eq!(create(json!({"credentials": {"token": 7}})).await, 422);
    assert_eq!(
        create(json!({"environment": {"subdomain": "x"}})).await,
        422
    );
    assert_eq!(
        create(json!({"replication_config": {"repositories": 7}})).await,
        422
    );
    assert_eq!(
        create(json!({"entities": [{"entity": "issues", "modes": ["delete"]}]})).await,
        422
    );
    assert_eq!(create(json!({"start_date": "2026-01-01"})).await, 422);
    assert_eq!(create(json!({"name": ""})).await, 422);
    assert_eq!(
        create(json!({})).await,
        create(json!({})).await,
        "names need not be unique"
    );
}

#[tokio::test]
async fn create_with_credentials_of_no_method_names_their_keys() {
    let bench = Bench::new().await;
    bench.scoped_token("acme").await;
    for credentials in [
        json!({"pat": SECRET}),
        json!({"token": SECRET, "access_token": SECRET}),
        json!({}),
    ] {
        let keys: Vec<&String> = credentials.as_object().unwrap().keys().collect();
        let body = with(&github("acme"), &json!({"credentials": credentials}));
        let response = bench.post(CONNECTORS, body).await;
        assert_eq!(response.status, 400);
        let message = text(&response.body["message"]);
        assert!(
            message.starts_with("Credentials do not match any auth scheme. Provided keys: ["),
            "{message}"
        );
        assert!(
            keys.iter().all(|key| message.contains(key.as_str())),
            "{message}"
        );
    }
}

#[tokio::test]
async fn create_by_older_contract_succeeds_unless_mixed_with_newer() {
    let bench = Bench::new().await;
    bench.scoped_token("acme").await;
    let older = with(
        &github("acme"),
        &json!({"workspace_name": null, "external_user_id": "acme"}),
    );
    assert_eq!(bench.post(CONNECTORS, older.clone()).await.status, 200);
    assert_eq!(
        bench
            .post(&format!("{CONNECTORS}/check"), older.clone())
            .await
            .status,
        200
    );
    assert_eq!(
        bench
            .post(CONNECTORS, with(&older, &json!({"workspace_name": "acme"})))
            .await
            .status,
        422
    );
    let by_definition = with(
        &older,
        &json!({"connector_type": null, "definition_id": GITHUB}),
    );
    assert_eq!(bench.post(CONNECTORS, by_definition).await.status, 422);
    assert_eq!(
        bench
            .get(&format!("{CONNECTORS}?external_user_id=acme"))
            .await
            .body["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn list_requires_exactly_one_workspace() {
    let bench = Bench::new().await;
    let workspace = bench.workspace("acme").await;
    let id = workspace.rsplit('/').next().unwrap().to_owned();
    bench.connector("acme").await;
    let list = async |query: &str| bench.get(&format!("{CONNECTORS}{query}")).await;
    assert_eq!(list("").await.status, 422);
    assert_eq!(
        list(&format!("?workspace_id={id}&workspace_name=acme"))
            .await
            .status,
        422
    );
    assert_eq!(list("?workspace_id=acme").await.status, 422);
    assert_eq!(list("?workspace_name=nobody").await.status, 404);
    for query in [
        format!("?workspace_id={id}"),
        "?customer_name=acme".into(),
        format!("?workspace_name=acme&definition_id={GITHUB}"),
    ] {
        assert_eq!(
            list(&query).await.body["data"].as_array().unwrap().len(),
            1,
            "{query}"
        );
    }
    let other = "14c6e7ea-97ed-4f5e-a7b5-25e9a80b8212";
    assert_eq!(
        list(&format!("?workspace_name=acme&definition_id={other}"))
            .await
            .body,
        json!({"data": []})
    );
}

#[tokio::test]
async fn update_replaces_configuration_and_keeps_absent_fields() {
    let bench = Bench::new().await;
    bench.scoped_token("acme").await;
    let path = bench.connector("acme").await;
    let first = bench
        .put(
            &path,
            json!({"replication_config": {"repositories": ["a/b"], "branches": ["x"]}}),
        )
        .await
        .body;
    assert_eq!(first["name"], "GitHub");
    assert!(first["updated_at"].as_str() > first["created_at"].as_str());
    let second = bench.put(&path, json!({"replication_config": {"repositories": ["c/d"]}, "entities": [{"entity": "issues"}]})).await.body;
    assert!(second["replication_config"].get("branches").is_none());
    assert!(
        second["replication_config"].get("api_url").is_some(),
        "the server adds its settings"
    );
    let third = bench
        .put(&path, json!({"name": "Renamed", "entities": []}))
        .await
        .body;
    assert_eq!(
        (&third["name"], &third["entities"]),
        (&json!("Renamed"), &json!([]))
    );
    assert_eq!(third["replication_config"], second["replication_config"]);
    for body in [
        json!({"credentials": {"token": SECRET}}),
        json!({"name": null}),
        json!({"replication_config": null}),
        json!({"name": "\n"}),
    ] {
        assert_eq!(bench.put(&path, body).await.status, 422);
    }
}

#[tokio::test(start_paused = true)]
async fn connector_during_deletion_is_listed_until_it_completes() {
    let bench = Bench::with(Options {
        delete_delay: Duration::from_millis(250),
        ..Options::default()
    })
    .await;
    bench.scoped_token("acme").await;
    let path = bench.connector("acme").await;
    let list = format!("{CONNECTORS}?workspace_name=acme");
    let first = bench.delete(&path).await;
    assert_eq!(first.status, 202);
    assert_eq!(bench.delete(&path).await, first);
    assert_eq!(
        bench.get(&list).await.body["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(bench.put(&path, json!({"name": "x"})).await.status, 404);
    tokio::time::sleep(Duration::from_millis(260)).await;
    assert_eq!(bench.get(&list).await.body, json!({"data": []}));
    assert_eq!(bench.get(&path).await.status, 404);
    assert_eq!(bench.delete(&path).await.status, 404);
    assert_eq!(bench.running.world().deleted_connectors, 1);
}

#[tokio::test]
async fn check_and_execute_with_marker_in_credential_follow_marker() {
    let bench = Bench::new().await;
    bench.scoped_token("acme").await;
    let list = json!({"entity": "issues", "action": "list"});
    for (value, status, execution) in [
        ("fine", "succeeded", "success"),
        ("is invalid", "failed", "error"),
        ("pending-check", "pending", "success"),
        ("inconclusive-check", "inconclusive", "success"),
    ] {
        let body = with(&github("acme"), &json!({"credentials": {"token": value}}));
        let path = format!("{CONNECTORS}/check");
        let check = bench.post(&path, body.clone()).await;
        assert_eq!(check.body["status"], status);
        assert_eq!(check.body["error_message"].is_string(), status == "failed");
        let made = bench.post(CONNECTORS, body).await;
        let path = format!("{CONNECTORS}/{}", text(&made.body["id"]));
        let named = json!({"name": "x"});
        let check = bench.post(&format!("{path}/check"), named).await;
        assert_eq!(check.body["status"], status);
        let executed = bench.post(&format!("{path}/execute"), list.clone()).await;
        assert_eq!(executed.body["status"], execution);
        assert_eq!(
            bench.get(&format!("{path}/inspect")).await.body["connector_id"],
            made.body["id"]
        );
    }
    assert_eq!(
        bench
            .post(&format!("{CONNECTORS}/check"), github("nobody"))
            .await
            .status,
        404
    );
    assert_eq!(
        bench
            .post(&format!("{CONNECTORS}/anything/execute"), list)
            .await
            .status,
        404
    );
    assert!(bench.running.world().workspace("nobody").is_none());
}
