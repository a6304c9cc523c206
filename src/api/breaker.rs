//! The breaker: who may ask while the service's health is in doubt. Owns the waiting for news
//! of it; the rules are `super::health`'s.

use super::health::{Health, Turn, Verdict, Word};
use super::options::{Outage, RetryPolicy};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The breaker.
pub(super) struct Breaker {
    health: Mutex<Health>,
    news: Notify,
}

impl Breaker {
    pub(super) fn new(outage: Outage, retry: &RetryPolicy) -> Self {
        Self {
            health: Mutex::new(Health::new(outage, retry)),
            news: Notify::new(),
        }
    }

    pub(super) fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Announces a call that will want to send: as long as one is on its way, others may hope
    /// for what it finds out.
    pub(super) fn coming(&self, turn: Turn) -> Coming<'_> {
        if turn == Turn::Free {
            self.health().comes();
        }
        Coming {
            breaker: self,
            turn,
        }
    }

    /// Waits until an attempt may be made or never will. Where it may, it is paid for.
    pub(super) async fn wait(&self, coming: &mut Coming<'_>, deadline: Instant) -> Word {
        loop {
            let mut news = std::pin::pin!(self.news.notified());
            // From here on no change is missed, although it is waited for below.
            news.as_mut().enable();
            let word = self.health().pay(&mut coming.turn);
            let Word::Wait(until) = word else {
                return word;
            };
            if Instant::now() >= deadline {
                return word;
            }
            let until = until.map_or(deadline, |until| until.min(deadline));
            tokio::select! {
                () = news => {}
                () = sleep_until(until) => {}
            }
        }
    }
}

/// A call on its way to the service.
pub(super) struct Coming<'a> {
    breaker: &'a Breaker,
    turn: Turn,
}

impl<'a> Coming<'a> {
    /// Whether it might go at this moment.
    pub(super) fn is_clear(&self) -> bool {
        self.breaker.health().word(self.turn) == Word::Go
    }

    /// Goes, if it may.
    pub(super) fn go(&self) -> Option<Attempt<'a>> {
        let probe = self.breaker.health().go()?;
        Some(Attempt {
            breaker: self.breaker,
            probe,
            verdict: Verdict::Dropped,
        })
    }
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        if self.turn == Turn::Free {
            self.breaker.health().came();
            self.breaker.news.notify_waiters();
        }
    }
}

/// An attempt under way.
pub(super) struct Attempt<'a> {
    breaker: &'a Breaker,
    probe: bool,
    verdict: Verdict,
}

