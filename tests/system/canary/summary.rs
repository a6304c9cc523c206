//! Responsible for counting what the search covered and found over many runs.

use super::harness::Run;
use super::search::Search;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Totals over the runs of a test.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    runs: usize,
    bytes: usize,
    sinks: BTreeSet<String>,
    forms: BTreeSet<&'static str>,
    needles: usize,
    /// The hits by sink and canary.
    hits: BTreeMap<String, HitCount>,
}

/// How often and in which forms a canary was found in a sink.
#[derive(Debug)]
struct HitCount {
    count: usize,
    forms: BTreeSet<&'static str>,
    #[expect(dead_code, reason = "the message of a failure prints it")]
    first_run: String,
}

impl HitCount {
    fn new(first_run: String) -> Self {
        Self {
            count: 0,
            forms: BTreeSet::new(),
            first_run,
        }
    }

    fn add(&mut self, form: &'static str) {
        self.count += 1;
        self.forms.insert(form);
    }
}

impl Summary {
    /// Searches every sink of a run.
    pub(crate) fn check(&mut self, search: &Search, run: &Run) {
        self.check_except(search, run, &|_, _| false);
    }

    /// Searches every sink of a run. `is_expected` receives the sink and the canary's origin.
    pub(crate) fn check_except(
        &mut self,
        search: &Search,
        run: &Run,
        is_expected: &dyn Fn(&str, &str) -> bool,
    ) {
        self.runs += 1;
        self.needles = self.needles.max(search.needles());
        self.forms.extend(search.form_names());
        for (sink, bytes) in &run.sinks {
            self.bytes += bytes.len();
            self.sinks.insert(directory(sink));
            for hit in search.hits(bytes) {
                let origin = &search.canaries[hit.canary].origin;
                if !is_expected(sink, origin) {
                    let count = self.hits.entry(format!("{sink}: {origin}"));
                    count
                        .or_insert_with(|| HitCount::new(run.name.clone()))
                        .add(hit.form);
                }
            }
        }
    }

    /// Adds the totals of another thread.
    pub(crate) fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.bytes += other.bytes;
        self.sinks.extend(other.sinks);
        self.forms.extend(other.forms);
        self.needles = self.needles.max(other.needles);
        self.hits.extend(other.hits);
    }

    /// Fails on any hit, and prints the figures otherwise.
    pub(crate) fn assert_clean(&self, what: &str) {
        assert!(self.runs > 0 && self.bytes > 0, "{self}");
        let shown: Vec<_> = self.hits.iter().take(40).collect();
        assert!(self.hits.is_empty(), "{what}: {self}\n{shown:#?}");
        print_figures(&format!("{what}: {self}"));
    }
}

/// The directory of a file, so that files of one directory count as one sink. Other sinks stay.
fn directory(sink: &str) -> String {
    sink.rsplit_once('/')
        .map_or(sink, |(directory, _)| directory)
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

/// Prints figures. `cargo test --test system canary:: -- --nocapture` shows them.
#[expect(
    clippy::print_stdout,
    reason = "people read how much the suite covered"
)]
pub(crate) fn print_figures(text: &str) {
    println!("{text}");
}
