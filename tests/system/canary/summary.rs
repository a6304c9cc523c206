//! What was searched and what was found, over many runs.

use super::harness::Run;
use super::search::Search;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The count of a test.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    runs: usize,
    bytes: usize,
    sinks: BTreeSet<String>,
    forms: BTreeSet<&'static str>,
    needles: usize,
    /// Each canary where it should not be: how often, in which forms, and after which run first.
    hits: BTreeMap<String, (usize, BTreeSet<&'static str>, String)>,
}

impl Summary {
    /// Searches everything that a run left.
    pub(crate) fn check(&mut self, search: &Search, run: &Run) {
        self.check_except(search, run, &|_, _| false);
    }

    /// The same where a canary may stand in a place.
    pub(crate) fn check_except(
        &mut self,
        search: &Search,
        run: &Run,
        fine: &dyn Fn(&str, &str) -> bool,
    ) {
        self.runs += 1;
        self.needles = self.needles.max(search.needles());
        self.forms.extend(search.names());
        for (place, bytes) in &run.places {
            self.bytes += bytes.len();
            self.sinks.insert(kind(place));
            for hit in search.hits(bytes) {
                if !fine(place, &search.canaries[hit.canary].place) {
                    let told = format!("{place}: {}", search.canaries[hit.canary].place);
                    let first = || (0, BTreeSet::new(), run.name.clone());
                    let entry = self.hits.entry(told).or_insert_with(first);
                    entry.0 += 1;
                    entry.1.insert(hit.form);
                }
            }
        }
    }

    /// Takes in what another thread counted.
    pub(crate) fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.bytes += other.bytes;
        self.sinks.extend(other.sinks);
        self.forms.extend(other.forms);
        self.needles = self.needles.max(other.needles);
        self.hits.extend(other.hits);
    }

    /// Prints the figures; nothing may have been found.
    pub(crate) fn ends_clean(&self, what: &str) {
        assert!(self.runs > 0 && self.bytes > 0, "{self}");
        let shown: Vec<_> = self.hits.iter().take(40).collect();
        assert!(self.hits.is_empty(), "{what}: {self}\n{shown:#?}");
        tell(&format!("{what}: {self}"));
    }
}

/// The kind of a sink: files by their directory.
fn kind(place: &str) -> String {
    place
        .rsplit_once('/')
        .map_or(place, |(directory, _)| directory)
        .to_owned()
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            runs,
            bytes,
            sinks,
            forms,
            needles,
            hits,
        } = self;
        write!(
            f,
            "{runs} runs, {bytes} bytes in {} sinks, {needles} needles of {} forms at a time, \
             {} hits",
            sinks.len(),
            forms.len(),
            hits.len()
        )
    }
}

/// Prints a figure: `cargo test --test system canary:: -- --nocapture` shows it.
#[expect(clippy::print_stdout, reason = "figures are what the suite is for")]
pub(crate) fn tell(text: &str) {
    println!("{text}");
}
