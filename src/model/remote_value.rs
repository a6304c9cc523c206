//! Responsible for the rule that decides whether output may show a value from the API.
//!
//! `plan`, `drift` and `export` use it for every setting that they read. Does not know the values of
//! secrets: it decides by references in the files and in the ledger, by names, and by form.

use super::{SentFingerprints, Setting, Settings, looks_secret, names_secret};
use serde_json::Value;
use std::collections::BTreeSet;

/// The paths of references, without the indexes of lists. The API may return the secret of such a
/// path, in any order of a list.
#[derive(Clone, Debug, Default)]
pub struct SecretPaths(BTreeSet<String>);

impl SecretPaths {
    /// The references in blocks of the same name, such as the declared one and the applied one, and
    /// the paths of the secrets that were sent.
    pub fn new<'a>(
        block: &str,
        settings: impl IntoIterator<Item = &'a Settings>,
        sent: Option<&SentFingerprints>,
    ) -> Self {
        let mut paths = BTreeSet::new();
        for (name, setting) in settings.into_iter().flatten() {
            setting.leaves(&format!("{block}.{name}"), &mut |path, leaf| {
                if matches!(leaf, Setting::Secret(_)) {
                    paths.insert(without_indexes(&path));
                }
            });
        }
        let sent_paths = sent
            .into_iter()
            .flat_map(|sent| sent.fingerprints.keys().chain(sent.references.keys()));
        paths.extend(sent_paths.map(without_indexes));
        Self(paths)
    }

    /// Whether output must withhold the value that the API returned at a path: the path, a part of it
    /// or the path above it has a reference, or the value may be a secret by its name or form.
    pub fn withholds(&self, path: &str, value: &Value) -> bool {
        self.covers(path) || may_be_secret(path, value)
    }

    fn covers(&self, path: &str) -> bool {
        let path = without_indexes(path);
        self.0
            .iter()
            .any(|secret| secret == &path || is_below(secret, &path) || is_below(&path, secret))
    }
}

