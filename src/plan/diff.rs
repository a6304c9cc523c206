//! Responsible for comparing settings and entities: declared with observed ones, and declared with
//! previously declared ones. Ignores keys that are not declared.

use super::{FieldChange, FieldValue};
use crate::model::{Entity, SecretPaths, Setting, Settings, entities_value, same_entities};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A value from the API as output may show it.
pub(super) fn remote(path: &str, value: &Value, secrets: &SecretPaths) -> FieldValue {
    if secrets.withholds(path, value) {
        FieldValue::Hidden
    } else {
        FieldValue::Value(value.clone())
    }
}

/// The change of a setting from its observed to its declared value.
pub(super) fn setting(
    path: String,
    wanted: Value,
    live: Option<&Value>,
    secrets: &SecretPaths,
) -> FieldChange {
    FieldChange {
        before: live.map_or(FieldValue::Absent, |value| remote(&path, value, secrets)),
        path,
        after: FieldValue::Value(wanted),
    }
}

/// The declared settings that differ from the observed ones, without regard to the ledger.
#[cfg(test)]
pub(super) fn declared_keys(
    declared: &Settings,
    observed: &Map<String, Value>,
    secrets: &SecretPaths,
) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    crate::model::pair_plain_settings(declared, observed, &mut |path, wanted, live| {
        if !crate::model::same_value(&wanted, live.unwrap_or(&Value::Null)) {
            changes.push(setting(path, wanted, live, secrets));
        }
    });
    changes
}

/// Applied settings as a GET would return them, without references.
pub(super) fn plain(settings: &Settings) -> Map<String, Value> {
    let leaf = |setting: &Setting| match setting {
        Setting::Map(fields) => Some(Value::Object(plain(fields))),
        setting => setting.to_plain(),
    };
    settings
        .iter()
        .filter_map(|(name, setting)| Some((name.to_owned(), leaf(setting)?)))
        .collect()
}

/// Keys that were declared at the last apply, are no longer declared, and are still observed; each
/// with its path in the block.
pub(super) fn removed_keys(
    before: Option<&Settings>,
    now: Option<&Settings>,
    observed: &Map<String, Value>,
    secrets: &SecretPaths,
) -> Vec<(Vec<String>, FieldChange)> {
    let mut removed = Vec::new();
    if let Some(before) = before {
        let empty = Settings::new();
        collect_removed(&[], before, now.unwrap_or(&empty), observed, &mut removed);
    }
    for (_, change) in &mut removed {
        if let FieldValue::Value(value) = &change.before {
            change.before = remote(&change.path, value, secrets);
        }
    }
    removed
}

fn collect_removed(
    parent: &[String],
    before: &Settings,
    now: &Settings,
    observed: &Map<String, Value>,
    removed: &mut Vec<(Vec<String>, FieldChange)>,
) {
    for (name, old) in before {
        let Some(live) = observed.get(name) else {
            continue;
        };
        let path: Vec<String> = parent.iter().cloned().chain([name.to_owned()]).collect();
        match (old, now.get(name), live) {
            (Setting::Map(old), Some(Setting::Map(new)), Value::Object(live)) => {
                collect_removed(&path, old, new, live, removed);
            }
            (_, Some(_), _) => {}
            (_, None, live) => {
                let change = FieldChange {
                    path: format!("replication_config.{}", path.join(".")),
                    before: FieldValue::Value(live.clone()),
                    after: FieldValue::Absent,
                };
                removed.push((path, change));
            }
        }
    }
}

/// Compares a declared block with the one declared at the last apply, for settings that the API
/// never returns. All references count as equal, because the secret comparison covers them.
pub(super) fn declared_blocks(
    block: &str,
    before: Option<&Settings>,
    now: Option<&Settings>,
) -> Vec<FieldChange> {
    let before = literal_leaves(block, before);
    let now = literal_leaves(block, now);
    let mut changes = Vec::new();
    for (path, old) in &before {
        if now.get(path) != Some(old) {
            changes.push(FieldChange {
                path: path.clone(),
                before: old.clone(),
                after: now.get(path).cloned().unwrap_or(FieldValue::Absent),
            });
        }
    }
    for (path, new) in now {
        if !before.contains_key(&path) {
            changes.push(FieldChange {
                path,
                before: FieldValue::Absent,
                after: new,
            });
        }
    }
    changes.sort_by(|left, right| left.path.cmp(&right.path));
    changes
}

