//! Creations that take effect after their run was killed: while the next run searches for them, and
//! after the next run has created the same connector again.

use super::bench::{Bench, clear_faults, create};
use airlift::sandbox::Sandbox;
use serde_json::json;

/// A run that was killed after it sent the creation of `c1/GitHub 1`, which has no effect yet.
async fn killed() -> (Bench, Sandbox) {
    let bench = Bench::new(1);
    let running = bench
        .serve("create_integrations_connectors:1:timeout-before")
        .await;
    bench
        .run_until_fault(&running, "apply --auto-approve")
        .await;
    clear_faults(&running);
    assert_eq!(running.world().connectors().count(), 0);
    (bench, running)
}

async fn ends_with_one(bench: &Bench, running: &Sandbox, secret: &str) {
    let plan = bench.run(running, "plan --detailed-exitcode").await;
    plan.exits(0);
    assert!(
        !plan.stdout.contains("nverified") && !plan.stdout.contains("nmanaged (1 conn"),
        "{}",
        plan.stdout
    );
    let world = running.world();
    let all: Vec<_> = world.connectors().collect();
    assert_eq!(all.len(), 1, "{world:#?}");
    let has_secret = running.holds_credentials(all[0].id, &json!({"token": secret}));
    assert!(has_secret, "{world:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn creation_in_flight_is_awaited_by_the_next_run() {
    let (bench, running) = killed().await;
    let child = bench.command(&running, "apply --auto-approve --settle-timeout 3600");
    let run = tokio::spawn(super::bench::ended(child));
    let listings = |running: &Sandbox| {
        let log = running.log();
        let is_listing = |request: &&airlift::sandbox::testing::RequestRecord| {
            request.operation.as_deref() == Some("list_integrations_connectors")
        };
        log.iter().filter(is_listing).count()
    };
    let before = listings(&running);
    while listings(&running) < before + 2 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let created = create(&running, "c1", "GitHub 1", "first-1").await;
    let ran = run.await.unwrap();
    ran.exits(0);
    ran.complains("an interrupted run may have created");
    assert!(ran.stdout.starts_with("No changes."), "{}", ran.stdout);
    assert_eq!(
        running
            .world()
            .connectors()
            .next()
            .map(|connector| connector.id),
        Some(created)
    );
    ends_with_one(&bench, &running, "first-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn creation_after_the_next_run_is_owned_and_deleted() {
    // With the same secret and with a changed one.
    for second in ["first-1", "second-1"] {
        let (bench, running) = killed().await;
        bench.secret(1, second);
        let apply = "apply --auto-approve --settle-timeout 0";
        bench.run(&running, apply).await.exits(0);
        let own = running.world().connectors().next().unwrap().id;
        let late = create(&running, "c1", "GitHub 1", "first-1").await;
        let plan = bench.run(&running, "plan --settle-timeout 0").await;
        plan.exits(0);
        assert!(
            plan.stdout.contains("1 to destroy") && !plan.stdout.contains("nmanaged (1 conn"),
            "{}",
            plan.stdout
        );
        bench.run(&running, apply).await.exits(0);
        ends_with_one(&bench, &running, second).await;
        // The late connector is newer, so the recorded one stays.
        let world = running.world();
        assert!(
            world
                .connectors()
                .all(|connector| connector.id == own && connector.id != late)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connector_created_elsewhere_with_other_name_is_unmanaged() {
    let (bench, running) = killed().await;
    let apply = "apply --auto-approve --settle-timeout 0";
    bench.run(&running, apply).await.exits(0);
    let theirs = create(&running, "c1", "GitHub 2", "theirs").await;
    bench.run(&running, apply).await.exits(0);
    assert!(
        running
            .world()
            .connectors()
            .any(|connector| connector.id == theirs)
    );
}