fn is_below(path: &str, ancestor: &str) -> bool {
    path.strip_prefix(ancestor)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// `a.b` for `a[0].b[1]`.
fn without_indexes(path: &str) -> String {
    let mut result = String::with_capacity(path.len());
    for (position, part) in path.split('[').enumerate() {
        let rest = match part.split_once(']') {
            Some((index, rest)) if position > 0 && index.bytes().all(|c| c.is_ascii_digit()) => {
                rest
            }
            _ => {
                if position > 0 {
                    result.push('[');
                }
                part
            }
        };
        result.push_str(rest);
    }
    result
}

fn may_be_secret(path: &str, value: &Value) -> bool {
    // The block itself, such as `replication_config`, does not name a secret.
    let fields = path.split_once('.').map_or("", |(_, fields)| fields);
    let inherited = fields.split('.').any(names_secret);
    let name = fields.rsplit('.').next().unwrap_or_default();
    holds_secret(inherited, name, value)
}

/// Whether a value or a part of it may be a secret. A name that suggests a secret applies to all
/// texts below it.
fn holds_secret(inherited: bool, name: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty() && (inherited || looks_secret(name, text)),
        Value::Array(items) => items.iter().any(|item| holds_secret(inherited, name, item)),
        Value::Object(fields) => fields.iter().any(|(name, field)| {
            looks_secret("", name) || holds_secret(inherited || names_secret(name), name, field)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{SecretPaths, without_indexes};
    use crate::model::{SentFingerprints, Setting, Settings};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn settings(value: Value) -> Settings {
        match Setting::from(value) {
            Setting::Map(settings) => settings,
            other => panic!("{other:?} is no mapping"),
        }
    }

    fn paths(value: Value) -> SecretPaths {
        SecretPaths::new("config", [&settings(value)], None)
    }

    #[test]
    fn value_at_a_reference_is_withheld() {
        let paths = paths(json!({"a": {"$secret": "${env:A}"}}));
        assert!(paths.withholds("config.a", &json!("harmless")));
        assert!(paths.withholds("config.a", &json!(1)));
        assert!(!paths.withholds("config.ab", &json!("harmless")));
    }

    #[test]
    fn value_above_a_reference_is_withheld() {
        let paths = paths(json!({"a": {"b": [1, {"c": {"$secret": "${env:A}"}}]}}));
        assert!(paths.withholds("config.a", &json!({"b": []})));
        assert!(paths.withholds("config.a.b", &json!([])));
        assert!(!paths.withholds("config.a.d", &json!("harmless")));
    }

    #[test]
    fn value_below_a_reference_is_withheld() {
        let paths = paths(json!({"a": {"$secret": "${env:A}"}}));
        assert!(paths.withholds("config.a.b[0]", &json!("harmless")));
    }

    #[test]
    fn value_at_another_index_of_a_list_with_a_reference_is_withheld() {
        let paths = paths(json!({"a": [{"b": {"$secret": "${env:A}"}}]}));
        assert!(paths.withholds("config.a[7].b", &json!("harmless")));
        assert!(!paths.withholds("config.a[0].c", &json!("harmless")));
    }

    #[test]
    fn value_at_a_path_that_was_sent_is_withheld() {
        let sent = SentFingerprints {
            key_id: "".into(),
            salt: String::new(),
            fingerprints: [("config.a".to_owned(), String::new())].into(),
            references: [("config.b".to_owned(), "".into())].into(),
            versions: [].into(),
            at: "".into(),
        };
        let paths = SecretPaths::new("config", [], Some(&sent));
        assert!(paths.withholds("config.a", &json!("harmless")));
        assert!(paths.withholds("config.b", &json!("harmless")));
        assert!(!paths.withholds("config.c", &json!("harmless")));
    }

    #[test]
    fn value_that_looks_secret_is_withheld() {
        let paths = SecretPaths::default();
        for (path, value) in [
            ("config.user_agent", json!("Bearer ghp_abcdefghijkl")),
            ("config.token", json!("harmless")),
            ("config.token.inner", json!(["harmless"])),
            ("config.auth", json!({"password": {"value": "harmless"}})),
            ("config.list", json!([{"x": "**********"}])),
            ("config.map", json!({"ghp_abcdefghijkl": 1})),
            ("config.x", json!("airbyte_secret_coordinate::a")),
        ] {
            assert!(paths.withholds(path, &value), "{path}: {value}");
        }
    }

    #[test]
    fn value_that_looks_harmless_is_shown() {
        let paths = SecretPaths::default();
        for (path, value) in [
            ("config.start_date", json!("2026-01-01")),
            ("config.repositories", json!(["acme/api", "acme/web"])),
            ("config.token", json!("")),
            ("config.max_tokens", json!(5)),
        ] {
            assert!(!paths.withholds(path, &value), "{path}: {value}");
        }
    }

    #[test]
    fn without_indexes_of_a_path_keeps_other_brackets() {
        assert_eq!(without_indexes("a[0].b[12]"), "a.b");
        assert_eq!(without_indexes("a[x].b]"), "a[x].b]");
    }

    /// A tree of mappings and lists whose leaves are references or literals.
    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!({"$secret": "${env:A}"})),
            "[a-z]{1,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn value_with_a_reference_at_or_below_is_always_withheld(tree in tree()) {
            let settings = settings(json!({ "root": tree }));
            let paths = SecretPaths::new("config", [&settings], None);
            let mut leaves = Vec::new();
            settings["root"].leaves("config.root", &mut |path, leaf| {
                if leaf.holds_secret() {
                    leaves.push(path);
                }
            });
            for leaf in leaves {
                for (end, _) in leaf.match_indices(['.', '[']).skip(1) {
                    prop_assert!(paths.withholds(&leaf[..end], &json!("x")), "{}", leaf);
                }
                prop_assert!(paths.withholds(&leaf, &json!("x")), "{}", leaf);
            }
        }
    }
}
