//! Responsible for finding names that a reader may take for another name: equal but for case,
//! separators or one letter, or alike in appearance.
//!
//! A lookup takes logarithmic time in the number of names. Names of a series, such as `acme-1` and
//! `acme-2` or `team-a` and `team-b`, do not resemble each other.

use super::confusable::{appearances, normalized};
use super::invisible::is_invisible;
use super::name_parts::{Parts, key};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// The most names that a lookup returns.
const MOST: usize = 3;

/// The most names with one key that a lookup compares. A remote organization may have any number.
const MOST_COMPARED: usize = 16;

/// The most bytes of a name that is compared.
const LONGEST: usize = 512;

/// How a name resembles another, the most alike first.
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Resemblance {
    /// The names are equal.
    Equal,
    /// The names have the same Unicode normalization form C.
    Normalization,
    /// The names have different characters that look the same.
    Appearance,
    /// The names differ only in case.
    Case,
    /// The names differ only in case, spaces and punctuation.
    Separators,
    /// The names differ in one letter, or two letters are exchanged.
    Letter,
}

impl Resemblance {
    /// How two names resemble each other, if they do. Names in ASCII are not compared by appearance:
    /// see [`appearances`].
    pub fn between(name: &str, other: &str) -> Option<Self> {
        let is_decorated = !name.is_ascii() || !other.is_ascii();
        if name == other {
            return Some(Self::Equal);
        }
        let (name, other) = (&*visible(name), &*visible(other));
        if name == other {
            Some(Self::Appearance)
        } else if is_decorated && normalized(name) == normalized(other) {
            Some(Self::Normalization)
        } else if name.to_lowercase() == other.to_lowercase() {
            Some(Self::Case)
        } else if is_decorated && !appearances(name).is_disjoint(&appearances(other)) {
            Some(Self::Appearance)
        } else {
            let (name, other) = (Parts::new(name), Parts::new(other));
            let is_equal = !name.is_empty() && name.folded() == other.folded();
            is_equal
                .then_some(Self::Separators)
                .or_else(|| name.has_slip(&other).then_some(Self::Letter))
        }
    }
}

/// Names with a value each, sorted by what makes them resemble another name.
#[derive(Debug)]
pub struct NameIndex<'a, T> {
    names: Vec<(&'a str, T)>,
    /// Positions in `names` by spelling.
    keys: Keys,
    /// Positions by appearance, of names outside ASCII.
    decorated: Keys,
    /// Positions by appearance, of all names. Most runs have no name outside ASCII and never need it.
    appearances: OnceCell<Keys>,
}

impl<'a, T: Clone> NameIndex<'a, T> {
    /// An index of names.
    pub fn new(names: impl IntoIterator<Item = (&'a str, T)>) -> Self {
        let names: Vec<_> = names
            .into_iter()
            .filter(|(name, _)| name.len() <= LONGEST)
            .collect();
        let decorated = names.iter().enumerate();
        let decorated = decorated.filter(|(_, (name, _))| !name.is_ascii());
        Self {
            keys: Keys::new(names.iter().enumerate(), spelling_keys),
            decorated: Keys::new(decorated, appearance_keys),
            appearances: OnceCell::new(),
            names,
        }
    }

    /// Whether the index has no name.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names that resemble a name, the most alike first: three at most.
    pub fn similar(&self, name: &str) -> Vec<(Resemblance, &'a str, T)> {
        if name.len() > LONGEST || self.is_empty() {
            return Vec::new();
        }
        let mut positions = BTreeSet::new();
        for key in spelling_keys(name) {
            positions.extend(self.keys.get(key));
        }
        let alike = self.alike(name);
        if !alike.is_empty() {
            for key in appearance_keys(name) {
                positions.extend(alike.get(key));
            }
        }
        let mut similar: Vec<(Resemblance, usize)> = positions
            .into_iter()
            .filter_map(|at| Some((Resemblance::between(name, self.names[at].0)?, at)))
            .collect();
        similar.sort_unstable();
        similar.truncate(MOST);
        similar
            .into_iter()
            .map(|(resemblance, at)| {
                let (name, value) = &self.names[at];
                (resemblance, *name, value.clone())
            })
            .collect()
    }

    /// The names to compare with a name by appearance. One of each pair must be outside ASCII.
    fn alike(&self, name: &str) -> &Keys {
        if name.is_ascii() {
            return &self.decorated;
        }
        self.appearances
            .get_or_init(|| Keys::new(self.names.iter().enumerate(), appearance_keys))
    }
}

/// Positions by key, sorted. Different texts can have one key, so callers compare the names.
#[derive(Debug, Default)]
struct Keys(Vec<(u64, usize)>);

impl Keys {
    fn new<'n, T: 'n>(
        names: impl Iterator<Item = (usize, &'n (&'n str, T))>,
        keys: impl Fn(&str) -> Vec<u64>,
    ) -> Self {
        let mut sorted: Vec<(u64, usize)> = names
            .flat_map(|(at, (name, _))| keys(name).into_iter().map(move |key| (key, at)))
            .collect();
        sorted.sort_unstable();
        Self(sorted)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn get(&self, key: u64) -> impl Iterator<Item = usize> {
        let start = self.0.partition_point(|(other, _)| *other < key);
        self.0[start..]
            .iter()
            .take_while(move |(other, _)| *other == key)
            .take(MOST_COMPARED)
            .map(|(_, at)| *at)
    }
}

/// The name without invisible characters.
fn visible(name: &str) -> Cow<'_, str> {
    if name.contains(is_invisible) {
        name.chars().filter(|c| !is_invisible(*c)).collect()
    } else {
        name.into()
    }
}

