//! Creations that take effect after their run was killed: while the next one looks for them, and
//! after it has created the same once more.

use super::bench::{Bench, create, fair};
use airlift::sandbox::Sandbox;
use serde_json::json;

/// A run that was killed with its creation of `c1/GitHub 1` on the way, and no effect of it yet.
async fn killed() -> (Bench, Sandbox) {
    let bench = Bench::new(1);
    let running = bench
        .serve("create_integrations_connectors:1:timeout-before")
        .await;
    bench
        .run_until_fault(&running, "apply --auto-approve")
        .await;
    fair(&running);
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
    let held = running.holds_credentials(all[0].id, &json!({"token": secret}));
    assert!(held, "{world:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_that_is_under_way_is_waited_for() {
    let (bench, running) = killed().await;
    let child = bench.command(&running, "apply --auto-approve --settle-timeout 3600");
    let run = tokio::spawn(super::bench::ended(child));
    // It looks, and looks again.
    let looks = |running: &Sandbox| {
        let log = running.log();
        let lists = |one: &&airlift::sandbox::testing::RequestRecord| {
            one.operation.as_deref() == Some("list_integrations_connectors")
        };
        log.iter().filter(lists).count()
    };
    let before = looks(&running);
    while looks(&running) < before + 2 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let made = create(&running, "c1", "GitHub 1", "first-1").await;
    let ran = run.await.unwrap();
    ran.exits(0);
    ran.complains("an interrupted run may have created");
    assert!(ran.stdout.starts_with("No changes."), "{}", ran.stdout);
    assert_eq!(
        running.world().connectors().next().map(|one| one.id),
        Some(made)
    );
    ends_with_one(&bench, &running, "first-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_that_comes_after_the_next_run_is_ours() {
    // With the same secret and with another one by then.
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
        // It was made later, so the one that stands stays.
        let world = running.world();
        assert!(
            world
                .connectors()
                .all(|one| one.id == own && one.id != late)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_made_meanwhile_under_another_name_is_theirs() {
    let (bench, running) = killed().await;
    let apply = "apply --auto-approve --settle-timeout 0";
    bench.run(&running, apply).await.exits(0);
    let theirs = create(&running, "c1", "GitHub 2", "theirs").await;
    bench.run(&running, apply).await.exits(0);
    assert!(running.world().connectors().any(|one| one.id == theirs));
}
