//! Responsible for a request barrier that lets the requests of two runs through in a given order.

use airlift::sandbox::testing::{BarrierPermit, BarrierWait, RequestBarrier, RequestRecord};
use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// The order of the requests of two runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    /// The index of the run of each request.
    pub(crate) runs: Vec<usize>,
    /// Whether the first requests are ordered, too, and not only those after both runs have planned.
    pub(crate) from_the_start: bool,
}

/// A letter for each request; upper case if the order is from the start.
impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = if self.from_the_start {
            ['A', 'B']
        } else {
            ['a', 'b']
        };
        self.runs
            .iter()
            .try_for_each(|run| f.write_char(letters[*run]))
    }
}

impl FromStr for Order {
    type Err = char;

    fn from_str(text: &str) -> Result<Self, char> {
        let from_the_start = text.contains(['A', 'B']);
        let index = |letter: char| match letter.to_ascii_lowercase() {
            'a' => Ok(0),
            'b' => Ok(1),
            other => Err(other),
        };
        let runs = text.chars().map(index).collect::<Result<_, _>>()?;
        Ok(Self {
            runs,
            from_the_start,
        })
    }
}

/// An order of requests, and how far it has come.
#[derive(Clone)]
pub(crate) struct Interleaving {
    remaining: Arc<Mutex<VecDeque<usize>>>,
    /// Whether each run has reached its ordered requests.
    started: Arc<Mutex<[bool; 2]>>,
    changed: watch::Sender<()>,
}

impl Interleaving {
    pub(crate) fn new(order: &Order) -> Self {
        Self {
            remaining: Arc::new(Mutex::new(order.runs.iter().copied().collect())),
            started: Arc::new(Mutex::new([order.from_the_start; 2])),
            changed: watch::Sender::new(()),
        }
    }

    /// The barrier that enforces the order. If the order is not from the start, the reads of planning
    /// are not ordered: both runs have planned with the same world when the first one writes.
    pub(crate) fn barrier(&self) -> RequestBarrier {
        let turns = self.clone();
        RequestBarrier::new(move |recorded| turns.wait(recorded))
    }

    /// A run has ended: its remaining turns are dropped.
    pub(crate) fn end(&self, run: usize) {
        let mut remaining = self.remaining.lock().unwrap();
        remaining.retain(|turn| *turn != run);
        drop(remaining);
        self.started.lock().unwrap()[run] = true;
        self.changed.send_replace(());
    }

    fn wait(&self, recorded: &RequestRecord) -> BarrierWait {
        let turns = self.clone();
        let (run, is_write) = (recorded.listener, writes(recorded));
        Box::pin(async move {
            if is_write {
                turns.started.lock().unwrap()[run] = true;
                turns.changed.send_replace(());
            }
            if !turns.started.lock().unwrap()[run] {
                return Box::new(()) as BarrierPermit;
            }
            let mut changed = turns.changed.subscribe();
            loop {
                changed.mark_unchanged();
                if turns.is_next(run) {
                    return Box::new(TurnGuard(turns)) as BarrierPermit;
                }
                if changed.changed().await.is_err() {
                    return Box::new(()) as BarrierPermit;
                }
            }
        })
    }

    /// Whether a request of this run may proceed: both runs have started, and the run is next or no
    /// turn remains.
    fn is_next(&self, run: usize) -> bool {
        let both = self.started.lock().unwrap().iter().all(|started| *started);
        both && self
            .remaining
            .lock()
            .unwrap()
            .front()
            .is_none_or(|next| *next == run)
    }
}

/// A turn in progress. The next turn begins when it is dropped.
struct TurnGuard(Interleaving);

impl Drop for TurnGuard {
    fn drop(&mut self) {
        self.0.remaining.lock().unwrap().pop_front();
        self.0.changed.send_replace(());
    }
}

/// Whether a request is neither a read nor for the application token.
pub(crate) fn writes(recorded: &RequestRecord) -> bool {
    recorded.method != "GET"
        && recorded.operation.as_deref() != Some("create_account_applications_token")
}

/// Every order in which one run sends some of its requests, then the other run some of its own, then
/// each run the rest.
pub(crate) fn cuts(requests: usize) -> impl Iterator<Item = Order> {
    let all = move |first: usize| (0..requests).map(move |second| (first, second));
    (0..requests).flat_map(all).map(move |(first, second)| {
        let parts = [
            (0, first),
            (1, second),
            (0, requests - first),
            (1, requests - second),
        ];
        let runs = parts
            .into_iter()
            .flat_map(|(run, turns)| std::iter::repeat_n(run, turns));
        Order {
            runs: runs.collect(),
            from_the_start: true,
        }
    })
}

/// Every order of two runs with `each` turns.
pub(crate) fn orders(each: usize) -> Vec<Vec<usize>> {
    fn extend(remaining: [usize; 2], order: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
        if remaining == [0, 0] {
            all.push(order.clone());
        }
        for run in [0, 1] {
            if remaining[run] > 0 {
                let mut fewer = remaining;
                fewer[run] -= 1;
                order.push(run);
                extend(fewer, order, all);
                order.pop();
            }
        }
    }
    let mut all = Vec::new();
    extend([each, each], &mut Vec::new(), &mut all);
    all
}

#[test]
fn orders_of_six_turns_each_are_924() {
    let all = orders(6);
    assert_eq!(all.len(), 924);
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), 924);
}