impl Attempt<'_> {
    /// Whether it is to find out whether the service is back.
    pub(super) fn is_probe(&self) -> bool {
        self.probe
    }

    pub(super) fn end(mut self, verdict: Verdict) {
        self.verdict = verdict;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.breaker.health().ended(self.probe, self.verdict);
        self.breaker.news.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::Breaker;
    use crate::api::health::{Turn, Verdict, Word};
    use crate::api::options::{Outage, RetryPolicy};
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    fn breaker() -> Breaker {
        Breaker::new(Outage::default(), &RetryPolicy::default())
    }

    fn ends(breaker: &Breaker, turn: Turn, verdict: Verdict) -> bool {
        let mut coming = breaker.coming(turn);
        let word = breaker.health().pay(&mut coming.turn);
        let attempt = (word == Word::Go).then(|| coming.go()).flatten();
        drop(coming);
        attempt.map(|attempt| attempt.end(verdict)).is_some()
    }

    fn fail(breaker: &Breaker, times: usize) {
        for _ in 0..times {
            assert!(ends(breaker, Turn::Free, Verdict::Failed));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_probes_and_closes() {
        let breaker = breaker();
        assert!(ends(&breaker, Turn::Free, Verdict::Answered));
        fail(&breaker, 4);
        assert_eq!(breaker.health().word(Turn::Free), Word::Go);
        fail(&breaker, 1);
        assert!(matches!(
            breaker.health().word(Turn::Free),
            Word::Wait(Some(_))
        ));
        let mut gaps = Vec::new();
        for _ in 0..5 {
            let before = Instant::now();
            let far = before + Duration::from_mins(1);
            let mut coming = breaker.coming(Turn::Free);
            assert_eq!(breaker.wait(&mut coming, far).await, Word::Go);
            gaps.push(before.elapsed());
            let probe = coming.go().unwrap();
            assert!(coming.go().is_none(), "one at a time");
            probe.end(Verdict::Failed);
        }
        assert!(gaps.iter().all(|gap| *gap <= Duration::from_secs(5)));
        assert!(gaps[4] >= Duration::from_millis(3750), "{gaps:?}");
        advance(Duration::from_secs(5)).await;
        assert!(ends(&breaker, Turn::Free, Verdict::Answered));
        assert_eq!(breaker.health().word(Turn::Free), Word::Go);
        assert_eq!(breaker.health().returns(), 1);
        assert_eq!(breaker.health().outage(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends_but_probes_go_on() {
        let breaker = breaker();
        assert!(ends(&breaker, Turn::Free, Verdict::Answered));
        fail(&breaker, 5);
        advance(Duration::from_secs(31)).await;
        let probe = breaker.coming(Turn::Free).go().unwrap();
        assert_eq!(breaker.health().word(Turn::Free), Word::No(5));
        probe.end(Verdict::Failed);
        assert_eq!(breaker.health().word(Turn::Free), Word::No(6));
        advance(Duration::from_secs(5)).await;
        assert_eq!(breaker.health().word(Turn::Free), Word::Go);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_is_dropped_or_throttled_keeps_it_open() {
        let breaker = breaker();
        fail(&breaker, 5);
        advance(Duration::from_secs(1)).await;
        drop(breaker.coming(Turn::Free).go());
        assert_eq!(breaker.health().word(Turn::Free), Word::Go);
        assert!(ends(&breaker, Turn::Free, Verdict::Throttled));
        assert!(matches!(
            breaker.health().word(Turn::Free),
            Word::Wait(Some(_))
        ));
        assert!(breaker.health().outage().is_some());
    }

    #[tokio::test]
    async fn the_allowance_runs_dry_and_refills() {
        let breaker = breaker();
        let again = Turn::Again(0);
        assert!(ends(&breaker, again, Verdict::Throttled));
        assert!(ends(&breaker, again, Verdict::Throttled));
        assert_eq!(breaker.health().word(again), Word::No(0));
        // While another call is under way, there is hope.
        let other = breaker.coming(Turn::Free).go().unwrap();
        assert_eq!(breaker.health().word(again), Word::Wait(None));
        other.end(Verdict::Answered);
        assert_eq!(breaker.health().word(again), Word::No(0));
        assert!(ends(&breaker, Turn::Free, Verdict::Answered));
        assert!(ends(&breaker, again, Verdict::Throttled));
        for _ in 0..100 {
            assert!(ends(&breaker, Turn::Free, Verdict::Answered));
        }
        let retries = (0..100).filter(|_| ends(&breaker, again, Verdict::Throttled));
        assert_eq!(retries.count(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waited_for_the_return_may_go_without_allowance() {
        let breaker = breaker();
        fail(&breaker, 5);
        for _ in 0..2 {
            advance(Duration::from_secs(2)).await;
            assert!(ends(&breaker, Turn::Again(0), Verdict::Failed));
        }
        advance(Duration::from_secs(5)).await;
        assert!(ends(&breaker, Turn::Free, Verdict::Answered));
        for _ in 0..10 {
            assert!(ends(&breaker, Turn::Again(0), Verdict::Throttled));
        }
        assert_eq!(breaker.health().word(Turn::Free), Word::Go);
    }

    #[tokio::test]
    async fn being_turned_away_for_good_is_an_outage() {
        let breaker = breaker();
        (0..5).for_each(|_| breaker.health().gave_up());
        assert!(breaker.health().outage().is_some());
    }
}
