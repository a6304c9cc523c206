//! Responsible for independent work on several threads, such as loading files, with the results in order.
//!
//! Bounds the results that wait for an earlier one, so that memory does not grow with the number of things.

use crate::model::LockUnpoisoned;
use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Builder};

/// The most threads. More read no faster, because the results are put together by one.
const MOST_THREADS: usize = 8;
/// The results per thread that wait at most.
const WINDOW: usize = 4;

/// Calls `work` with each position below `count`, and `consume` with each result, in order. `work` runs on several
/// threads, this one included, and `consume` on this one.
pub(crate) fn in_order<T: Send>(
    count: usize,
    work: impl Fn(usize) -> T + Sync,
    mut consume: impl FnMut(usize, T),
) {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = processors.min(MOST_THREADS).min(count);
    if threads < 2 {
        return (0..count).for_each(|position| consume(position, work(position)));
    }
    let queue = Queue::new(count, threads * WINDOW);
    thread::scope(|scope| {
        for _ in 1..threads {
            // This thread does the work of a thread that the system refuses.
            let _ = Builder::new().spawn_scoped(scope, || queue.run(&work));
        }
        for position in 0..count {
            consume(position, queue.wait_for(position, &work));
        }
    });
}

/// The positions that are not worked on yet, and the results that wait.
struct Queue<T> {
    count: usize,
    window: usize,
    state: Mutex<QueueState<T>>,
    changed: Condvar,
}

struct QueueState<T> {
    /// The first position that no thread works on.
    next: usize,
    /// The first position whose result is not taken.
    taken: usize,
    ready: BTreeMap<usize, T>,
    /// The payload of work that panicked. No thread starts further work, and the thread that takes the results panics with
    /// it.
    panicked: Option<Box<dyn Any + Send>>,
}

impl<T> Queue<T> {
    fn new(count: usize, window: usize) -> Self {
        Self {
            count,
            window,
            state: Mutex::new(QueueState {
                next: 0,
                taken: 0,
                ready: BTreeMap::new(),
                panicked: None,
            }),
            changed: Condvar::new(),
        }
    }

    /// Works until no position is left.
    fn run(&self, work: &impl Fn(usize) -> T) {
        let mut state = self.state.lock_unpoisoned();
        while state.next < self.count {
            let Some(position) = self.claim(&mut state) else {
                state = self.wait(state);
                continue;
            };
            drop(state);
            self.work(position, work);
            state = self.state.lock_unpoisoned();
        }
    }

    /// The result at a position. Works on later positions while another thread works on this one.
    fn wait_for(&self, position: usize, work: &impl Fn(usize) -> T) -> T {
        let mut state = self.state.lock_unpoisoned();
        loop {
            if let Some(result) = state.ready.remove(&position) {
                state.taken = position + 1;
                self.changed.notify_all();
                return result;
            }
            if let Some(payload) = state.panicked.take() {
                drop(state);
                panic::resume_unwind(payload);
            }
            if let Some(later) = self.claim(&mut state) {
                drop(state);
                self.work(later, work);
                state = self.state.lock_unpoisoned();
            } else {
                state = self.wait(state);
            }
        }
    }

    fn claim(&self, state: &mut QueueState<T>) -> Option<usize> {
        let position = state.next;
        let is_open = position < self.count && position < state.taken + self.window;
        is_open.then(|| {
            state.next += 1;
            position
        })
    }

    fn work(&self, position: usize, work: &impl Fn(usize) -> T) {
        let result = panic::catch_unwind(AssertUnwindSafe(|| work(position)));
        let mut state = self.state.lock_unpoisoned();
        match result {
            Ok(result) => drop(state.ready.insert(position, result)),
            Err(payload) => {
                state.panicked = Some(payload);
                state.next = self.count;
            }
        }
        self.changed.notify_all();
    }

    fn wait<'s>(&self, state: MutexGuard<'s, QueueState<T>>) -> MutexGuard<'s, QueueState<T>> {
        let woken = self.changed.wait(state);
        woken.unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::in_order;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn in_order_of_uneven_work_consumes_in_order() {
        let mut consumed = Vec::new();
        let work = |position: usize| {
            (0..(position * 7919) % 1000).fold(position, |sum, step| sum ^ step ^ step)
        };
        in_order(1_000, work, |position, result| {
            assert_eq!(position, result);
            consumed.push(position);
        });
        assert_eq!(consumed, (0..1_000).collect::<Vec<_>>());
    }

    #[test]
    fn in_order_bounds_the_results_that_wait() {
        let (started, consumed, most) = <(AtomicUsize, AtomicUsize, AtomicUsize)>::default();
        let work = |_| {
            let ahead = started.fetch_add(1, Ordering::SeqCst) + 1;
            let waiting = ahead - consumed.load(Ordering::SeqCst);
            most.fetch_max(waiting, Ordering::SeqCst);
        };
        in_order(10_000, work, |_, ()| {
            consumed.fetch_add(1, Ordering::SeqCst);
        });
        // One more than the bound is counted between two operations.
        assert!(most.into_inner() <= super::MOST_THREADS * super::WINDOW + super::MOST_THREADS);
    }

    #[test]
    #[should_panic = "at 40"]
    fn in_order_of_work_that_panics_panics() {
        in_order(100, |position| assert!(position != 40, "at 40"), |_, ()| {});
    }

    #[test]
    #[should_panic = "at 40"]
    fn in_order_of_work_that_panics_once_panics() {
        let has_panicked = AtomicUsize::new(0);
        let work = |position| {
            let is_first = position == 40 && has_panicked.fetch_add(1, Ordering::SeqCst) == 0;
            assert!(!is_first, "at 40");
        };
        in_order(100, work, |_, ()| {});
    }
}
