//! Responsible for repeating a check with growing pauses, until it succeeds, a deadline passes or
//! the run stops.

use super::{Context, Stop};
use crate::backoff::{Backoff, Limit, Pauses};
use std::time::Duration;
use tokio::time::Instant;

const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The pauses of one poll.
pub(super) struct Polling<'a> {
    stop: &'a Stop,
    backoff: Backoff,
}

impl<'a> Polling<'a> {
    pub(super) fn new(context: &Context<'a>, timeout: Duration) -> Self {
        let pauses = Pauses {
            first: context.options.pause,
            factor: 2,
            longest: LONGEST_PAUSE,
        };
        Self {
            stop: context.stop,
            backoff: Backoff::new(pauses, Limit::Deadline(Instant::now() + timeout)),
        }
    }

    /// Repeats a check until it returns a value. Returns `None` after the deadline.
    pub(super) async fn until<T>(
        &mut self,
        mut check: impl AsyncFnMut() -> Option<T>,
    ) -> Option<T> {
        loop {
            if let Some(value) = check().await {
                return Some(value);
            }
            if !self.pause().await {
                return None;
            }
        }
    }

    /// Waits before the next check. Returns false after the deadline or when the run stops.
    pub(super) async fn pause(&mut self) -> bool {
        self.stop.cause().is_none() && self.backoff.pause().await
    }
}
