//! Answers that are well-formed and not true, as caches, races and newer versions give them.

use serde_json::{Map, Value, json};

use super::fault_kind::Lie;

/// What the operation answers instead. `target` is the request's path and query.
pub(crate) fn tell(lie: Lie, target: &str, mut body: Value) -> Value {
    let Some(object) = body.as_object_mut() else {
        return body;
    };
    if lie == Lie::Unknown {
        strange(object);
        return body;
    }
    if let Some(items) = object.get_mut("data").and_then(Value::as_array_mut) {
        change(lie, items);
        turn(lie, target, object);
    }
    body
}

fn change(lie: Lie, items: &mut Vec<Value>) {
    match lie {
        Lie::Stale => drop(items.pop()),
        Lie::Missing if !items.is_empty() => drop(items.remove(0)),
        Lie::Twice => items.extend(items.first().cloned()),
        Lie::Short => items.truncate(items.len() / 2),
        Lie::Reversed => items.reverse(),
        _ => {}
    }
}

/// What the listing says about its next page, where it says anything.
fn turn(lie: Lie, target: &str, object: &mut Map<String, Value>) {
    let Some(next) = object.get_mut("next") else {
        return;
    };
    match lie {
        Lie::Short => *next = Value::Null,
        Lie::Loop => *next = json!(format!("http://127.0.0.1{target}")),
        Lie::Foreign => *next = json!(format!("http://elsewhere.invalid{target}")),
        _ => {}
    }
}

/// Fields and values of a version to come.
fn strange(object: &mut Map<String, Value>) {
    for item in object
        .get_mut("data")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        item.as_object_mut().into_iter().for_each(strange);
    }
    if object.get("status").is_some_and(Value::is_string) {
        object.insert("status".into(), json!("hibernating"));
    }
    object.insert("brand_new".into(), json!({"since": [1, null]}));
}

/// The same keys with values of another type.
pub(crate) fn misshape(body: Value) -> Value {
    match body {
        Value::Object(object) => object.into_iter().map(|(key, _)| (key, json!(7))).collect(),
        _ => json!(7),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lie: Lie) -> Value {
        tell(
            lie,
            "/list?limit=3",
            json!({"next": "n", "data": [1, 2, 3, 4]}),
        )
    }

    #[test]
    fn a_listing_lies_in_each_way() {
        for (lie, next, data) in [
            (Lie::Stale, json!("n"), json!([1, 2, 3])),
            (Lie::Missing, json!("n"), json!([2, 3, 4])),
            (Lie::Twice, json!("n"), json!([1, 2, 3, 4, 1])),
            (Lie::Short, Value::Null, json!([1, 2])),
            (Lie::Reversed, json!("n"), json!([4, 3, 2, 1])),
            (
                Lie::Loop,
                json!("http://127.0.0.1/list?limit=3"),
                json!([1, 2, 3, 4]),
            ),
            (
                Lie::Foreign,
                json!("http://elsewhere.invalid/list?limit=3"),
                json!([1, 2, 3, 4]),
            ),
        ] {
            assert_eq!(told(lie), json!({"next": next, "data": data}), "{lie:?}");
        }
    }

    #[test]
    fn what_is_unknown_is_everywhere() {
        let body = tell(Lie::Unknown, "/", json!({"data": [{"status": "active"}]}));
        let new = json!({"since": [1, null]});
        let item = json!({"status": "hibernating", "brand_new": new});
        assert_eq!(body, json!({"data": [item], "brand_new": new}));
    }
}
