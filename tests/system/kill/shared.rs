//! A ledger in an object store, as `moto` plays S3 over HTTP: two machines that come and go. Needs
//! `AIRLIFT_TEST_MOTO`, the path of a `moto_server` program.

use super::bench::{Bench, Ran, ended, fair};
use airlift::sandbox::Running;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PLACE: &str = "--ledger s3://ledgers/team/airlift";

/// The server, ended with the test.
struct Moto {
    server: Child,
    address: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Moto {
    /// Started, with an empty bucket.
    async fn start() -> Self {
        let program = std::env::var("AIRLIFT_TEST_MOTO").unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let place = port.local_addr().unwrap();
        drop(port);
        let mut server = Command::new(program);
        server.args(["-H", "127.0.0.1", "-p", &place.port().to_string()]);
        server.stdout(Stdio::null()).stderr(Stdio::null());
        let moto = Self {
            server: server.spawn().unwrap(),
            address: format!("http://{place}"),
        };
        let _installed_by_another_test = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let scope = "Credential=key/20260101/us-east-1/s3/aws4_request";
        let scope = format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0");
        let begun = Instant::now();
        loop {
            let bucket = format!("{}/ledgers", moto.address);
            let made = client.put(bucket).header("Authorization", &scope);
            if let Ok(answer) = made.send().await {
                assert!(answer.status().is_success(), "{}", answer.status());
                return moto;
            }
            let waited = begun.elapsed();
            assert!(
                waited < Duration::from_mins(1),
                "the server does not answer"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn command(&self, bench: &Bench, running: &Running, line: &str) -> Command {
        let mut command = bench.command(running, &format!("{line} {PLACE}"));
        command
            .env("AWS_ENDPOINT", &self.address)
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "key")
            .env("AWS_SECRET_ACCESS_KEY", "object-store-secret");
        command
    }

    async fn run(&self, bench: &Bench, running: &Running, line: &str) -> Ran {
        ended(self.command(bench, running, line)).await
    }
}

#[ignore = "needs a server: AIRLIFT_TEST_MOTO"]
#[tokio::test(flavor = "multi_thread")]
async fn machines_that_come_and_go_share_a_ledger() {
    let moto = Moto::start().await;
    let bench = Bench::new(3);
    let running = bench.serve("").await;
    let plan = "plan --detailed-exitcode";
    moto.run(&bench, &running, "apply --auto-approve")
        .await
        .must(0);
    assert!(!bench.path(".airlift/ledger").exists());
    // Another machine has the files, and knows the rest from the store.
    let other = bench.copy();
    moto.run(&other, &running, plan).await.must(0);
    other.secret(2, "rotated");
    moto.run(&other, &running, plan).await.must(2);

    // Killed where it creates, with the lock held.
    running
        .set_faults(
            "create_integrations_connectors:1:timeout-after"
                .parse()
                .unwrap(),
        )
        .unwrap();
    let mut killed = moto.command(&other, &running, "apply --auto-approve");
    killed.stdout(Stdio::null()).stderr(Stdio::null());
    let mut killed = killed.spawn().unwrap();
    while running.world().connectors().count() == 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // While it lives, nobody else writes.
    bench.secret(2, "rotated");
    let refused = moto.run(&bench, &running, "apply --auto-approve").await;
    assert!(
        refused.must(1).talk.contains("error[ledger_locked]"),
        "another run is at work"
    );
    killed.kill().unwrap();
    killed.wait().unwrap();
    fair(&running);
    let begun = Instant::now();
    moto.run(&bench, &running, "apply --auto-approve")
        .await
        .must(0);
    assert!(begun.elapsed() > Duration::from_secs(45), "it was followed");
    for bench in [&bench, &other] {
        moto.run(bench, &running, plan).await.must(0);
    }
    let world = running.world();
    assert_eq!(world.connectors().count(), 3);
    let second = world.connectors().find(|one| one.name == "GitHub 2");
    let rotated = serde_json::json!({"token": "rotated"});
    assert!(running.holds_credentials(second.unwrap().id, &rotated));
}

#[ignore = "needs a server: AIRLIFT_TEST_MOTO"]
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_used_is_told() {
    let moto = Moto::start().await;
    let bench = Bench::new(1);
    let running = bench.serve("").await;
    let mut elsewhere = bench.command(&running, "plan --ledger s3://no-such-bucket/x");
    elsewhere
        .env("AWS_ENDPOINT", &moto.address)
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "object-store-secret");
    let ran = ended(elsewhere).await.must(1);
    assert!(ran.talk.contains("error[ledger_failed]"), "{}", ran.talk);
    assert!(!ran.talk.contains("object-store-secret"));
    let unknown = bench
        .run(&running, "plan --ledger ftp://somewhere/x")
        .await
        .must(1);
    assert!(unknown.talk.contains("s3://BUCKET/DIR"), "{}", unknown.talk);
}
