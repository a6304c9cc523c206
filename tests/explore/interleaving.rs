//! Whose turn it is: a gate that lets the requests of two runs through in a given order.

use airlift::sandbox::testing::{BarrierPermit, BarrierWait, RequestBarrier, RequestRecord};
use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// The order of what two runs do, as the number of each one's door.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) doors: Vec<usize>,
    /// From their first requests on, and not only after both have planned.
    pub(crate) whole: bool,
}

/// A letter for each turn, a capital one where the order is of everything.
impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = if self.whole { ['A', 'B'] } else { ['a', 'b'] };
        self.doors
            .iter()
            .try_for_each(|door| f.write_char(letters[*door]))
    }
}

impl FromStr for Order {
    type Err = char;

    fn from_str(text: &str) -> Result<Self, char> {
        let whole = text.contains(['A', 'B']);
        let door = |letter: char| match letter.to_ascii_lowercase() {
            'a' => Ok(0),
            'b' => Ok(1),
            other => Err(other),
        };
        let doors = text.chars().map(door).collect::<Result<_, _>>()?;
        Ok(Self { doors, whole })
    }
}

/// An order that is kept.
#[derive(Clone)]
pub(crate) struct Interleaving {
    left: Arc<Mutex<VecDeque<usize>>>,
    /// Runs that have come to what is ordered.
    begun: Arc<Mutex<[bool; 2]>>,
    changed: watch::Sender<()>,
}

impl Interleaving {
    pub(crate) fn new(order: &Order) -> Self {
        Self {
            left: Arc::new(Mutex::new(order.doors.iter().copied().collect())),
            begun: Arc::new(Mutex::new([order.whole; 2])),
            changed: watch::Sender::new(()),
        }
    }

    /// The gate that keeps them. Where the order is not of everything, reading for a plan is not
    /// ordered: both runs have planned on the same world when the first of them writes.
    pub(crate) fn gate(&self) -> RequestBarrier {
        let turns = self.clone();
        RequestBarrier::new(move |recorded| turns.wait(recorded))
    }

    /// A run has ended: its turns are nobody's.
    pub(crate) fn end(&self, door: usize) {
        self.left.lock().unwrap().retain(|one| *one != door);
        self.begun.lock().unwrap()[door] = true;
        self.changed.send_replace(());
    }

    fn wait(&self, recorded: &RequestRecord) -> BarrierWait {
        let turns = self.clone();
        let (door, is_write) = (recorded.listener, writes(recorded));
        Box::pin(async move {
            if is_write {
                turns.begun.lock().unwrap()[door] = true;
                turns.changed.send_replace(());
            }
            if !turns.begun.lock().unwrap()[door] {
                return Box::new(()) as BarrierPermit;
            }
            let mut changed = turns.changed.subscribe();
            loop {
                changed.mark_unchanged();
                if turns.is_next(door) {
                    return Box::new(Turn(turns)) as BarrierPermit;
                }
                if changed.changed().await.is_err() {
                    return Box::new(()) as BarrierPermit;
                }
            }
        })
    }

    /// Whether this door's request may go on: both have planned, and it is first, or all is done.
    fn is_next(&self, door: usize) -> bool {
        let both = self.begun.lock().unwrap().iter().all(|begun| *begun);
        both && self
            .left
            .lock()
            .unwrap()
            .front()
            .is_none_or(|first| *first == door)
    }
}

/// A turn that is being taken; the next one's comes when it is over.
struct Turn(Interleaving);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.left.lock().unwrap().pop_front();
        self.0.changed.send_replace(());
    }
}

/// Everything but reading and the organization's token.
pub(crate) fn writes(recorded: &RequestRecord) -> bool {
    recorded.method != "GET"
        && recorded.operation.as_deref() != Some("create_account_applications_token")
}

/// One run does some of its requests, then the other some of its own, then each the rest: for so
/// many requests, every such order.
pub(crate) fn cuts(requests: usize) -> impl Iterator<Item = Order> {
    let all = move |first: usize| (0..requests).map(move |second| (first, second));
    (0..requests).flat_map(all).map(move |(first, second)| {
        let runs = [
            (0, first),
            (1, second),
            (0, requests - first),
            (1, requests - second),
        ];
        let doors = runs
            .into_iter()
            .flat_map(|(door, turns)| std::iter::repeat_n(door, turns));
        Order {
            doors: doors.collect(),
            whole: true,
        }
    })
}

/// Every order of so many turns each.
pub(crate) fn orders(each: usize) -> Vec<Vec<usize>> {
    fn go(left: [usize; 2], order: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
        if left == [0, 0] {
            all.push(order.clone());
        }
        for door in [0, 1] {
            if left[door] > 0 {
                let mut less = left;
                less[door] -= 1;
                order.push(door);
                go(less, order, all);
                order.pop();
            }
        }
    }
    let mut all = Vec::new();
    go([each, each], &mut Vec::new(), &mut all);
    all
}

#[test]
fn six_and_six_have_as_many_orders_as_they_should() {
    let all = orders(6);
    assert_eq!(all.len(), 924);
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), 924);
}