fn literal_leaves(block: &str, settings: Option<&Settings>) -> BTreeMap<String, FieldValue> {
    let mut leaves = BTreeMap::new();
    for (name, setting) in settings.into_iter().flatten() {
        setting.leaves(&format!("{block}.{name}"), &mut |path, leaf| {
            let value = leaf
                .to_plain()
                .map_or_else(|| FieldValue::Reference(String::new()), FieldValue::Value);
            leaves.insert(path, value);
        });
    }
    leaves
}

/// Compares entities as a set.
pub(super) fn entities(declared: &[Entity], observed: &[Entity]) -> Option<FieldChange> {
    (!same_entities(declared, observed)).then(|| FieldChange {
        path: "entities".to_owned(),
        before: remote(
            "entities",
            &entities_value(observed),
            &SecretPaths::default(),
        ),
        after: FieldValue::Value(entities_value(declared)),
    })
}

#[cfg(test)]
mod tests {
    use super::{declared_blocks, declared_keys, entities, removed_keys};
    use crate::model::{Entity, Mode, SecretPaths, Setting, Settings};
    use serde_json::{Map, Value, json};

    fn settings(value: Value) -> Settings {
        match Setting::from(value) {
            Setting::Map(fields) => fields,
            other => panic!("not a mapping: {other:?}"),
        }
    }

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(fields) => fields,
            other => panic!("not a mapping: {other:?}"),
        }
    }

    fn secrets() -> SecretPaths {
        SecretPaths::default()
    }

    fn paths(changes: &[super::FieldChange]) -> Vec<&str> {
        changes.iter().map(|change| change.path.as_str()).collect()
    }

    #[test]
    fn declared_keys_extra_observed_keys_are_ignored() {
        let declared =
            settings(json!({"a": 1, "deep": {"x": [1, 2]}, "s": {"$secret": "${env:S}"}}));
        let same =
            map(json!({"a": 1.0, "deep": {"x": [1, 2], "server": true}, "filled": "by server"}));
        assert_eq!(declared_keys(&declared, &same, &secrets()), []);
        let other = map(json!({"deep": {"x": [2, 1]}}));
        assert_eq!(
            paths(&declared_keys(&declared, &other, &secrets())),
            ["replication_config.a", "replication_config.deep.x"]
        );
    }

    #[test]
    fn declared_keys_null_declared_and_key_absent_is_equal() {
        assert_eq!(
            declared_keys(&settings(json!({"a": null})), &Map::new(), &secrets()),
            []
        );
    }

    #[test]
    fn removed_keys_key_still_observed_is_removed() {
        let before = settings(json!({"a": 1, "b": 2, "m": {"x": 1, "y": 2}}));
        let now = settings(json!({"b": 2, "m": {"y": 2}}));
        let observed = map(json!({"a": 1, "b": 2, "m": {"x": 1, "y": 2}}));
        let removed: Vec<_> = removed_keys(Some(&before), Some(&now), &observed, &secrets())
            .into_iter()
            .map(|(path, _)| path.join("/"))
            .collect();
        assert_eq!(removed, ["a", "m/x"]);
        assert_eq!(
            removed_keys(Some(&before), Some(&now), &map(json!({"b": 2})), &secrets()),
            []
        );
    }

    #[test]
    fn declared_blocks_changed_literals_are_reported() {
        let before = settings(json!({"subdomain": "acme", "key": {"$secret": "${env:A}"}}));
        let now = settings(json!({"subdomain": "acme2", "key": {"$secret": "${env:B}"}, "n": 1}));
        assert_eq!(
            paths(&declared_blocks("environment", Some(&before), Some(&now))),
            ["environment.n", "environment.subdomain"]
        );
        assert_eq!(declared_blocks("environment", None, None), []);
    }

    #[test]
    fn entities_other_order_is_equal() {
        let entity = |name: &str, modes: Option<Vec<Mode>>| Entity {
            entity: name.into(),
            modes,
        };
        let read_write = entity("a", Some(vec![Mode::Read, Mode::Write]));
        let reordered = entity("a", Some(vec![Mode::Write, Mode::Read]));
        assert_eq!(
            entities(
                &[read_write.clone(), entity("b", None)],
                &[entity("b", None), reordered]
            ),
            None
        );
        assert!(
            entities(
                std::slice::from_ref(&read_write),
                &[entity("a", Some(vec![Mode::Read]))]
            )
            .is_some()
        );
        assert!(entities(&[], &[read_write]).is_some());
    }
}
