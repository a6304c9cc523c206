//! Responsible for maps from names to values, such as the connectors of a customer and their settings, in name order.
//!
//! Such a map is a sorted list: most have few fields, and a `BTreeMap` would allocate space for eleven in each of them.

use super::{Setting, SharedText};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::ops::Index;
use std::sync::Arc;

/// A block of settings.
pub type Settings = Fields<Setting>;

/// A map from names to values. Copies share one list until one of them is changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields<V> {
    /// Sorted by name; names are unique.
    fields: Arc<[(SharedText, V)]>,
}

impl<V> Default for Fields<V> {
    fn default() -> Self {
        Self {
            fields: Arc::default(),
        }
    }
}

impl<V: Clone> Fields<V> {
    /// A map without fields.
    pub fn new() -> Self {
        Self::default()
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.fields
            .binary_search_by(|(field, _)| field.as_str().cmp(name))
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&V> {
        let position = self.position(name).ok()?;
        self.fields.get(position).map(|(_, value)| value)
    }

    /// Whether the map has a field.
    pub fn contains_key(&self, name: &str) -> bool {
        self.position(name).is_ok()
    }

    /// Sets a field and returns its old value. Copies the list: collect many fields instead.
    pub fn insert(&mut self, name: impl Into<SharedText>, value: V) -> Option<V> {
        let name = name.into();
        let position = self.position(&name);
        let mut fields = self.fields.to_vec();
        let old = match position {
            Ok(position) => Some(std::mem::replace(&mut fields[position].1, value)),
            Err(position) => {
                fields.insert(position, (name, value));
                None
            }
        };
        self.fields = fields.into();
        old
    }

    /// The value of a field. Copies the list if others share it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        let position = self.position(name).ok()?;
        let fields = Arc::make_mut(&mut self.fields);
        fields.get_mut(position).map(|(_, value)| value)
    }

    /// Keeps the fields whose names have a property.
    pub fn retain(&mut self, keeps: impl Fn(&str) -> bool) {
        let fields = self.fields.iter().filter(|(name, _)| keeps(name.as_str()));
        self.fields = fields.cloned().collect();
    }

    /// Removes a field and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<V> {
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

    /// Whether the map has no field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The fields in name order.
    pub fn iter(&self) -> <&Self as IntoIterator>::IntoIter {
        self.into_iter()
    }

    /// The names in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    /// The values in name order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.fields.iter().map(|(_, value)| value)
    }
}

fn as_pair<V>((name, value): &(SharedText, V)) -> (&str, &V) {
    (name, value)
}

impl<N: Into<SharedText>, V> FromIterator<(N, V)> for Fields<V> {
    /// Of two fields with the same name, the later one is used.
    fn from_iter<T: IntoIterator<Item = (N, V)>>(fields: T) -> Self {
        let mut fields: Vec<(SharedText, V)> = fields
            .into_iter()
            .map(|(name, value)| (name.into(), value))
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

impl<const N: usize, V> From<[(String, V); N]> for Fields<V> {
    fn from(fields: [(String, V); N]) -> Self {
        fields.into_iter().collect()
    }
}

impl<V: Clone> Extend<(String, V)> for Fields<V> {
    fn extend<T: IntoIterator<Item = (String, V)>>(&mut self, fields: T) {
        for (name, value) in fields {
            self.insert(name, value);
        }
    }
}

impl<V: Clone> IntoIterator for Fields<V> {
    type Item = (SharedText, V);
    type IntoIter = std::vec::IntoIter<(SharedText, V)>;

    fn into_iter(self) -> Self::IntoIter {
        let fields: Vec<_> = self.fields.iter().cloned().collect();
        fields.into_iter()
    }
}

impl<'a, V> IntoIterator for &'a Fields<V> {
    type Item = (&'a str, &'a V);
    type IntoIter = std::iter::Map<
        std::slice::Iter<'a, (SharedText, V)>,
        fn(&'a (SharedText, V)) -> (&'a str, &'a V),
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.fields.iter().map(as_pair)
    }
}

impl<V: Clone> Index<&str> for Fields<V> {
    type Output = V;

    #[expect(
        clippy::expect_used,
        reason = "indexing panics for a missing key, as for the maps of std"
    )]
    fn index(&self, name: &str) -> &V {
        self.get(name).expect("a field of that name")
    }
}

impl<V: Serialize> Serialize for Fields<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Fields<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::<SharedText, V>::deserialize(deserializer).map(Self::from_iter)
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
