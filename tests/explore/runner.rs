//! Many trials side by side: one thread for each processor, one trial at a time on each.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::cases::Case;
use crate::say;
use crate::trial::Verdict;

/// How often a trial is repeated whose clock ran ahead.
const REPEATS: usize = 20;
/// Failures that are kept to be shown.
const SHOWN: usize = 40;
/// How often a long exploration tells how far it is.
const PERIOD: Duration = Duration::from_mins(1);

/// What all trials came to.
#[derive(Default)]
pub(crate) struct Summary {
    pub(crate) trials: usize,
    /// Trials that met no fault, because the run took another way.
    pub(crate) unmet: usize,
    pub(crate) runs: usize,
    pub(crate) requests: usize,
    pub(crate) repeats: usize,
    pub(crate) took: Duration,
    pub(crate) failed: usize,
    /// What was wrong with the first of those, by case.
    pub(crate) failures: BTreeMap<String, Verdict>,
}

/// Tries every case that comes.
pub(crate) fn work<'a>(cases: impl Iterator<Item = Case<'a>> + Send) -> Summary {
    let begun = Instant::now();
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
                    summary.tell(begun.elapsed());
                }
            });
        }
    });
    let mut summary = summary.into_inner().unwrap();
    summary.repeats = repeats.into_inner();
    summary.took = begun.elapsed();
    summary
}

/// Tries a case, and again when its clock ran ahead.
fn attempt(case: &Case<'_>, repeats: &AtomicUsize) -> Verdict {
    for _ in 0..REPEATS {
        let tried = catch_unwind(AssertUnwindSafe(|| case.attempt()));
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
        if self.failures.len() < SHOWN {
            self.failures.insert(case.name(), verdict);
        }
    }

    /// Says how far it is, now and then.
    fn tell(&mut self, elapsed: Duration) {
        if elapsed > self.took + PERIOD {
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
