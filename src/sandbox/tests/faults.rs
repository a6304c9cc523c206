//! Tests of each kind of fault, as a client sees it.

use std::time::Duration;
use tokio::time::Instant;

use super::*;

/// A sandbox whose second create meets a fault, and what that looked like: the answer's bytes, or none.
async fn next_fault(kind: &str) -> (Bench, Option<(u16, Result<Vec<u8>, ()>)>) {
    let faults = format!("create_integrations_connectors:2:{kind}")
        .parse()
        .unwrap();
    let bench = Bench::with(Options {
        faults,
        ..Options::default()
    })
    .await;
    bench.mint("acme").await;
    bench.connector("acme").await;
    let request = bench.request(
        Some(&bench.application),
        Method::POST,
        CONNECTORS,
        Some(&github("acme")),
    );
    let met = match request.timeout(Duration::from_millis(400)).send().await {
        Ok(response) => Some((
            response.status().as_u16(),
            response.bytes().await.map(Vec::from).map_err(drop),
        )),
        Err(_) => None,
    };
    (bench, met)
}

fn connectors(bench: &Bench) -> usize {
    bench.running.world().connectors().count()
}

#[tokio::test]
async fn statuses_come_without_an_effect_unless_asked_otherwise() {
    for (kind, status, expected) in [("503", 503, 1), ("401", 401, 1), ("504-after", 504, 2)] {
        let (bench, met) = next_fault(kind).await;
        assert_eq!(met.map(|m| m.0), Some(status));
        assert_eq!(connectors(&bench), expected, "{kind}");
        assert_eq!(
            bench.running.log().last().unwrap().fault.as_deref(),
            Some(kind)
        );
    }
}

#[tokio::test]
async fn too_many_requests_says_when_to_come_back() {
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
async fn silence_and_resets_come_before_or_after_the_effect() {
    for (kind, expected) in [
        ("timeout-before", 1),
        ("timeout-after", 2),
        ("reset-before", 1),
        ("reset-after", 2),
    ] {
        let begun = Instant::now();
        let (bench, met) = next_fault(kind).await;
        assert_eq!(met, None, "{kind}");
        assert_eq!(connectors(&bench), expected, "{kind}");
        assert_eq!(
            begun.elapsed() >= Duration::from_millis(400),
            kind.starts_with("timeout"),
            "{kind}"
        );
        assert_eq!(bench.running.log().last().unwrap().status, None);
        assert_eq!(bench.get("/api/v1/workspaces").await.status, 200);
        bench.running.stop().await.unwrap();
    }
}

#[tokio::test]
async fn spoilt_answers_follow_the_effect() {
    for kind in ["cut", "badjson", "empty"] {
        let (bench, met) = next_fault(kind).await;
        let (status, body) = met.unwrap();
        assert_eq!((status, connectors(&bench)), (200, 2), "{kind}");
        match (kind, body) {
            ("cut", body) => assert_eq!(body, Err(())),
            ("empty", body) => assert_eq!(body, Ok(Vec::new())),
            (_, body) => assert!(serde_json::from_slice::<Value>(&body.unwrap()).is_err()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn delays_and_latency_only_delay() {
    let faults = "get_workspaces_stats:1:delay@200".parse().unwrap();
    let bench = Bench::with(Options {
        faults,
        latency: Duration::from_millis(20),
        ..Options::default()
    })
    .await;
    let begun = Instant::now();
    assert_eq!(bench.get("/api/v1/workspaces/stats").await.status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(220));
}

#[tokio::test]
async fn tokens_can_end_in_the_middle() {
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
async fn a_silent_request_does_not_hold_up_the_stop() {
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
    let begun = Instant::now();
    bench.running.stop().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(waiting.await.unwrap().is_err());
}

#[tokio::test]
async fn a_fault_of_no_operation_does_not_start() {
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
