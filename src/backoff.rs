//! Responsible for the pauses between attempts: how long each one is, and when they end.
//!
//! Does not delay the requests to the API: `api::resilience` does.

use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The lengths of pauses: each is `factor` times as long as the one before, up to `longest`.
#[derive(Clone, Copy)]
pub(crate) struct Pauses {
    pub(crate) first: Duration,
    pub(crate) factor: u32,
    pub(crate) longest: Duration,
}

/// What ends a backoff.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    /// Only the caller ends the backoff.
    None,
    /// A point in time. The last pause ends there.
    Deadline(Instant),
    /// A number of pauses, each before one retry.
    Retries(u32),
}

/// The pauses of one poll or of one request that is retried.
pub(crate) struct Backoff {
    pauses: Pauses,
    limit: Limit,
    next: Duration,
}

impl Backoff {
    pub(crate) const fn new(pauses: Pauses, limit: Limit) -> Self {
        Self {
            pauses,
            limit,
            next: pauses.first,
        }
    }

    /// Waits for the next pause. Returns false without waiting if the limit is reached.
    pub(crate) async fn pause(&mut self) -> bool {
        let Some(pause) = self.take_next() else {
            return false;
        };
        sleep(pause).await;
        true
    }

    fn take_next(&mut self) -> Option<Duration> {
        let pause = match &mut self.limit {
            Limit::None => self.next,
            Limit::Deadline(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                (!left.is_zero()).then(|| self.next.min(left))?
            }
            Limit::Retries(left) => {
                *left = left.checked_sub(1)?;
                self.next
            }
        };
        self.next = (self.next * self.pauses.factor).min(self.pauses.longest);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOUBLING: Pauses = Pauses {
        first: Duration::from_millis(200),
        factor: 2,
        longest: Duration::from_secs(1),
    };

    /// The lengths of up to six pauses, in milliseconds.
    async fn lengths(pauses: Pauses, limit: Limit) -> Vec<u128> {
        let mut backoff = Backoff::new(pauses, limit);
        let mut lengths = Vec::new();
        let mut start = Instant::now();
        while lengths.len() < 6 && backoff.pause().await {
            lengths.push(start.elapsed().as_millis());
            start = Instant::now();
        }
        lengths
    }

    #[tokio::test(start_paused = true)]
    async fn pause_without_limit_doubles_up_to_the_longest() {
        let lengths = lengths(DOUBLING, Limit::None).await;
        assert_eq!(lengths, [200, 400, 800, 1000, 1000, 1000]);
    }

    #[tokio::test(start_paused = true)]
    async fn pause_at_deadline_is_cut_short_and_is_the_last() {
        let deadline = Instant::now() + Duration::from_millis(700);
        let lengths = lengths(DOUBLING, Limit::Deadline(deadline)).await;
        assert_eq!(lengths, [200, 400, 100]);
        assert_eq!(Instant::now(), deadline);
    }

    #[tokio::test(start_paused = true)]
    async fn pause_after_deadline_does_not_wait() {
        let deadline = Instant::now();
        assert!(
            lengths(DOUBLING, Limit::Deadline(deadline))
                .await
                .is_empty()
        );
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(
            lengths(DOUBLING, Limit::Deadline(deadline))
                .await
                .is_empty()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn pause_with_retries_ends_after_their_number() {
        let by_four = Pauses {
            factor: 4,
            ..DOUBLING
        };
        assert_eq!(lengths(by_four, Limit::Retries(2)).await, [200, 800]);
        assert!(lengths(by_four, Limit::Retries(0)).await.is_empty());
    }
}