fn spelling_keys(name: &str) -> Vec<u64> {
    Parts::new(&visible(name)).keys()
}

fn appearance_keys(name: &str) -> Vec<u64> {
    appearances(&visible(name))
        .iter()
        .map(|text| key(&[text]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{NameIndex, Resemblance};

    fn resemblance(name: &str, other: &str) -> Option<Resemblance> {
        let between = Resemblance::between(name, other);
        assert_eq!(
            Resemblance::between(other, name),
            between,
            "{name:?} {other:?}"
        );
        let index = NameIndex::new([("unlike", 1), (other, 2)]);
        let similar = index.similar(name).into_iter().next();
        assert_eq!(
            similar,
            between.map(|kind| (kind, other, 2)),
            "{name:?} {other:?}"
        );
        between
    }

    #[test]
    fn similar_of_resembling_pair_says_how() {
        for (name, other, expected) in [
            ("acme", "acme", Resemblance::Equal),
            ("Zo\u{eb}", "Zoe\u{308}", Resemblance::Normalization),
            ("Acme-Corp", "acme-corp", Resemblance::Case),
            (
                "ACME",
                "\u{410}\u{421}\u{41c}\u{415}",
                Resemblance::Appearance,
            ),
            ("acme", "\u{430}cme", Resemblance::Appearance),
            ("acme", "ac\u{200b}me", Resemblance::Appearance),
            ("acme", "\u{430}c\u{ad}me", Resemblance::Appearance),
            ("acme_corp", "acme-corp", Resemblance::Separators),
            ("Acme Corp", "acmecorp", Resemblance::Separators),
            ("O'Reilly, Inc.", "oreilly inc", Resemblance::Separators),
            ("v1.2", "V1-2", Resemblance::Separators),
            ("acme-crop", "acme-corp", Resemblance::Letter),
            ("globex2", "globbex2", Resemblance::Letter),
            ("umbrella", "umbrela", Resemblance::Letter),
            ("initech eu", "inittech-eu", Resemblance::Letter),
        ] {
            assert_eq!(
                resemblance(name, other),
                Some(expected),
                "{name:?} {other:?}"
            );
        }
    }

    #[test]
    fn similar_of_distinct_pair_is_empty() {
        for (name, other) in [
            ("acme-1", "acme-2"),
            ("acme-1", "acme-l"),
            ("acme-01", "acme-1"),
            ("shard-1-12", "shard-11-2"),
            ("acme 10", "acme 100"),
            ("team-a", "team-b"),
            ("acme eu", "acme us"),
            ("acme-prod", "acme-pro"),
            ("east", "west"),
            ("north", "south"),
            ("light", "night"),
            ("modern", "modem"),
            ("acme", "acme-corp"),
            ("Zo\u{eb}", "Zoe"),
            ("M\u{fc}ller", "Mueller"),
            (
                "\u{65e5}\u{672c}\u{96fb}\u{6c17}\u{4e00}\u{4e8c}",
                "\u{65e5}\u{672c}\u{96fb}\u{4fe1}\u{4e00}\u{4e8c}",
            ),
            ("---", "___"),
        ] {
            assert_eq!(resemblance(name, other), None, "{name:?} {other:?}");
        }
    }

    #[test]
    fn similar_of_many_returns_the_three_most_alike() {
        let names = [
            "acme corp",
            "acme-crop",
            "ACME-CORP",
            "acme_corp",
            "acmecorp",
        ];
        let index = NameIndex::new(names.map(|name| (name, ())));
        let similar = index.similar("acme-corp").into_iter();
        let similar: Vec<&str> = similar.map(|(_, name, ())| name).collect();
        assert_eq!(similar, ["ACME-CORP", "acme corp", "acme_corp"]);
    }

    #[test]
    fn similar_of_long_name_is_empty() {
        let name = "a".repeat(600);
        let index = NameIndex::new([(name.as_str(), ())]);
        assert_eq!(index.similar(&name), []);
    }
}
