//! Responsible for responses that are well-formed and contradict the world, as caches, races and newer versions of
//! the API produce them.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::fault_kind::InconsistentResponse;
use super::operations::restart_cursor;

/// The number of items on a page of an endless listing: the largest page of the contract.
const ENDLESS_PAGE: usize = 100;

/// Makes a body contradict the world. `target` is the request's path and query.
pub(crate) fn contradict(response: InconsistentResponse, target: &str, mut body: Value) -> Value {
    let Some(object) = body.as_object_mut() else {
        return body;
    };
    if response == InconsistentResponse::Unknown {
        add_unknown_fields(object);
        return body;
    }
    let has_pages = object.contains_key("next");
    if let Some(items) = object.get_mut("data").and_then(Value::as_array_mut) {
        if response == InconsistentResponse::Endless && has_pages {
            replace_by_new_items(items);
        }
        change_items(response, items);
        change_next(response, target, object);
    }
    body
}

fn change_items(response: InconsistentResponse, items: &mut Vec<Value>) {
    match response {
        InconsistentResponse::Stale => drop(items.pop()),
        InconsistentResponse::Missing if !items.is_empty() => drop(items.remove(0)),
        InconsistentResponse::Twice => items.extend(items.first().cloned()),
        InconsistentResponse::Renamed => items.extend(items.first().map(renamed)),
        InconsistentResponse::Short => items.truncate(items.len() / 2),
        InconsistentResponse::Reversed => items.reverse(),
        _ => {}
    }
}

/// The item under another name.
fn renamed(item: &Value) -> Value {
    let mut item = item.clone();
    if let Some(Value::String(name)) = item.get_mut("name") {
        name.push_str(" (renamed)");
    }
    item
}

/// Changes the link to the next page of a listing.
fn change_next(response: InconsistentResponse, target: &str, object: &mut Map<String, Value>) {
    let Some(next) = object.get_mut("next") else {
        return;
    };
    match response {
        InconsistentResponse::Short => *next = Value::Null,
        InconsistentResponse::Loop => *next = json!(format!("http://127.0.0.1{target}")),
        InconsistentResponse::Foreign => *next = json!(format!("http://elsewhere.invalid{target}")),
        InconsistentResponse::Endless | InconsistentResponse::Repeated => {
            *next = json!(first_page(target));
        }
        _ => {}
    }
}

/// Fills the page with items that no page had before.
fn replace_by_new_items(items: &mut Vec<Value>) {
    let Some(template) = items.first().cloned() else {
        return;
    };
    items.clear();
    items.resize_with(ENDLESS_PAGE, || {
        let mut item = template.clone();
        let id = Uuid::new_v4();
        item["id"] = json!(id);
        item["name"] = json!(format!("endless {id}"));
        item
    });
}

/// A link to the first page of the same listing, with a new cursor in every call.
fn first_page(target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut parameters = vec![format!("cursor={}", restart_cursor())];
    let others = query
        .split('&')
        .filter(|parameter| !parameter.is_empty() && !parameter.starts_with("cursor="));
    parameters.extend(others.map(str::to_owned));
    format!("{path}?{}", parameters.join("&"))
}

/// Adds fields and values that a future version of the API might have.
fn add_unknown_fields(object: &mut Map<String, Value>) {
    for item in object
        .get_mut("data")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        item.as_object_mut()
            .into_iter()
            .for_each(add_unknown_fields);
    }
    if object.get("status").is_some_and(Value::is_string) {
        object.insert("status".into(), json!("hibernating"));
    }
    object.insert("brand_new".into(), json!({"since": [1, null]}));
}

/// The body with its values replaced by numbers.
pub(crate) fn wrong_types(body: Value) -> Value {
    match body {
        Value::Object(object) => object.into_iter().map(|(key, _)| (key, json!(7))).collect(),
        _ => json!(7),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contradicted(response: InconsistentResponse) -> Value {
        contradict(
            response,
            "/list?limit=3",
            json!({"next": "n", "data": [1, 2, 3, 4]}),
        )
    }

    #[test]
    fn contradict_listing_changes_items_or_next_page() {
        for (response, next, data) in [
            (InconsistentResponse::Stale, json!("n"), json!([1, 2, 3])),
            (InconsistentResponse::Missing, json!("n"), json!([2, 3, 4])),
            (
                InconsistentResponse::Twice,
                json!("n"),
                json!([1, 2, 3, 4, 1]),
            ),
            (InconsistentResponse::Short, Value::Null, json!([1, 2])),
            (
                InconsistentResponse::Reversed,
                json!("n"),
                json!([4, 3, 2, 1]),
            ),
            (
                InconsistentResponse::Loop,
                json!("http://127.0.0.1/list?limit=3"),
                json!([1, 2, 3, 4]),
            ),
            (
                InconsistentResponse::Foreign,
                json!("http://elsewhere.invalid/list?limit=3"),
                json!([1, 2, 3, 4]),
            ),
        ] {
            assert_eq!(
                contradicted(response),
                json!({"next": next, "data": data}),
                "{response:?}"
            );
        }
    }

    #[test]
    fn contradict_with_renamed_repeats_id_under_another_name() {
        let body = contradict(
            InconsistentResponse::Renamed,
            "/list",
            json!({"data": [{"id": "1", "name": "a"}]}),
        );
        let data = json!([{"id": "1", "name": "a"}, {"id": "1", "name": "a (renamed)"}]);
        assert_eq!(body, json!({"data": data}));
    }

    #[test]
    fn contradict_with_endless_returns_new_items_and_next_page() {
        let page = |target: &str| {
            contradict(
                InconsistentResponse::Endless,
                target,
                json!({"next": null, "data": [{"id": "1", "name": "a"}]}),
            )
        };
        let first = page("/list?limit=3");
        let next = first["next"].as_str().unwrap();
        let second = page(next);
        assert!(next.starts_with("/list?cursor=") && next.ends_with("&limit=3"));
        assert_ne!(second["next"], first["next"]);
        assert_eq!(first["data"].as_array().unwrap().len(), ENDLESS_PAGE);
        assert_ne!(second["data"][0], first["data"][0]);
    }

    #[test]
    fn contradict_with_repeated_returns_same_items_and_next_page() {
        let body = contradicted(InconsistentResponse::Repeated);
        assert_eq!(body["data"], json!([1, 2, 3, 4]));
        assert_ne!(
            contradicted(InconsistentResponse::Repeated)["next"],
            body["next"]
        );
    }

    #[test]
    fn contradict_with_unknown_changes_body_and_items() {
        let body = contradict(
            InconsistentResponse::Unknown,
            "/",
            json!({"data": [{"status": "active"}]}),
        );
        let new = json!({"since": [1, null]});
        let item = json!({"status": "hibernating", "brand_new": new});
        assert_eq!(body, json!({"data": [item], "brand_new": new}));
    }
}
