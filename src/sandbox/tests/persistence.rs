//! Responsible for testing the world file.

use super::*;
use crate::sandbox::SandboxError;

#[tokio::test(start_paused = true)]
async fn restart_keeps_world_and_ends_tokens() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        state: Some(directory.path().join("deep/world.json").into()),
        ..Options::default()
    };
    let bench = Bench::with(options.clone()).await;
    let workspace = bench.workspace("acme").await;
    let connector = bench.connector("acme").await;
    let gone = bench.connector("acme").await;
    bench.delete(&gone).await;
    let before = bench.get(&connector).await;
    let token = bench.application.clone();
    bench.running.stop().await.unwrap();

    let bench = Bench::with(options).await;
    assert_eq!(bench.get(&connector).await, before);
    assert_eq!(bench.get(&workspace).await.body["name"], "acme");
    assert_eq!(
        bench
            .ask(Some(&token), Method::GET, &workspace, None)
            .await
            .status,
        401
    );
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(bench.get(&gone).await.status, 404);
}

#[tokio::test]
async fn drop_without_stop_leaves_changes_in_journal_and_releases_the_world() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        state: Some(directory.path().join("world.json").into()),
        ..Options::default()
    };
    let bench = Bench::with(options.clone()).await;
    let workspace = bench.workspace("acme").await;
    drop(bench);
    let journal = directory.path().join("world.json.journal");
    assert!(
        std::fs::read_to_string(&journal)
            .unwrap()
            .contains("\"acme\"")
    );
    // The server task releases the world when it runs next.
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let bench = Bench::with(options).await;
    assert_eq!(bench.get(&workspace).await.body["name"], "acme");
}

#[tokio::test]
async fn world_files_contain_no_credentials_and_are_private() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("world.json");
    let bench = Bench::with(Options {
        state: Some(path.clone().into()),
        ..Options::default()
    })
    .await;
    bench.scoped_token("acme").await;
    let body = with(
        &github("acme"),
        &json!({"replication_config": {"nested": {"password": SECRET}}}),
    );
    assert_eq!(bench.post(CONNECTORS, body).await.status, 200);
    let written = || -> Vec<(String, String)> {
        let files = std::fs::read_dir(directory.path())
            .unwrap()
            .map(|f| f.unwrap().path());
        files
            .map(|f| (f.display().to_string(), std::fs::read_to_string(f).unwrap()))
            .collect()
    };
    assert!(
        written().iter().any(|(_, text)| text.contains("acme")),
        "changes are on disk before the sandbox stops"
    );
    let application = bench.application.clone();
    let running_files = written();
    bench.running.stop().await.unwrap();
    for (file, text) in running_files.into_iter().chain(written()) {
        assert!(
            !text.contains(SECRET) && !text.contains(&application),
            "{file}"
        );
    }
    #[cfg(unix)]
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &file.unwrap().metadata().unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }
    let snapshot: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(snapshot["version"], 1);
}

#[tokio::test]
async fn start_with_invalid_world_fails_and_does_not_change_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("world.json");
    std::fs::write(&path, "[]").unwrap();
    let started = start(Options {
        state: Some(path.clone().into()),
        ..Options::default()
    })
    .await;
    assert!(matches!(started, Err(SandboxError::StateCorrupt { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "[]");
}

#[tokio::test]
async fn ids_with_seed_are_reproducible() {
    let options = Options {
        seed: Some(11),
        ..Options::default()
    };
    let first = Bench::with(options.clone()).await.workspace("acme").await;
    assert_eq!(Bench::with(options).await.workspace("acme").await, first);
    assert_ne!(Bench::new().await.workspace("acme").await, first);
}
