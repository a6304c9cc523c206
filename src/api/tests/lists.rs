//! Tests of listing workspaces: pages, and incomplete or inconsistent lists.

use super::{STATS, Seen, Stub, WORKSPACES, id, ok, quick, status, workspace};
use crate::api::{Limits, Listing, Options};
use crate::events::Sinks;
use crate::model::Completeness;
use axum::response::Response;
use serde_json::{Value, json};

/// Responses with the page of a cursor, and with the statistics.
fn pages(seen: &Seen, total: u64, page: impl Fn(&str) -> Value) -> Option<Response> {
    let cursor = seen
        .query
        .split('&')
        .find_map(|pair| pair.strip_prefix("cursor="));
    match seen.path.as_str() {
        STATS => Some(ok(
            &json!({"active_count": total, "inactive_count": 0, "total_count": total}),
        )),
        WORKSPACES => Some(ok(&page(cursor.unwrap_or_default()))),
        _ => None,
    }
}

async fn list(stub: &Stub) -> Listing {
    let reader = stub.session().await.reader();
    reader.workspaces(&Sinks::default()).await.unwrap()
}

fn flaw(listing: &Listing) -> &str {
    match &listing.completeness {
        Completeness::Complete => "",
        Completeness::Incomplete(flaw) => flaw,
    }
}

#[tokio::test]
async fn listing_follows_every_form_of_next_on_own_origin() {
    let stub = Stub::start(move |seen| {
        pages(seen, 5, |cursor| {
            let (n, next) = match cursor {
                "" => (1, format!("{WORKSPACES}?limit=100&cursor=b%3D")),
                "b%3D" => (2, format!("{WORKSPACES}?cursor=c")),
                "c" => (3, "?limit=1&cursor=d".to_owned()),
                "d" => (4, "e+/==".to_owned()),
                "e%2B%2F%3D%3D" => (5, String::new()),
                other => panic!("{other}"),
            };
            json!({"data": [workspace(n, "x")], "next": next})
        })
    })
    .await;
    let listing = list(&stub).await;
    assert_eq!(listing.completeness, Completeness::Complete);
    assert_eq!(listing.items.len(), 5);
    assert_eq!(stub.count("GET", WORKSPACES), 5);
    assert!(
        stub.last("GET", WORKSPACES)
            .query
            .starts_with("limit=100&cursor=")
    );
}

#[tokio::test]
async fn listing_with_next_page_on_another_host_is_incomplete() {
    let foreign = Stub::start(|_| None).await;
    let host = foreign.address.clone();
    let stub = Stub::start(move |seen| {
        pages(seen, 2, |_| {
            let next = format!("{host}{WORKSPACES}?cursor=b");
            json!({"data": [workspace(1, "x")], "next": next})
        })
    })
    .await;
    let listing = list(&stub).await;
    assert!(flaw(&listing).contains("another host"), "{listing:?}");
    assert!(foreign.seen().is_empty());
}

#[tokio::test]
async fn listing_with_circular_pages_is_incomplete() {
    let stub = Stub::start(|seen| {
        pages(
            seen,
            1,
            |_| json!({"data": [workspace(1, "x")], "next": "again"}),
        )
    })
    .await;
    let listing = list(&stub).await;
    assert_eq!(flaw(&listing), "a page links to an earlier page");
    assert_eq!(stub.count("GET", WORKSPACES), 3 * 2);
}

#[tokio::test]
async fn listing_with_endless_pages_is_incomplete() {
    let stub = Stub::start(|seen| {
        let next = json!({"data": [], "next": format!("c{}", seen.nth)});
        pages(seen, 1, |_| next.clone())
    })
    .await;
    let limits = Limits {
        pages: 7,
        listings: 1,
        ..Limits::default()
    };
    let session = stub.open(Options { limits, ..quick() }).await.unwrap();
    let listing = session
        .reader()
        .workspaces(&Sinks::default())
        .await
        .unwrap();
    assert_eq!(flaw(&listing), "no end after 7 pages");
}

#[tokio::test]
async fn listing_with_missing_workspace_is_read_three_times() {
    let stub = Stub::start(|seen| {
        pages(
            seen,
            2,
            |_| json!({"data": [workspace(1, "x")], "next": null}),
        )
    })
    .await;
    let listing = list(&stub).await;
    assert_eq!(
        flaw(&listing),
        "1 workspaces are listed, the statistics count 2"
    );
    assert_eq!(stub.count("GET", WORKSPACES), 3);
}

#[tokio::test]
async fn listing_that_is_complete_at_second_read_is_complete() {
    let stub = Stub::start(|seen| {
        let data = match seen.nth {
            0 => vec![workspace(1, "x")],
            _ => vec![workspace(1, "x"), workspace(2, "y")],
        };
        pages(seen, 2, |_| json!({"data": data}))
    })
    .await;
    let listing = list(&stub).await;
    assert_eq!(listing.completeness, Completeness::Complete);
    assert_eq!(listing.items.len(), 2);
}

#[tokio::test]
async fn listing_with_duplicate_and_tombstone_is_incomplete() {
    let stub = Stub::start(|seen| {
        let mut deleted = workspace(2, "deleted");
        deleted["tombstone"] = json!(true);
        pages(
            seen,
            1,
            |_| json!({"data": [workspace(1, "x"), deleted, workspace(1, "x")]}),
        )
    })
    .await;
    let listing = list(&stub).await;
    assert_eq!(
        flaw(&listing),
        format!("workspace {} was listed twice", id(1))
    );
    assert_eq!(listing.items.len(), 1);
}

#[tokio::test]
async fn listing_with_link_without_cursor_is_incomplete() {
    let stub = Stub::start(|seen| {
        pages(
            seen,
            1,
            |_| json!({"data": [], "next": format!("{WORKSPACES}?page=2")}),
        )
    })
    .await;
    assert_eq!(
        flaw(&list(&stub).await),
        "the link to the next page leads to another host or has no cursor"
    );
}

#[tokio::test]
async fn listing_without_statistics_is_incomplete() {
    let stub = Stub::start(|seen| match seen.path.as_str() {
        STATS => Some(status(404, &json!({}))),
        _ => pages(seen, 0, |_| json!({"data": []})),
    })
    .await;
    assert_eq!(
        flaw(&list(&stub).await),
        "the server has no statistics to compare with"
    );
}
