//! Responsible for polling: pauses that double, up to a deadline or the end of the run.

use super::{Context, Stop};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The pauses of one poll.
pub(super) struct Backoff<'a> {
    stop: &'a Stop,
    deadline: Instant,
    pause: Duration,
}

impl<'a> Backoff<'a> {
    pub(super) fn new(context: &Context<'a>, timeout: Duration) -> Self {
        Self {
            stop: context.stop,
            deadline: Instant::now() + timeout,
            pause: context.options.pause,
        }
    }

    /// Repeats a check until it returns a value; `None` when the time is over.
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

    /// Waits once; false when the time is over.
    pub(super) async fn pause(&mut self) -> bool {
        if self.stop.cause().is_some() || Instant::now() >= self.deadline {
            return false;
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        sleep(self.pause.min(left)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}
