//! Tests of many calls at a time: 429, rate limit, outages, recovery, tokens. The clock is simulated
//! and stops while a task works, so that a busy machine does not change the results.

use super::{Stub, TOKEN, id, ok, quick, status, token, workspace, workspace_path};
use crate::api::{
    ApiError, ApiErrorKind, CircuitOptions, Effect, Load, Options, RetryPolicy, Session, Workspace,
};
use crate::events::recorder::Recorder;
use crate::model::{ConnectorId, WorkspaceId};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream;
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

type ReadResult = Result<Option<Workspace>, ApiError>;

async fn read(session: &Session, times: usize) -> Vec<ReadResult> {
    let reader = session.reader();
    join_all((0..times).map(|_| reader.workspace(WorkspaceId(id(5))))).await
}

fn failed(calls: &[ReadResult]) -> usize {
    calls.iter().filter(|call| call.is_err()).count()
}

fn workspace_response() -> Response {
    ok(&workspace(5, "a"))
}

fn throttled(seconds: &'static str) -> Response {
    let mut response = status(429, &json!({}));
    let value = axum::http::HeaderValue::from_static(seconds);
    response.headers_mut().insert("retry-after", value);
    response.into_response()
}

fn parallel(parallelism: usize) -> Options {
    Options {
        load: Load {
            parallelism,
            ..Load::default()
        },
        ..quick()
    }
}

fn reads(stub: &Stub) -> usize {
    stub.count("GET", &workspace_path(5))
}

