//! The search: all forms of all canaries at once, over bytes.

use super::encode::forms;
use super::values::Canary;
use aho_corasick::AhoCorasick;
use std::collections::BTreeSet;

/// A canary that was found, and the form it had.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Hit {
    pub(crate) canary: usize,
    pub(crate) form: &'static str,
}

/// Finds canaries.
pub(crate) struct Search {
    pub(crate) canaries: Vec<Canary>,
    forms: Vec<Hit>,
    engine: AhoCorasick,
}

impl Search {
    pub(crate) fn new(canaries: Vec<Canary>) -> Self {
        let (mut needles, mut hits) = (Vec::new(), Vec::new());
        for (number, canary) in canaries.iter().enumerate() {
            for (form, needle) in forms(&canary.value) {
                // Four characters are the least that cannot occur by chance.
                assert!(needle.len() >= 4, "{form} of {}", canary.place);
                needles.push(needle);
                hits.push(Hit {
                    canary: number,
                    form,
                });
            }
        }
        Self {
            canaries,
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
    pub(crate) fn canaries_in(&self, bytes: &[u8]) -> BTreeSet<usize> {
        self.hits(bytes).into_iter().map(|hit| hit.canary).collect()
    }

    /// The names of the forms.
    pub(crate) fn names(&self) -> BTreeSet<&'static str> {
        self.forms.iter().map(|hit| hit.form).collect()
    }

    pub(crate) fn needles(&self) -> usize {
        self.forms.len()
    }
}
