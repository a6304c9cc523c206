//! Values beside each other: what counts as a difference, and what must not be sent back.

use super::super::diff::{
    declared_blocks, declared_keys, entities, holds_masked, plain, removed_keys,
};
use super::settings;
use crate::model::{Entity, Mode};
use serde_json::{Map, Value, json};

fn map(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

/// Whether a declared value differs from one that is there.
fn differs(declared: &Value, there: &Value) -> bool {
    let declared = settings(json!({"k": declared})).unwrap();
    !declared_keys(&declared, &map(&json!({"k": there}))).is_empty()
}

#[test]
fn numbers_are_the_same_however_they_are_written() {
    assert!(!differs(&json!(1), &json!(1.0)) && !differs(&json!(1.0), &json!(1)));
    assert!(!differs(&json!(1.5), &json!(1.5)) && differs(&json!(1), &json!(2.0)));
    assert!(differs(&json!(1.0), &json!(2)) && differs(&json!(1), &json!(2)));
    // Two that a float cannot tell apart.
    assert!(differs(
        &json!(9_007_199_254_740_993_u64),
        &json!(9_007_199_254_740_992_u64)
    ));
    assert!(differs(&json!(1), &json!("1")) && differs(&json!(true), &json!(1)));
}

#[test]
fn lists_and_mappings_are_the_same_by_what_they_hold() {
    assert!(!differs(&json!([1, [2]]), &json!([1.0, [2.0]])));
    assert!(differs(&json!([1]), &json!([1, 2])) && differs(&json!([1, 2]), &json!([1])));
    assert!(differs(&json!([1, 2]), &json!([2, 1])) && differs(&json!([1]), &json!(1)));
    // Inside a list a mapping is compared as a whole.
    assert!(!differs(
        &json!([{"a": 1, "b": [2]}]),
        &json!([{"b": [2.0], "a": 1.0}])
    ));
    assert!(differs(&json!([{"a": 1}]), &json!([{"a": 1, "b": 2}])));
    assert!(differs(&json!([{"a": 1, "b": 2}]), &json!([{"a": 1}])));
    assert!(differs(&json!([{"a": 1}]), &json!([{"a": 2}])));
    assert!(differs(&json!([{"a": 1}]), &json!([{"b": 1}])));
    assert!(!differs(
        &json!([{"$secret": "${env:X}"}]),
        &json!(["****"])
    ));
}

#[test]
fn an_empty_mapping_is_declared_too() {
    let told = |declared: Value, there: Value| {
        let changes = declared_keys(&settings(declared).unwrap(), &map(&there));
        changes
            .into_iter()
            .map(|change| change.path)
            .collect::<Vec<_>>()
    };
    assert_eq!(told(json!({"m": {}}), json!({})), ["replication_config.m"]);
    assert_eq!(
        told(json!({"m": {"a": 1}}), json!({})),
        ["replication_config.m.a"]
    );
    assert_eq!(
        told(json!({"m": {"a": 1}}), json!({"m": 1})),
        ["replication_config.m"]
    );
    assert!(told(json!({"m": {}}), json!({"m": {"a": 1}})).is_empty());
}

#[test]
fn what_was_applied_reads_without_references() {
    let applied = settings(
        json!({"a": 1, "m": {"s": {"$secret": "${env:X}"}, "b": [2]}, "s": {"$secret": "${env:X}"}}),
    );
    assert_eq!(
        plain(&applied.unwrap()),
        map(&json!({"a": 1, "m": {"b": [2]}}))
    );
}

#[test]
fn blocks_tell_what_came_what_went_and_what_changed() {
    let before = settings(json!({"gone": 1, "same": 2, "new": 3, "s": {"$secret": "${env:A}"}}));
    let now = settings(json!({"same": 2, "new": 4, "more": 5, "s": "text"}));
    let changes = declared_blocks("e", before.as_ref(), now.as_ref());
    let told: Vec<String> = changes
        .iter()
        .map(|one| format!("{} {:?} {:?}", one.path, one.before, one.after))
        .collect();
    assert_eq!(
        told,
        [
            "e.gone Value(Number(1)) Absent",
            "e.more Absent Value(Number(5))",
            "e.new Value(Number(3)) Value(Number(4))",
            "e.s Reference(\"\") Value(String(\"text\"))",
        ]
    );
}

#[test]
fn removed_keys_have_their_places() {
    let before = settings(json!({"a": 1, "m": {"x": 1, "deep": {"y": 2}}}));
    let now = settings(json!({"m": {"deep": {}}}));
    let there = map(&json!({"a": 7, "m": {"x": 8, "deep": {"y": 9}}, "own": 1}));
    let removed = removed_keys(before.as_ref(), now.as_ref(), &there);
    let told: Vec<String> = removed
        .iter()
        .map(|(place, change)| format!("{} {} {:?}", place.join("/"), change.path, change.before))
        .collect();
    assert_eq!(
        told,
        [
            "a replication_config.a Value(Number(7))",
            "m/deep/y replication_config.m.deep.y Value(Number(9))",
            "m/x replication_config.m.x Value(Number(8))",
        ]
    );
    assert!(removed_keys(None, now.as_ref(), &there).is_empty());
    assert_eq!(removed_keys(before.as_ref(), None, &there).len(), 2);
}

#[test]
fn entities_differ_by_name_number_and_declared_modes() {
    let entity = |name: &str, modes: &[Mode]| Entity {
        entity: name.into(),
        modes: (!modes.is_empty()).then(|| modes.to_vec()),
    };
    let (read, write) = (Mode::Read, Mode::Write);
    let same = |left: &[Entity], right: &[Entity]| entities(left, right).is_none();
    assert!(same(&[entity("a", &[])], &[entity("a", &[read])]));
    assert!(same(&[entity("a", &[read, read])], &[entity("a", &[read])]));
    assert!(!same(&[entity("a", &[read])], &[entity("a", &[write])]));
    assert!(!same(&[entity("a", &[read])], &[entity("a", &[])]));
    assert!(!same(&[entity("a", &[])], &[entity("b", &[])]));
    assert!(!same(
        &[entity("a", &[])],
        &[entity("a", &[]), entity("b", &[])]
    ));
    assert!(!same(
        &[entity("a", &[]), entity("b", &[])],
        &[entity("a", &[]), entity("c", &[])]
    ));
    let change = entities(&[entity("b", &[]), entity("a", &[])], &[]).unwrap();
    assert_eq!(format!("{:?}", change.before), "Value(Array [])");
    let sorted = super::value(&change.after);
    assert_eq!(sorted, r#"[{"entity":"a"},{"entity":"b"}]"#);
}

#[test]
fn masks_are_known_by_their_look_and_by_their_name() {
    let held = |observed: Value, declared: Option<Value>| {
        holds_masked(&map(&observed), declared.and_then(settings).as_ref())
    };
    for masked in ["***", "••••", "*•*", "secret_coordinate::x"] {
        assert!(held(json!({"x": masked}), None), "{masked}");
        assert!(held(json!({"x": [1, masked]}), None), "{masked}");
        assert!(held(json!({"m": {"x": masked}}), None), "{masked}");
        assert!(
            !held(json!({"x": masked}), Some(json!({"x": 1}))),
            "{masked}"
        );
        assert!(
            held(json!({"m": {"x": masked}}), Some(json!({"m": {"y": 1}}))),
            "{masked}"
        );
        assert!(
            !held(json!({"m": {"x": masked}}), Some(json!({"m": 1}))),
            "{masked}"
        );
    }
    for harmless in ["**", "**a**", "", "a secret_coordinate::"] {
        assert!(!held(json!({"x": harmless}), None), "{harmless}");
    }
    for name in [
        "password",
        "my_SECRET",
        "token2",
        "api_key",
        "private_key_id",
        "credentials",
    ] {
        assert!(held(json!({name: "v"}), None), "{name}");
        assert!(!held(json!({name: ""}), None) && !held(json!({name: 1}), None));
    }
}
