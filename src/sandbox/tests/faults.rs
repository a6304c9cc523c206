//! Responsible for testing each kind of fault from the client's side.

use std::time::Duration;
use tokio::time::Instant;

use super::*;

/// A sandbox whose second creation had a fault, and the response to it: status and body, or `None`.
async fn create_with_fault(kind: &str) -> (Bench, Option<(u16, Result<Vec<u8>, ()>)>) {
    let faults = format!("create_integrations_connectors:2:{kind}")
        .parse()
        .unwrap();
    let bench = Bench::with(Options {
        faults,
        ..Options::default()
    })
    .await;
    bench.scoped_token("acme").await;
    bench.connector("acme").await;
    let request = bench.request(
        Some(&bench.application),
        Method::POST,
        CONNECTORS,
        Some(&github("acme")),
    );
    let response = match request.timeout(Duration::from_millis(400)).send().await {
        Ok(response) => Some((
            response.status().as_u16(),
            response.bytes().await.map(Vec::from).map_err(drop),
        )),
        Err(_) => None,
    };
    (bench, response)
}

fn connector_count(bench: &Bench) -> usize {
    bench.running.world().connectors().count()
}

#[tokio::test]
async fn status_fault_executes_request_only_with_after() {
    for (kind, status, expected) in [("503", 503, 1), ("401", 401, 1), ("504-after", 504, 2)] {
        let (bench, response) = create_with_fault(kind).await;
        assert_eq!(response.map(|r| r.0), Some(status));
        assert_eq!(connector_count(&bench), expected, "{kind}");
        assert_eq!(
            bench.running.log().last().unwrap().fault.as_deref(),
            Some(kind)
        );
    }
}

#[tokio::test]
async fn status_fault_with_seconds_sends_retry_after() {
    let faults = "list_workspaces:1:429@2".parse().unwrap();
    let bench = Bench::with(Options {
        faults,
        ..Options::default()
    })
    .await;
    let request = bench.request(
        Some(&bench.application),
        Method::GET,
        "/api/v1/workspaces",
        None,
    );
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(bench.get("/api/v1/workspaces").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn timeout_or_reset_fault_executes_request_only_with_after() {
    for (kind, expected) in [
        ("timeout-before", 1),
        ("timeout-after", 2),
        ("reset-before", 1),
        ("reset-after", 2),
    ] {
        let start_time = Instant::now();
        let (bench, response) = create_with_fault(kind).await;
        assert_eq!(response, None, "{kind}");
        assert_eq!(connector_count(&bench), expected, "{kind}");
        assert_eq!(
            start_time.elapsed() >= Duration::from_millis(400),
            kind.starts_with("timeout"),
            "{kind}"
        );
        assert_eq!(bench.running.log().last().unwrap().status, None);
        assert_eq!(bench.get("/api/v1/workspaces").await.status, 200);
        bench.running.stop().await.unwrap();
    }
}

#[tokio::test]
async fn body_fault_executes_request() {
    for kind in ["cut", "badjson", "empty"] {
        let (bench, response) = create_with_fault(kind).await;
        let (status, body) = response.unwrap();
        assert_eq!((status, connector_count(&bench)), (200, 2), "{kind}");
        match (kind, body) {
            ("cut", body) => assert_eq!(body, Err(())),
            ("empty", body) => assert_eq!(body, Ok(Vec::new())),
            (_, body) => assert!(serde_json::from_slice::<Value>(&body.unwrap()).is_err()),
        }
    }
}

#[tokio::test]
async fn endless_fault_returns_page_for_each_next_link() {
    for kind in ["endless", "repeated"] {
        let faults = format!("list_workspaces:*:{kind}").parse().unwrap();
        let bench = Bench::with(Options {
            faults,
            ..Options::default()
        })
        .await;
        let mut target = "/api/v1/workspaces?limit=50".to_owned();
        for _ in 0..5 {
            let page = bench.get(&target).await;
            assert!(!page.body["data"].as_array().unwrap().is_empty(), "{kind}");
            let next = text(&page.body["next"]);
            assert_ne!(next, target, "{kind}");
            target = next;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn delay_fault_and_latency_add_up() {
    let faults = "get_workspaces_stats:1:delay@200".parse().unwrap();
    let bench = Bench::with(Options {
        faults,
        latency: Duration::from_millis(20),
        ..Options::default()
    })
    .await;
    let start_time = Instant::now();
    assert_eq!(bench.get("/api/v1/workspaces/stats").await.status, 200);
    assert!(start_time.elapsed() >= Duration::from_millis(220));
}

#[tokio::test]
async fn expire_fault_ends_all_tokens() {
    let faults = "list_workspaces:2:expire".parse().unwrap();
    let bench = Bench::with(Options {
        faults,
        ..Options::default()
    })
    .await;
    assert_eq!(bench.get("/api/v1/workspaces").await.status, 200);
    assert_eq!(bench.get("/api/v1/workspaces").await.status, 401);
    let again = bench.login().await;
    assert_eq!(
        bench
            .ask(Some(&again), Method::GET, "/api/v1/workspaces", None)
            .await
            .status,
        200
    );
}

#[tokio::test(start_paused = true)]
async fn stop_during_timeout_fault_does_not_wait() {
    let faults = "list_workspaces:*:timeout-before".parse().unwrap();
    let bench = Bench::with(Options {
        faults,
        ..Options::default()
    })
    .await;
    let request = bench.request(
        Some(&bench.application),
        Method::GET,
        "/api/v1/workspaces",
        None,
    );
    let waiting = tokio::spawn(request.send());
    tokio::time::sleep(Duration::from_millis(50)).await;
    let start_time = Instant::now();
    bench.running.stop().await.unwrap();
    assert!(start_time.elapsed() < Duration::from_secs(1));
    assert!(waiting.await.unwrap().is_err());
}

#[tokio::test]
async fn start_with_fault_of_unknown_operation_fails() {
    let faults = "create_connector:1:503".parse().unwrap();
    assert!(
        start(Options {
            faults,
            ..Options::default()
        })
        .await
        .is_err()
    );
}

#[tokio::test]
async fn fault_of_customer_leaves_other_customers_alone() {
    let faults = "list_integrations_connectors@acme:*:403,*@globex:1:500,\
                  get_integrations_connectors_id@acme:*:404"
        .parse()
        .unwrap();
    let bench = Bench::with(Options {
        faults,
        ..Options::default()
    })
    .await;
    bench.scoped_token("acme").await;
    let connector = bench.connector("acme").await;
    for status in [500, 200] {
        let body = json!({"workspace_name": "globex"});
        assert_eq!(bench.post(SCOPED_TOKEN, body).await.status, status);
    }
    for (customer, status) in [("acme", 403), ("globex", 200)] {
        let target = format!("{CONNECTORS}?workspace_name={customer}");
        assert_eq!(bench.get(&target).await.status, status, "{customer}");
    }
    assert_eq!(bench.get(&connector).await.status, 404);
    assert_eq!(bench.get("/api/v1/workspaces").await.status, 200);
}

#[tokio::test]
async fn fault_of_customer_id_affects_its_requests() {
    let bench = Bench::new().await;
    let workspace = bench.workspace("acme").await;
    let id = workspace.rsplit('/').next().unwrap();
    let faults = format!("get_workspaces_workspace_id@{id}:*:403");
    bench.running.set_faults(faults.parse().unwrap()).unwrap();
    let other = bench.workspace("globex").await;
    assert_eq!(bench.get(&workspace).await.status, 403);
    assert_eq!(bench.get(&other).await.status, 200);
}
