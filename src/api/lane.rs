//! Responsible for how many calls of one kind are made at a time: the adaptive limit (additive
//! increase, multiplicative decrease after 429 and after timeouts) and the gate that
//! `Retry-After` closes for all.

#[cfg(test)]
mod exact;

use super::options::Load;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// Where a session starts, however many may be asked for: the rest has to be earned.
const START: usize = 10;
/// What is left of the limit after a 429, and after a timeout.
const THROTTLED: f64 = 0.5;
const TIMED_OUT: f64 = 0.8;

/// The way of one kind of calls.
pub(super) struct Lane {
    permits: Semaphore,
    parallelism: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Calls at a time; the permits follow its whole part.
    limit: f64,
    /// Permits there are, taken or not.
    issued: usize,
    /// Whether nothing has spoken against more so far.
    starting: bool,
    /// Attempts from before it tell nothing about the present limit.
    cut_at: Option<Instant>,
    /// Nobody sends before.
    closed_until: Option<Instant>,
}

impl Lane {
    pub(super) fn new(load: Load) -> Self {
        let parallelism = load.parallelism.clamp(1, Semaphore::MAX_PERMITS);
        let issued = parallelism.min(START);
        let state = State {
            limit: count(issued),
            issued,
            starting: true,
            cut_at: None,
            closed_until: None,
        };
        Self {
            permits: Semaphore::new(issued),
            parallelism,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A permit, first come first served; nothing when it takes too long.
    pub(super) async fn permit(&self, deadline: Instant) -> Option<Permit<'_>> {
        let permit = timeout_at(deadline, self.permits.acquire())
            .await
            .ok()?
            .ok()?;
        Some(Permit {
            lane: self,
            permit: Some(permit),
        })
    }

    /// Until when nobody sends, if that is to come.
    pub(super) fn closed_until(&self) -> Option<Instant> {
        let now = Instant::now();
        self.state().closed_until.filter(|until| *until > now)
    }

    /// Nobody sends for a while.
    pub(super) fn close(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut state = self.state();
        state.closed_until = state.closed_until.max(Some(until));
    }

    /// An attempt was answered.
    pub(super) fn answered(&self, sent: Instant) {
        let mut state = self.state();
        if state.is_old(sent) {
            return;
        }
        // A limit that is not used up was not tried.
        let used = state
            .issued
            .saturating_sub(self.permits.available_permits());
        if 2 * used >= state.issued {
            let step = if state.starting {
                1.0
            } else {
                state.limit.recip()
            };
            state.limit = (state.limit + step).min(count(self.parallelism));
            self.issue(&mut state);
        }
    }

    /// An attempt was turned away.
    pub(super) fn throttled(&self, sent: Instant) {
        let mut state = self.state();
        if !state.is_old(sent) {
            self.cut(&mut state, THROTTLED);
        }
    }

    /// An attempt got no answer in time.
    pub(super) fn timed_out(&self, sent: Instant) {
        let mut state = self.state();
        if !state.is_old(sent) {
            self.cut(&mut state, TIMED_OUT);
        }
    }

    fn cut(&self, state: &mut State, share: f64) {
        state.limit = (state.limit * share).max(1.0);
        state.starting = false;
        state.cut_at = Some(Instant::now());
        let excess = state.issued.saturating_sub(whole(state.limit));
        state.issued -= self.permits.forget_permits(excess);
    }

    fn issue(&self, state: &mut State) {
        let more = whole(state.limit).saturating_sub(state.issued);
        self.permits.add_permits(more);
        state.issued += more;
    }
}

impl State {
    fn is_old(&self, sent: Instant) -> bool {
        self.cut_at.is_some_and(|cut| sent < cut)
    }
}

/// The right to make one attempt. Given back to whoever waits, unless there are too many.
pub(super) struct Permit<'a> {
    lane: &'a Lane,
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.lane.state();
        if let Some(permit) = self.permit.take()
            && state.issued > whole(state.limit)
        {
            permit.forget();
            state.issued -= 1;
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of calls at a time are small"
)]
fn count(calls: usize) -> f64 {
    calls as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a limit is between one and the parallelism"
)]
fn whole(limit: f64) -> usize {
    limit as usize
}

#[cfg(test)]
mod tests {
    use super::{Lane, Load};
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    fn lane(parallelism: usize) -> Lane {
        Lane::new(Load {
            parallelism,
            ..Load::default()
        })
    }

    fn limit(lane: &Lane) -> usize {
        let state = lane.state();
        assert_eq!(
            state.issued,
            lane.permits.available_permits(),
            "all are back"
        );
        state.issued
    }

    /// So many calls that all permits are used, each `took` long.
    async fn rounds(lane: &Lane, rounds: usize, took: Duration) {
        for _ in 0..rounds {
            let sent = Instant::now();
            let mut held = Vec::new();
            for _ in 0..limit(lane) {
                held.push(lane.permit(sent).await.unwrap());
            }
            advance(took).await;
            for _ in &held {
                lane.answered(sent);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_limit_is_earned_halved_and_earned_again() {
        let lane = lane(100);
        let quick = Duration::from_millis(10);
        assert_eq!(limit(&lane), 10);
        rounds(&lane, 3, quick).await;
        assert_eq!(limit(&lane), 80);
        // Twenty that were turned away together count once.
        let sent = Instant::now();
        advance(quick).await;
        (0..20).for_each(|_| lane.throttled(sent));
        assert_eq!(limit(&lane), 40);
        rounds(&lane, 1, quick).await;
        assert!((40..42).contains(&limit(&lane)), "one more per round");
        for _ in 0..20 {
            lane.throttled(Instant::now());
        }
        assert_eq!(limit(&lane), 1);
        rounds(&lane, 500, quick).await;
        assert_eq!(limit(&lane), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_of_one_stays_one() {
        for parallelism in [0, 1] {
            let lane = lane(parallelism);
            rounds(&lane, 10, Duration::from_millis(1)).await;
            assert_eq!(limit(&lane), 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn permits_under_way_are_taken_back_when_they_end() {
        let lane = lane(8);
        let now = Instant::now();
        let mut held = Vec::new();
        for _ in 0..8 {
            held.push(lane.permit(now).await.unwrap());
        }
        lane.throttled(now);
        assert!(lane.permit(now + Duration::from_secs(1)).await.is_none());
        drop(held);
        assert_eq!(limit(&lane), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn the_gate_opens_at_the_latest_wish() {
        let lane = lane(1);
        assert_eq!(lane.closed_until(), None);
        lane.close(Duration::from_secs(5));
        lane.close(Duration::from_secs(3));
        advance(Duration::from_secs(4)).await;
        assert!(lane.closed_until().is_some());
        advance(Duration::from_secs(1)).await;
        assert_eq!(lane.closed_until(), None);
    }
}
