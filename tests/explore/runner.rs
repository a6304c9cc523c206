//! Responsible for running trials in parallel, one at a time on each processor.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::cases::Case;
use crate::say;
use crate::trial::Verdict;

/// How often a trial with a clock error is repeated.
const REPEATS: usize = 20;
/// The largest number of failures that are shown.
const MAX_FAILURES: usize = 40;
/// The time between two progress messages.
const PROGRESS_INTERVAL: Duration = Duration::from_mins(1);

/// The results of all trials.
#[derive(Default)]
pub(crate) struct Summary {
    pub(crate) trials: usize,
    /// Trials that met no fault, because the run sent other requests.
    pub(crate) unmet: usize,
    pub(crate) runs: usize,
    pub(crate) requests: usize,
    pub(crate) repeats: usize,
    pub(crate) took: Duration,
    pub(crate) failed: usize,
    /// The first failures by case.
    pub(crate) failures: BTreeMap<String, Verdict>,
}

/// Runs every case.
pub(crate) fn work<'a>(cases: impl Iterator<Item = Case<'a>> + Send) -> Summary {
    let started = Instant::now();
    let (cases, summary) = (Mutex::new(cases), Mutex::new(Summary::default()));
    let repeats = AtomicUsize::new(0);
    let next = || cases.lock().unwrap().next();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = next() {
                    let verdict = attempt(&case, &repeats);
                    let mut summary = summary.lock().unwrap();
                    summary.add(&case, verdict);
                    summary.report_progress(started.elapsed());
                }
            });
        }
    });
    let mut summary = summary.into_inner().unwrap();
    summary.repeats = repeats.into_inner();
    summary.took = started.elapsed();
    summary
}

/// Runs a case, and repeats it after a clock error.
fn attempt(case: &Case<'_>, repeats: &AtomicUsize) -> Verdict {
    for _ in 0..REPEATS {
        let result = catch_unwind(AssertUnwindSafe(|| case.attempt()));
        let verdict = result.unwrap_or_else(|_| Verdict {
            wrong: vec!["the trial panicked".to_owned()],
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

impl Summary {
    fn add(&mut self, case: &Case<'_>, verdict: Verdict) {
        self.trials += 1;
        self.unmet += usize::from(verdict.met == 0);
        self.runs += verdict.runs;
        self.requests += verdict.requests;
        if verdict.wrong.is_empty() {
            return;
        }
        self.failed += 1;
        say(&format!(
            "failed: {}\n  {}",
            case.name(),
            verdict.wrong.join("\n  ")
        ));
        if self.failures.len() < MAX_FAILURES {
            self.failures.insert(case.name(), verdict);
        }
    }

    fn report_progress(&mut self, elapsed: Duration) {
        if elapsed > self.took + PROGRESS_INTERVAL {
            self.took = elapsed;
            say(&format!("so far: {self}"));
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            trials,
            unmet,
            runs,
            requests,
            repeats,
            failed,
            ..
        } = self;
        let seconds = self.took.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = *trials as f64 / seconds;
        write!(
            f,
            "{trials} trials of {runs} runs with {requests} requests in {seconds:.0} s \
             ({rate:.0} trials/s); \
             {unmet} met no fault, {repeats} repeated because the clock ran ahead, {failed} failed"
        )
    }
}
