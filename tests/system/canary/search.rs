//! Responsible for finding canaries in bytes: all forms of all canaries in one pass.

use super::encode::forms;
use super::values::Canary;
use aho_corasick::AhoCorasick;
use std::collections::BTreeSet;

/// A canary that the search found, and its form.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Hit {
    /// The index of the canary.
    pub(crate) canary: usize,
    pub(crate) form: &'static str,
}

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
                // Shorter needles would match by chance.
                assert!(needle.len() >= 4, "{form} of {}", canary.origin);
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

    /// Every canary in the bytes, once for each form.
    pub(crate) fn hits(&self, bytes: &[u8]) -> BTreeSet<Hit> {
        self.engine
            .find_overlapping_iter(bytes)
            .map(|needle| self.forms[needle.pattern().as_usize()].clone())
            .collect()
    }

    /// The canaries in the bytes.
    pub(crate) fn canaries_in(&self, bytes: &[u8]) -> BTreeSet<usize> {
        self.hits(bytes).into_iter().map(|hit| hit.canary).collect()
    }

    pub(crate) fn form_names(&self) -> BTreeSet<&'static str> {
        self.forms.iter().map(|hit| hit.form).collect()
    }

    pub(crate) fn needles(&self) -> usize {
        self.forms.len()
    }
}
