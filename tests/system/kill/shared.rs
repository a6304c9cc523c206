//! A ledger in S3, which `moto` emulates over HTTP, used by two machines. Needs `AIRLIFT_TEST_MOTO`,
//! the path of a `moto_server` program.

use super::bench::{Bench, clear_faults, ended};
use crate::support::moto::Moto;
use crate::support::process::Output;
use airlift::sandbox::Sandbox;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const LEDGER: &str = "--ledger s3://ledgers/team/airlift";

/// A server with an empty bucket.
async fn started() -> Moto {
    let moto = Moto::start().await;
    let bucket = moto.http.put(format!("{}/ledgers", moto.address));
    let authorization = Moto::authorization("us-east-1", "s3");
    let created = bucket.header("Authorization", authorization).send().await;
    let status = created.unwrap().status();
    assert!(status.is_success(), "{status}");
    moto
}

/// The binary with the server as its object store.
fn command(moto: &Moto, bench: &Bench, running: &Sandbox, line: &str) -> Command {
    let mut command = bench.command(running, line);
    command
        .env("AWS_ENDPOINT", &moto.address)
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "object-store-secret");
    command
}

async fn run(moto: &Moto, bench: &Bench, running: &Sandbox, line: &str) -> Output {
    ended(command(moto, bench, running, &format!("{line} {LEDGER}"))).await
}

#[ignore = "needs a server: AIRLIFT_TEST_MOTO"]
#[tokio::test(flavor = "multi_thread")]
async fn shared_ledger_after_kill_is_taken_over() {
    let moto = started().await;
    let bench = Bench::new(3);
    let running = bench.serve("").await;
    let plan = "plan --detailed-exitcode";
    run(&moto, &bench, &running, "apply --auto-approve")
        .await
        .exits(0);
    assert!(!bench.path(".airlift/ledger").exists());
    // Another machine has the same files and reads the ledger from the store.
    let other = bench.copy();
    run(&moto, &other, &running, plan).await.exits(0);
    other.secret(2, "rotated");
    run(&moto, &other, &running, plan).await.exits(2);

    // The run is killed during a creation, while it holds the lock.
    let fault = "create_integrations_connectors:1:timeout-after".parse();
    running.set_faults(fault.unwrap()).unwrap();
    let apply = format!("apply --auto-approve {LEDGER}");
    let mut killed = command(&moto, &other, &running, &apply);
    killed.stdout(Stdio::null()).stderr(Stdio::null());
    let mut killed = killed.spawn().unwrap();
    while running.world().connectors().count() == 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // No other run writes while the first one is active.
    bench.secret(2, "rotated");
    let refused = run(&moto, &bench, &running, "apply --auto-approve").await;
    assert!(
        refused.exits(1).stderr.contains("error[ledger_locked]"),
        "the ledger is not locked"
    );
    killed.kill().unwrap();
    killed.wait().unwrap();
    clear_faults(&running);
    let started = Instant::now();
    run(&moto, &bench, &running, "apply --auto-approve")
        .await
        .exits(0);
    assert!(
        started.elapsed() > Duration::from_secs(45),
        "taken over too early"
    );
    for bench in [&bench, &other] {
        run(&moto, bench, &running, plan).await.exits(0);
    }
    let world = running.world();
    assert_eq!(world.connectors().count(), 3);
    let second = world
        .connectors()
        .find(|connector| connector.name == "GitHub 2");
    let rotated = serde_json::json!({"token": "rotated"});
    assert!(running.holds_credentials(second.unwrap().id, &rotated));
}

#[ignore = "needs a server: AIRLIFT_TEST_MOTO"]
#[tokio::test(flavor = "multi_thread")]
async fn shared_ledger_in_missing_bucket_fails_the_run() {
    let moto = Moto::start().await;
    let bench = Bench::new(1);
    let running = bench.serve("").await;
    let elsewhere = command(
        &moto,
        &bench,
        &running,
        "plan --ledger s3://no-such-bucket/x",
    );
    let ran = ended(elsewhere).await;
    ran.exits(1);
    ran.complains("error[ledger_failed]");
    assert!(!ran.stderr.contains("object-store-secret"));
    let unknown = bench.run(&running, "plan --ledger ftp://somewhere/x").await;
    unknown.exits(1);
    unknown.complains("s3://BUCKET/DIR");
}