/// A server that fails while the flag is set.
async fn failing(down: &Arc<AtomicBool>) -> Stub {
    let down = Arc::clone(down);
    Stub::start(move |seen| match seen.path.as_str() {
        TOKEN => None,
        _ if down.load(Ordering::SeqCst) => Some(status(503, &json!({}))),
        _ => Some(workspace_response()),
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn concurrency_limit_converges_to_capacity_of_server() {
    let (inside, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (inside_of, refused_of) = (Arc::clone(&inside), Arc::clone(&refused));
    let stub = Stub::start_slow(move |seen| {
        let (inside, refused) = (Arc::clone(&inside_of), Arc::clone(&refused_of));
        async move {
            if seen.path == TOKEN {
                return None;
            }
            let crowded = inside.fetch_add(1, Ordering::SeqCst) >= 6;
            if !crowded {
                sleep(Duration::from_millis(3)).await;
            }
            inside.fetch_sub(1, Ordering::SeqCst);
            refused.fetch_add(usize::from(crowded), Ordering::SeqCst);
            Some(if crowded {
                status(429, &json!({}))
            } else {
                workspace_response()
            })
        }
    })
    .await;
    let session = stub.open(parallel(64)).await.unwrap();
    let calls = read(&session, 600).await;
    assert_eq!(failed(&calls), 0);
    let refused = refused.load(Ordering::SeqCst);
    assert!((1..=90).contains(&refused), "{refused} of 600 refused");
}

#[tokio::test]
async fn freed_place_with_waiting_call_starts_it_before_the_response_is_processed() {
    let stub = Stub::start(|seen| (seen.path != TOKEN).then(workspace_response)).await;
    let session = stub.open(parallel(1)).await.unwrap();
    let steps: Arc<Mutex<Vec<&str>>> = Arc::default();
    let started = Arc::clone(&steps);
    session.guard_writes(move || {
        started.lock().unwrap().push("started");
        true
    });
    let write = async || {
        let deleted = session.writer().delete_workspace(WorkspaceId(id(5))).await;
        deleted.unwrap();
        steps.lock().unwrap().push("processed");
    };
    // As the customers of a run: each call is polled only when it can go on.
    stream::iter([write(), write()])
        .for_each_concurrent(None, |write| write)
        .await;
    let steps = steps.lock().unwrap();
    assert_eq!(*steps, ["started", "started", "processed", "processed"]);
}

#[tokio::test(start_paused = true)]
async fn rate_limit_spaces_requests() {
    let stub = Stub::start(|seen| (seen.path != TOKEN).then(workspace_response)).await;
    let options = Options {
        load: Load {
            max_rps: Some(100.0),
            ..Load::default()
        },
        ..quick()
    };
    let started = Instant::now();
    let session = stub.open(options).await.unwrap();
    assert_eq!(failed(&read(&session, 30).await), 0);
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test(start_paused = true)]
async fn retry_after_of_one_call_pauses_all_calls() {
    let since: Arc<Mutex<Option<Instant>>> = Arc::default();
    let stub = Stub::start(move |seen| {
        if seen.path == TOKEN {
            return None;
        }
        let since = *since.lock().unwrap().get_or_insert_with(Instant::now);
        let early = since.elapsed() < Duration::from_millis(150);
        Some(if early {
            throttled("1")
        } else {
            workspace_response()
        })
    })
    .await;
    let options = Options {
        retry: RetryPolicy {
            retry_after_cap: Duration::from_millis(200),
            ..quick().retry
        },
        ..parallel(8)
    };
    let session = stub.open(options).await.unwrap();
    assert_eq!(failed(&read(&session, 50).await), 0);
    assert!(reads(&stub) <= 50 + 8, "{}", reads(&stub));
}

#[tokio::test(start_paused = true)]
async fn an_outage_costs_hardly_more_than_one_attempt_each() {
    let down = Arc::new(AtomicBool::new(true));
    for (calls, parallelism) in [(20, 10), (20, 64), (200, 10), (200, 256)] {
        let stub = failing(&down).await;
        let session = stub.open(parallel(parallelism)).await.unwrap();
        let answers = read(&session, calls).await;
        assert_eq!(failed(&answers), calls);
        let requests = reads(&stub);
        // A few that ask for the service's return are a tenth of any run worth the name.
        let most = calls + (calls / 10).max(12);
        assert!(requests <= most, "{requests} for {calls}");
    }
    let stub = failing(&down).await;
    let session = stub.session().await;
    for _ in 0..20 {
        assert_eq!(failed(&read(&session, 1).await), 1);
    }
    assert!(reads(&stub) <= 22, "{}", reads(&stub));
}

#[tokio::test(start_paused = true)]
async fn calls_outlast_a_short_outage() {
    let down = Arc::new(AtomicBool::new(true));
    let stub = failing(&down).await;
    let options = Options {
        circuit: CircuitOptions {
            open_timeout: Duration::from_secs(20),
            ..quick().circuit
        },
        ..quick()
    };
    let session = stub.open(options).await.unwrap();
    let recovery = async {
        sleep(Duration::from_millis(400)).await;
        down.store(false, Ordering::SeqCst);
        Instant::now()
    };
    let (calls, since) = tokio::join!(read(&session, 50), recovery);
    assert_eq!(failed(&calls), 0);
    // Probes come every 20 ms here, not every 5 s.
    assert!(since.elapsed() < Duration::from_secs(1));
    assert!(reads(&stub) < 50 + 10 + 40, "{}", reads(&stub));
}

#[tokio::test(start_paused = true)]
async fn call_in_long_outage_fails_without_request() {
    let down = Arc::new(AtomicBool::new(true));
    let stub = failing(&down).await;
    let options = Options {
        circuit: CircuitOptions {
            probe_interval: Duration::from_mins(1),
            open_timeout: Duration::ZERO,
            ..CircuitOptions::default()
        },
        ..quick()
    };
    let session = stub.open(options).await.unwrap();
    for _ in 0..5 {
        read(&session, 1).await;
    }
    let requests = stub.seen().len();
    let writer = session.writer();
    let error = writer.delete_connector(ConnectorId(id(9))).await;
    let error = error.unwrap_err();
    assert!(
        matches!(error.kind(), ApiErrorKind::Unavailable(_)),
        "{error}"
    );
    assert_eq!(error.effect(), Effect::None);
    let text = error.to_string();
    assert!(
        text.ends_with("not sent: the service failed 3 times in a row"),
        "{text}"
    );
    assert_eq!(stub.seen().len(), requests);
}

#[tokio::test(start_paused = true)]
async fn isolated_failures_are_no_outage() {
    let response = |seen: &super::Seen| match seen.nth {
        n if n % 5 == 1 => status(503, &json!({})),
        _ => workspace_response(),
    };
    let stub = Stub::start_slow(move |seen| async move {
        sleep(Duration::from_millis(3)).await;
        (seen.path != TOKEN).then(|| response(&seen))
    })
    .await;
    let session = stub.session().await;
    assert_eq!(failed(&read(&session, 200).await), 0);
    // Also at the start of a session.
    let stub = Stub::start(|seen| {
        (seen.path != TOKEN).then(|| match seen.nth {
            0 | 1 => status(500, &json!({})),
            _ => workspace_response(),
        })
    })
    .await;
    let session = stub.session().await;
    assert_eq!(failed(&read(&session, 1).await), 0);
}

#[tokio::test(start_paused = true)]
async fn wait_for_rate_limit_is_reported_once() {
    let stub = Stub::start(|seen| (seen.path != TOKEN).then(workspace_response)).await;
    let recorder: Arc<Recorder> = Arc::default();
    let options = Options {
        load: Load {
            max_rps: Some(0.9),
            ..Load::default()
        },
        events: Some(Arc::clone(&recorder) as _),
        ..quick()
    };
    let session = stub.open(options).await.unwrap();
    assert_eq!(failed(&read(&session, 2).await), 0);
    let waits = recorder.waits();
    let [(reason, wait)] = waits.as_slice() else {
        panic!("not one wait: {waits:?}");
    };
    assert_eq!(reason, "the limit of requests per second is reached");
    assert!(*wait > Duration::from_secs(1));
}

/// A server whose tokens expire after a second.
async fn short_lived(after: impl Fn(&super::Seen) -> Response + Send + Sync + 'static) -> Stub {
    let issued: Mutex<Vec<Instant>> = Mutex::default();
    Stub::start(move |seen| {
        let mut issued = issued.lock().unwrap();
        if seen.path == TOKEN {
            issued.push(Instant::now());
            let mut short = token(issued.len() - 1);
            short["expires_in"] = json!(1);
            return Some(ok(&short));
        }
        let number = seen.header("authorization").rsplit('-').next().unwrap();
        let age = issued[number.parse::<usize>().unwrap()].elapsed();
        Some(if age < Duration::from_secs(1) {
            after(seen)
        } else {
            status(401, &json!({}))
        })
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn calls_beyond_token_lifetime_succeed() {
    let stub = short_lived(|_| workspace_response()).await;
    let session = stub.open(parallel(32)).await.unwrap();
    let end = Instant::now() + Duration::from_millis(2500);
    let reader = session.reader();
    let caller = || async {
        while Instant::now() < end {
            reader.workspace(WorkspaceId(id(5))).await.unwrap();
            sleep(Duration::from_millis(20)).await;
        }
    };
    join_all((0..32).map(|_| caller())).await;
    let tokens = stub.count("POST", TOKEN);
    assert!((3..=5).contains(&tokens), "{tokens}");
}

#[tokio::test(start_paused = true)]
async fn token_that_expires_during_wait_is_replaced_before_request() {
    let stub = short_lived(|seen| match seen.nth {
        0 => throttled("9"),
        _ => workspace_response(),
    })
    .await;
    let options = Options {
        retry: RetryPolicy {
            retry_after_cap: Duration::from_millis(1300),
            ..quick().retry
        },
        ..parallel(1)
    };
    let session = stub.open(options).await.unwrap();
    assert_eq!(failed(&read(&session, 20).await), 0);
    assert_eq!(reads(&stub), 21, "no request was rejected for its token");
    assert_eq!(stub.count("POST", TOKEN), 2);
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_for_a_token_share_its_failure() {
    let stub = Stub::start_slow(|seen| async move {
        match (seen.path.as_str(), seen.nth) {
            (TOKEN, 0) => {
                let mut short = token(0);
                short["expires_in"] = json!(1);
                Some(ok(&short))
            }
            (TOKEN, _) => {
                sleep(Duration::from_millis(50)).await;
                Some(status(501, &json!({})))
            }
            _ => Some(workspace_response()),
        }
    })
    .await;
    let session = stub.session().await;
    sleep(Duration::from_millis(1100)).await;
    assert_eq!(failed(&read(&session, 50).await), 50);
    assert_eq!(stub.count("POST", TOKEN), 2);
}
