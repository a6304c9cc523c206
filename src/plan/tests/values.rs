//! Tests of the comparison of settings and entities, and of masked values.

use super::super::diff::{declared_blocks, declared_keys, entities, plain, removed_keys};
use super::super::masked::holds_masked;
use super::settings;
use crate::model::{Entity, Mode, SecretPaths};
use serde_json::{Map, Value, json};

fn map(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

/// Whether a declared value differs from an observed one.
fn differs(declared: &Value, live: &Value) -> bool {
    let declared = settings(json!({"k": declared})).unwrap();
    !declared_keys(
        &declared,
        &map(&json!({"k": live})),
        &SecretPaths::default(),
    )
    .is_empty()
}

#[test]
fn declared_keys_equal_numbers_in_other_notation_are_equal() {
    assert!(!differs(&json!(1), &json!(1.0)) && !differs(&json!(1.0), &json!(1)));
    assert!(!differs(&json!(1.5), &json!(1.5)) && differs(&json!(1), &json!(2.0)));
    assert!(differs(&json!(1.0), &json!(2)) && differs(&json!(1), &json!(2)));
    // These integers are equal as 64-bit floats.
    assert!(differs(
        &json!(9_007_199_254_740_993_u64),
        &json!(9_007_199_254_740_992_u64)
    ));
    assert!(differs(&json!(1), &json!("1")) && differs(&json!(true), &json!(1)));
}

#[test]
fn declared_keys_lists_and_mappings_compare_by_content() {
    assert!(!differs(&json!([1, [2]]), &json!([1.0, [2.0]])));
    assert!(differs(&json!([1]), &json!([1, 2])) && differs(&json!([1, 2]), &json!([1])));
    assert!(differs(&json!([1, 2]), &json!([2, 1])) && differs(&json!([1]), &json!(1)));
    // A mapping inside a list is compared with its undeclared keys.
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
fn declared_keys_empty_mapping_missing_is_reported() {
    let changed_paths = |declared: Value, live: Value| {
        let changes = declared_keys(
            &settings(declared).unwrap(),
            &map(&live),
            &SecretPaths::default(),
        );
        changes
            .into_iter()
            .map(|change| change.path)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        changed_paths(json!({"m": {}}), json!({})),
        ["replication_config.m"]
    );
    assert_eq!(
        changed_paths(json!({"m": {"a": 1}}), json!({})),
        ["replication_config.m.a"]
    );
    assert_eq!(
        changed_paths(json!({"m": {"a": 1}}), json!({"m": 1})),
        ["replication_config.m"]
    );
    assert!(changed_paths(json!({"m": {}}), json!({"m": {"a": 1}})).is_empty());
}

#[test]
fn plain_references_are_left_out() {
    let applied = settings(
        json!({"a": 1, "m": {"s": {"$secret": "${env:X}"}, "b": [2]}, "s": {"$secret": "${env:X}"}}),
    );
    assert_eq!(
        plain(&applied.unwrap()),
        map(&json!({"a": 1, "m": {"b": [2]}}))
    );
}

#[test]
fn declared_blocks_added_removed_and_changed_keys_are_reported() {
    let before = settings(json!({"gone": 1, "same": 2, "new": 3, "s": {"$secret": "${env:A}"}}));
    let now = settings(json!({"same": 2, "new": 4, "more": 5, "s": "text"}));
    let changes = declared_blocks("e", before.as_ref(), now.as_ref());
    let lines: Vec<String> = changes
        .iter()
        .map(|change| format!("{} {:?} {:?}", change.path, change.before, change.after))
        .collect();
    assert_eq!(
        lines,
        [
            "e.gone Value(Number(1)) Absent",
            "e.more Absent Value(Number(5))",
            "e.new Value(Number(3)) Value(Number(4))",
            "e.s Reference(\"\") Value(String(\"text\"))",
        ]
    );
}

#[test]
fn removed_keys_nested_key_has_path() {
    let before = settings(json!({"a": 1, "m": {"x": 1, "deep": {"y": 2}}}));
    let now = settings(json!({"m": {"deep": {}}}));
    let live = map(&json!({"a": 7, "m": {"x": 8, "deep": {"y": 9}}, "own": 1}));
    let removed = removed_keys(
        before.as_ref(),
        now.as_ref(),
        &live,
        &SecretPaths::default(),
    );
    let lines: Vec<String> = removed
        .iter()
        .map(|(path, change)| format!("{} {} {:?}", path.join("/"), change.path, change.before))
        .collect();
    assert_eq!(
        lines,
        [
            "a replication_config.a Value(Number(7))",
            "m/deep/y replication_config.m.deep.y Value(Number(9))",
            "m/x replication_config.m.x Value(Number(8))",
        ]
    );
    assert!(removed_keys(None, now.as_ref(), &live, &SecretPaths::default()).is_empty());
    assert_eq!(
        removed_keys(before.as_ref(), None, &live, &SecretPaths::default()).len(),
        2
    );
}

#[test]
fn entities_other_name_count_or_declared_mode_differs() {
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
fn holds_masked_mask_or_secret_name_is_true() {
    let is_masked = |observed: Value, declared: Option<Value>| {
        holds_masked(&map(&observed), declared.and_then(settings).as_ref())
    };
    for masked in [
        "***",
        "••••",
        "*•*",
        "secret_coordinate::x",
        "__REDACTED__",
        "#hidden#",
    ] {
        assert!(is_masked(json!({"x": masked}), None), "{masked}");
        assert!(is_masked(json!({"x": [1, masked]}), None), "{masked}");
        assert!(is_masked(json!({"m": {"x": masked}}), None), "{masked}");
        assert!(
            !is_masked(json!({"x": masked}), Some(json!({"x": 1}))),
            "{masked}"
        );
        assert!(
            is_masked(json!({"m": {"x": masked}}), Some(json!({"m": {"y": 1}}))),
            "{masked}"
        );
        assert!(
            !is_masked(json!({"m": {"x": masked}}), Some(json!({"m": 1}))),
            "{masked}"
        );
    }
    for harmless in ["**", "**a**", "", "a secret_coordinate::"] {
        assert!(!is_masked(json!({"x": harmless}), None), "{harmless}");
    }
    for name in [
        "password",
        "my_SECRET",
        "token2",
        "api_key",
        "private_key_id",
        "credentials",
    ] {
        assert!(is_masked(json!({name: "v"}), None), "{name}");
        assert!(!is_masked(json!({name: ""}), None) && !is_masked(json!({name: 1}), None));
    }
}

#[test]
fn declared_keys_with_reference_in_the_ledger_hides_the_observed_value() {
    let applied = settings(json!({"k": {"a": [{"$secret": "${env:A}"}]}})).unwrap();
    let secrets = SecretPaths::new("replication_config", [&applied], None);
    for declared in [json!({"k": {"a": ["x"]}}), json!({"k": "x"})] {
        let changes = declared_keys(
            &settings(declared).unwrap(),
            &map(&json!({"k": {"a": ["observed"]}})),
            &secrets,
        );
        assert_eq!(changes.len(), 1);
        assert_eq!(format!("{:?}", changes[0].before), "Hidden");
    }
}

#[test]
fn removed_keys_with_reference_in_the_ledger_hides_the_observed_value() {
    let applied = settings(json!({"k": {"$secret": "${env:A}"}}));
    let secrets = SecretPaths::new("replication_config", &applied, None);
    let live = map(&json!({"k": "observed"}));
    let removed = removed_keys(applied.as_ref(), None, &live, &secrets);
    assert_eq!(format!("{:?}", removed[0].1.before), "Hidden");
}
