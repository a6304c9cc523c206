//! Responsible for the blocks of a connector: maps from field names to settings in name order.
//!
//! A block is a sorted list: each connector has two or three small blocks, and a `BTreeMap` would
//! allocate space for eleven fields in each of them.

use super::{Setting, SharedText};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::ops::Index;
use std::sync::Arc;

/// A block of settings. Copies share one list until one of them is changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Sorted by name; names are unique.
    fields: Arc<[(SharedText, Setting)]>,
}

impl Settings {
    /// A block without fields.
    pub fn new() -> Self {
        Self::default()
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.fields
            .binary_search_by(|(field, _)| field.as_str().cmp(name))
    }

    /// The setting of a field.
    pub fn get(&self, name: &str) -> Option<&Setting> {
        let position = self.position(name).ok()?;
        self.fields.get(position).map(|(_, setting)| setting)
    }

    /// Whether the block has a field.
    pub fn contains_key(&self, name: &str) -> bool {
        self.position(name).is_ok()
    }

    /// Sets a field and returns its old setting. Copies the list: collect many fields instead.
    pub fn insert(&mut self, name: impl Into<SharedText>, setting: Setting) -> Option<Setting> {
        let name = name.into();
        let position = self.position(&name);
        let mut fields = self.fields.to_vec();
        let old = match position {
            Ok(position) => Some(std::mem::replace(&mut fields[position].1, setting)),
            Err(position) => {
                fields.insert(position, (name, setting));
                None
            }
        };
        self.fields = fields.into();
        old
    }

    /// Removes a field and returns its setting.
    pub fn remove(&mut self, name: &str) -> Option<Setting> {
        let position = self.position(name).ok()?;
        let mut fields = self.fields.to_vec();
        let (_, old) = fields.remove(position);
        self.fields = fields.into();
        Some(old)
    }

    /// Removes all fields.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether the block has no field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The fields in name order.
    pub fn iter(&self) -> <&Self as IntoIterator>::IntoIter {
        self.fields.iter().map(as_pair)
    }

    /// The names in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    /// The settings in name order.
    pub fn values(&self) -> impl Iterator<Item = &Setting> {
        self.fields.iter().map(|(_, setting)| setting)
    }
}

fn as_pair((name, setting): &(SharedText, Setting)) -> (&str, &Setting) {
    (name, setting)
}

impl<N: Into<SharedText>> FromIterator<(N, Setting)> for Settings {
    /// Of two fields with the same name, the later one is used.
    fn from_iter<T: IntoIterator<Item = (N, Setting)>>(fields: T) -> Self {
        let mut fields: Vec<(SharedText, Setting)> = fields
            .into_iter()
            .map(|(name, setting)| (name.into(), setting))
            .collect();
        fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        fields.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                std::mem::swap(later, earlier);
            }
            is_same
        });
        Self {
            fields: fields.into(),
        }
    }
}

impl<const N: usize> From<[(String, Setting); N]> for Settings {
    fn from(fields: [(String, Setting); N]) -> Self {
        fields.into_iter().collect()
    }
}

impl Extend<(String, Setting)> for Settings {
    fn extend<T: IntoIterator<Item = (String, Setting)>>(&mut self, fields: T) {
        for (name, setting) in fields {
            self.insert(name, setting);
        }
    }
}

impl IntoIterator for Settings {
    type Item = (SharedText, Setting);
    type IntoIter = std::vec::IntoIter<(SharedText, Setting)>;

    fn into_iter(self) -> Self::IntoIter {
        let fields: Vec<_> = self.fields.iter().cloned().collect();
        fields.into_iter()
    }
}

impl<'a> IntoIterator for &'a Settings {
    type Item = (&'a str, &'a Setting);
    type IntoIter = std::iter::Map<
        std::slice::Iter<'a, (SharedText, Setting)>,
        fn(&'a (SharedText, Setting)) -> (&'a str, &'a Setting),
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Index<&str> for Settings {
    type Output = Setting;

    #[expect(
        clippy::expect_used,
        reason = "indexing panics for a missing key, as for the maps of std"
    )]
    fn index(&self, name: &str) -> &Setting {
        self.get(name).expect("a field of that name")
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::<SharedText, Setting>::deserialize(deserializer).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use super::{Setting, Settings};
    use serde_json::json;

    fn setting(number: u64) -> Setting {
        json!(number).into()
    }

    #[test]
    fn settings_with_repeated_name_use_the_later() {
        let settings: Settings = [("b", 1), ("a", 2), ("b", 3)]
            .map(|(name, number)| (name.to_owned(), setting(number)))
            .into_iter()
            .collect();
        assert_eq!(
            serde_json::to_string(&settings).unwrap(),
            r#"{"a":2,"b":3}"#
        );
        assert_eq!(settings["b"], setting(3));
        let read: Settings = serde_json::from_str(r#"{"b":3,"a":2}"#).unwrap();
        assert_eq!(read, settings);
    }

    #[test]
    fn settings_insert_and_remove_return_the_old_setting() {
        let mut settings = Settings::new();
        assert_eq!(settings.insert("b", setting(1)), None);
        assert_eq!(settings.insert("a", setting(2)), None);
        assert_eq!(settings.insert("b", setting(3)), Some(setting(1)));
        assert_eq!(settings.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(settings.remove("a"), Some(setting(2)));
        assert!(!settings.contains_key("a") && settings.len() == 1);
    }

    #[test]
    fn settings_inserted_into_a_copy_leave_the_original() {
        let original = Settings::from([("a".to_owned(), setting(1))]);
        let mut copy = original.clone();
        copy.insert("a", setting(2));
        assert_eq!((&original["a"], &copy["a"]), (&setting(1), &setting(2)));
    }
}
