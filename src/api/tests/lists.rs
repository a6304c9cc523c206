//! Lists that lie.

use super::{STATS, Seen, Stub, WORKSPACES, id, ok, quick, status, workspace};
use crate::api::{Limits, Listing, Options};
use crate::events::Sinks;
use crate::model::Completeness;
use axum::response::Response;
use serde_json::{Value, json};

/// Pages by cursor, and the count of the statistics.
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
async fn the_next_page_is_asked_of_the_own_origin_whatever_it_is_called() {
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
async fn a_next_page_on_another_host_is_not_believed() {
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
async fn pages_in_a_circle_end() {
    let stub = Stub::start(|seen| {
        pages(
            seen,
            1,
            |_| json!({"data": [workspace(1, "x")], "next": "again"}),
        )
    })
    .await;
    let listing = list(&stub).await;
    assert_eq!(flaw(&listing), "the pages go round in a circle");
    assert_eq!(stub.count("GET", WORKSPACES), 3 * 2);
}

#[tokio::test]
async fn endless_pages_end() {
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
async fn a_short_list_is_read_three_times() {
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
async fn a_list_that_becomes_whole_is_whole() {
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
async fn repeats_and_tombstones_are_noticed() {
    let stub = Stub::start(|seen| {
        let mut dead = workspace(2, "dead");
        dead["tombstone"] = json!(true);
        pages(
            seen,
            1,
            |_| json!({"data": [workspace(1, "x"), dead, workspace(1, "x")]}),
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
async fn a_link_without_a_cursor_and_missing_statistics_are_flaws() {
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
        "a page names its next one on another host or without a cursor"
    );
    let stub = Stub::start(|seen| match seen.path.as_str() {
        STATS => Some(status(404, &json!({}))),
        _ => pages(seen, 0, |_| json!({"data": []})),
    })
    .await;
    assert_eq!(
        flaw(&list(&stub).await),
        "the server gives no statistics to compare with"
    );
}
