//! Responsible for testing the operations on workspaces.

use super::*;

#[tokio::test]
async fn list_over_all_pages_returns_each_workspace_once() {
    let bench = Bench::new().await;
    for number in 0..120 {
        bench.scoped_token(&format!("customer {number:03}")).await;
    }
    let first = bench.get("/api/v1/workspaces").await;
    assert_eq!(first.body["data"].as_array().unwrap().len(), 20);
    let mut names = Vec::new();
    let mut target =
        "/api/v1/workspaces?limit=50&name_contains=Customer%20&status=active".to_owned();
    loop {
        let page = bench.get(&target).await;
        names.extend(
            page.body["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|w| text(&w["name"])),
        );
        let Some(next) = page.body["next"].as_str() else {
            break;
        };
        target = next
            .strip_prefix(&bench.running.origin())
            .unwrap()
            .to_owned();
    }
    assert_eq!(
        names,
        (0..120)
            .map(|n| format!("customer {n:03}"))
            .collect::<Vec<_>>()
    );
    assert_eq!(
        bench.get("/api/v1/workspaces?cursor=nonsense").await.status,
        422
    );
}

#[tokio::test]
async fn list_above_maximum_page_size_is_shortened() {
    let bench = Bench::with(Options {
        page_size_max: 2,
        ..Options::default()
    })
    .await;
    for name in ["a", "b", "c"] {
        bench.scoped_token(name).await;
    }
    let page = bench.get("/api/v1/workspaces?limit=100").await;
    assert_eq!(page.body["data"].as_array().unwrap().len(), 2);
    assert!(page.body["next"].is_string());
}

#[tokio::test]
async fn update_of_workspace_changes_given_fields() {
    let bench = Bench::new().await;
    let path = bench.workspace("acme").await;
    let other = bench.workspace("other").await;
    let changed = bench
        .put(
            &path,
            json!({"name": "acme-corp", "status": "inactive", "cache_enabled": true}),
        )
        .await
        .body;
    assert_eq!(
        (
            &changed["name"],
            &changed["status"],
            &changed["cache_enabled"]
        ),
        (&json!("acme-corp"), &json!("inactive"), &json!(true))
    );
    let activated = bench.put(&path, json!({"status": "active"})).await.body;
    assert_eq!(activated["cache_enabled"], true);
    assert_eq!(
        bench.put(&path, json!({"cache_enabled": null})).await.body["cache_enabled"],
        Value::Null
    );
    for null in [
        json!({"name": null}),
        json!({"status": null}),
        json!({"status": "paused"}),
        json!({"color": "red"}),
        json!({"name": ""}),
    ] {
        assert_eq!(bench.put(&path, null).await.status, 422);
    }
    assert_eq!(
        bench.put(&other, json!({"name": "acme-corp"})).await.status,
        400
    );
    assert_eq!(
        bench.put(&other, json!({"name": "other"})).await.status,
        200
    );
}

#[tokio::test]
async fn workspace_after_rename_leaves_old_name_free() {
    let bench = Bench::new().await;
    let path = bench.workspace("old").await;
    bench.put(&path, json!({"name": "new"})).await;
    assert_eq!(
        bench
            .get(&format!("{CONNECTORS}?workspace_name=old"))
            .await
            .status,
        404
    );
    assert_eq!(
        bench
            .get(&format!("{CONNECTORS}?workspace_name=new"))
            .await
            .status,
        200
    );
    assert_ne!(bench.workspace("old").await, path);
}

#[tokio::test]
async fn delete_of_workspace_deletes_its_connectors() {
    let bench = Bench::new().await;
    let path = bench.workspace("acme").await;
    let connector = bench.connector("acme").await;
    let before = bench.get("/api/v1/workspaces/stats").await.body;
    assert_eq!(
        before,
        json!({"active_count": 2, "inactive_count": 0, "total_count": 2})
    );
    assert_eq!(bench.delete(&path).await.status, 200);
    for gone in [&path, &connector] {
        assert_eq!(bench.get(gone).await.status, 404);
        assert_eq!(bench.delete(gone).await.status, 404);
    }
    assert_eq!(
        bench.get("/api/v1/workspaces/stats").await.body["total_count"],
        1
    );
    let world = bench.running.world();
    assert_eq!((world.deleted_workspaces, world.deleted_connectors), (1, 1));
    assert_ne!(bench.workspace("acme").await, path);
}

#[tokio::test]
async fn default_workspace_cannot_be_deleted_or_renamed() {
    let bench = Bench::new().await;
    let path = bench.workspace("default").await;
    assert_eq!(bench.delete(&path).await.status, 400);
    assert_eq!(bench.put(&path, json!({"name": "other"})).await.status, 400);
    assert_eq!(bench.get(&path).await.body["name"], "default");
}
