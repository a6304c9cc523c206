//! Many trials side by side: one thread for each processor, one trial at a time on each.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::kinds::Blow;
use crate::trial::{Prepared, Verdict};

/// How often a trial is repeated whose clock ran ahead.
const REPEATS: usize = 20;

/// A scenario and what goes wrong in it.
#[derive(Clone)]
pub(crate) struct Case<'a> {
    pub(crate) prepared: &'a Prepared,
    pub(crate) blows: Vec<Blow>,
}

impl Case<'_> {
    /// What reruns this case alone.
    pub(crate) fn name(&self) -> String {
        let blows: Vec<String> = self.blows.iter().map(ToString::to_string).collect();
        format!("{}/{}", self.prepared.start.scenario.name, blows.join("+"))
    }
}

/// What all trials came to.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) trials: usize,
    /// Trials that met no fault, because the run took another way.
    pub(crate) unmet: usize,
    pub(crate) requests: usize,
    pub(crate) repeats: usize,
    pub(crate) took: Duration,
    /// What was wrong, by case.
    pub(crate) failures: BTreeMap<String, Verdict>,
}

/// Tries every case that comes.
pub(crate) fn work<'a>(cases: impl Iterator<Item = Case<'a>> + Send) -> Tally {
    let begun = Instant::now();
    let (cases, tally) = (Mutex::new(cases), Mutex::new(Tally::default()));
    let repeats = AtomicUsize::new(0);
    let next = || cases.lock().unwrap().next();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = next() {
                    let verdict = attempt(&case, &repeats);
                    tally.lock().unwrap().add(&case, verdict);
                }
            });
        }
    });
    let mut tally = tally.into_inner().unwrap();
    tally.repeats = repeats.into_inner();
    tally.took = begun.elapsed();
    tally
}

/// Tries a case, and again when its clock ran ahead.
fn attempt(case: &Case<'_>, repeats: &AtomicUsize) -> Verdict {
    for _ in 0..REPEATS {
        let tried = catch_unwind(AssertUnwindSafe(|| case.prepared.attempt(&case.blows)));
        let verdict = tried.unwrap_or_else(|_| Verdict {
            wrong: vec!["it panicked".to_owned()],
            ..Verdict::default()
        });
        if !verdict.spurious {
            return verdict;
        }
        repeats.fetch_add(1, Ordering::Relaxed);
    }
    Verdict {
        wrong: vec![format!("the clock ran ahead {REPEATS} times")],
        ..Verdict::default()
    }
}

impl Tally {
    fn add(&mut self, case: &Case<'_>, verdict: Verdict) {
        self.trials += 1;
        self.unmet += usize::from(verdict.met == 0);
        self.requests += verdict.requests;
        if !verdict.wrong.is_empty() {
            self.failures.insert(case.name(), verdict);
        }
    }
}
