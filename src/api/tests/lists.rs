//! Tests of listing workspaces: pages, and incomplete or inconsistent lists.

use super::{SECRET, STATS, Seen, Stub, WORKSPACES, id, ok, quick, status, workspace};
use crate::api::{ApiErrorKind, Effect, Limits, Listing, Options};
use crate::events::Sinks;
use crate::model::Completeness;
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::BTreeSet;

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
async fn first_page_under_way_is_decoded_with_the_texts_that_are_allowed_by_then() {
    let stub = Stub::start(|seen| {
        let rows = json!({"data": [workspace(1, SECRET)], "next": ""});
        pages(seen, 1, |_| rows.clone())
    })
    .await;
    for allowed in [Some(SECRET), None] {
        let session = stub.session().await;
        let reader = session.reader();
        let before = stub.count("GET", WORKSPACES);
        let page = reader.request_first_page();
        while stub.count("GET", WORKSPACES) == before {
            tokio::task::yield_now().await;
        }
        session.allow_texts(allowed);
        let listing = reader.workspaces_from(Some(page), &Sinks::default()).await;
        let listing = listing.unwrap();
        assert_eq!(listing.completeness, Completeness::Complete);
        let mut names = listing.items.values().map(|workspace| &workspace.name);
        assert!(names.all(|name| (name == SECRET) == allowed.is_some()));
        assert_eq!(stub.count("GET", WORKSPACES), before + 1);
    }
}

#[tokio::test]
async fn first_page_under_way_serves_the_first_of_several_listings() {
    let stub = Stub::start(|seen| {
        let rows = json!({"data": [workspace(1, "x")], "next": ""});
        pages(seen, 2, |_| rows.clone())
    })
    .await;
    let reader = stub.session().await.reader();
    let page = reader.request_first_page();
    let listing = reader.workspaces_from(Some(page), &Sinks::default()).await;
    assert!(flaw(&listing.unwrap()).contains("statistics count 2"));
    assert_eq!(stub.count("GET", WORKSPACES), 3);
}

#[tokio::test]
async fn count_that_differs_is_read_again_before_the_list() {
    // A workspace was created after the first count.
    let stub = Stub::start(|seen| {
        let rows = json!({"data": [workspace(1, "x"), workspace(2, "y")], "next": ""});
        let counted = if seen.nth == 0 { 1 } else { 2 };
        pages(seen, counted, |_| rows.clone())
    })
    .await;
    assert_eq!(list(&stub).await.completeness, Completeness::Complete);
    assert_eq!(stub.count("GET", STATS), 2);
    assert_eq!(stub.count("GET", WORKSPACES), 1);
}

#[tokio::test]
async fn list_that_equals_an_early_count_only_is_read_again() {
    // A workspace is created while the pages are read, and the pages miss it.
    let stub = Stub::start(|seen| {
        let counted = if seen.nth == 0 { 101 } else { 102 };
        pages(seen, counted, |cursor| {
            let (rows, next) = if cursor.is_empty() {
                (0..100, "c")
            } else {
                (100..101, "")
            };
            let rows: Vec<Value> = rows.map(|n| workspace(n, "x")).collect();
            json!({"data": rows, "next": next})
        })
    })
    .await;
    let listing = list(&stub).await;
    assert!(
        flaw(&listing).contains("statistics count 102"),
        "{listing:?}"
    );
}

