//! The search: all forms of all canaries at once, over bytes.

use super::birds::Bird;
use super::encode::forms;
use aho_corasick::AhoCorasick;
use std::collections::BTreeSet;

/// A canary that was found, and the form it had.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Hit {
    pub(crate) bird: usize,
    pub(crate) form: &'static str,
}

/// Finds canaries.
pub(crate) struct Search {
    pub(crate) birds: Vec<Bird>,
    forms: Vec<Hit>,
    engine: AhoCorasick,
}

impl Search {
    pub(crate) fn new(birds: Vec<Bird>) -> Self {
        let (mut needles, mut hits) = (Vec::new(), Vec::new());
        for (bird, canary) in birds.iter().enumerate() {
            for (form, needle) in forms(&canary.value) {
                // Four characters are the least that cannot occur by chance.
                assert!(needle.len() >= 4, "{form} of {}", canary.place);
                needles.push(needle);
                hits.push(Hit { bird, form });
            }
        }
        Self {
            birds,
            forms: hits,
            engine: AhoCorasick::new(needles).unwrap(),
        }
    }

    /// Every canary in the bytes, in each of its forms.
    pub(crate) fn hits(&self, bytes: &[u8]) -> BTreeSet<Hit> {
        let found = self.engine.find_overlapping_iter(bytes);
        found
            .map(|one| self.forms[one.pattern().as_usize()].clone())
            .collect()
    }

    /// The canaries in the bytes.
    pub(crate) fn birds_in(&self, bytes: &[u8]) -> BTreeSet<usize> {
        self.hits(bytes).into_iter().map(|hit| hit.bird).collect()
    }

    /// The names of the forms.
    pub(crate) fn names(&self) -> BTreeSet<&'static str> {
        self.forms.iter().map(|hit| hit.form).collect()
    }

    pub(crate) fn needles(&self) -> usize {
        self.forms.len()
    }
}