#[tokio::test]
async fn listing_of_names_asks_for_each_name_on_each_page() {
    let stub = Stub::start(move |seen| {
        pages(seen, 2, |cursor| {
            let next = if cursor.is_empty() { "b" } else { "" };
            let number = if cursor.is_empty() { 1 } else { 2 };
            json!({"data": [workspace(number, "x")], "next": next})
        })
    })
    .await;
    let names = BTreeSet::from(["a&b".to_owned(), "c".to_owned()]);
    let reader = stub.session().await.reader();
    let listing = reader.workspaces_named(&names, &Sinks::default()).await;
    assert_eq!(listing.unwrap().items.len(), 2);
    let seen = stub.seen().into_iter();
    let queries: Vec<String> = seen
        .filter(|seen| seen.is("GET", WORKSPACES))
        .map(|seen| seen.query)
        .collect();
    let expected = ["a%26b", "a%26b&cursor=b", "c", "c&cursor=b"];
    let expected = expected.map(|query| format!("limit=100&name_contains={query}"));
    assert_eq!(queries, expected);
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

/// The error of a listing that does not end.
async fn endless(stub: &Stub, limits: Limits) -> String {
    let session = stub.open(Options { limits, ..quick() }).await.unwrap();
    let error = session.reader().workspaces(&Sinks::default()).await;
    let error = error.unwrap_err();
    assert!(
        matches!(error.kind(), ApiErrorKind::EndlessList(_)),
        "{error}"
    );
    assert_eq!(error.effect(), Effect::None);
    error.to_string()
}

#[tokio::test]
async fn listing_with_circular_pages_is_endless() {
    let stub = Stub::start(|seen| {
        pages(
            seen,
            1,
            |_| json!({"data": [workspace(1, "x")], "next": "again"}),
        )
    })
    .await;
    assert_eq!(
        endless(&stub, Limits::default()).await,
        "the list of workspaces does not end: a page has no new workspace, and links to another page"
    );
    assert_eq!(stub.count("GET", WORKSPACES), 3 * 2);
}

#[tokio::test]
async fn listing_with_empty_page_and_next_is_endless() {
    let stub = Stub::start(|seen| {
        let next = json!({"data": [], "next": format!("c{}", seen.nth)});
        pages(seen, 1, |_| next.clone())
    })
    .await;
    endless(&stub, Limits::default()).await;
    assert_eq!(stub.count("GET", WORKSPACES), 3);
}

/// A page of 100 new workspaces and a link to another page.
fn new_page(seen: &Seen) -> Value {
    let first = 100 * u128::try_from(seen.nth).unwrap();
    let rows: Vec<Value> = (first..first + 100).map(|n| workspace(n, "x")).collect();
    json!({"data": rows, "next": format!("c{}", seen.nth)})
}

#[tokio::test]
async fn listing_beyond_twice_the_count_is_endless() {
    let stub = Stub::start(|seen| pages(seen, 50, |_| new_page(seen))).await;
    let limits = Limits {
        listings: 1,
        ..Limits::default()
    };
    assert_eq!(
        endless(&stub, limits).await,
        "the list of workspaces does not end: 1200 rows were read, and up to 1100 are expected"
    );
    assert_eq!(stub.count("GET", WORKSPACES), 12);
    assert_eq!(stub.count("GET", STATS), 1);
}

#[tokio::test]
async fn listing_with_false_count_or_without_count_is_bounded() {
    let false_count =
        "the statistics count 4611686018427387904 workspaces, and airlift reads up to 1500";
    let no_count = "1600 rows were read, and airlift reads up to 1500";
    for (count, pages_read, reason) in [
        (Some(1 << 62), 11, false_count),
        (Some(1_000), 16, no_count),
        (None, 16, no_count),
    ] {
        let stub = Stub::start(move |seen| match (seen.path.as_str(), count) {
            (STATS, None) => Some(status(404, &json!({}))),
            _ => pages(seen, count.unwrap_or_default(), |_| new_page(seen)),
        })
        .await;
        let limits = Limits {
            rows: 1_500,
            ..Limits::default()
        };
        let error = endless(&stub, limits).await;
        assert_eq!(
            error,
            format!("the list of workspaces does not end: {reason}")
        );
        assert_eq!(stub.count("GET", WORKSPACES), pages_read);
    }
}

#[tokio::test]
async fn listing_with_long_names_is_bounded() {
    let stub = Stub::start(|seen| pages(seen, 1_000, |_| new_page(seen))).await;
    let limits = Limits {
        text: 2_000,
        ..Limits::default()
    };
    let error = endless(&stub, limits).await;
    assert!(
        error.ends_with("bytes, and airlift reads up to 2000"),
        "{error}"
    );
    assert!(stub.count("GET", WORKSPACES) <= 10, "{error}");
}

#[tokio::test]
async fn listing_of_many_workspaces_is_complete() {
    let stub = Stub::start(|seen| {
        pages(seen, 2_000, |_| {
            let mut page = new_page(seen);
            if seen.nth == 19 {
                page["next"] = json!(null);
            }
            page
        })
    })
    .await;
    let listing = list(&stub).await;
    assert_eq!(listing.completeness, Completeness::Complete);
    assert_eq!(listing.items.len(), 2_000);
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
            |_| json!({"data": [workspace(1, "x")], "next": format!("{WORKSPACES}?page=2")}),
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
