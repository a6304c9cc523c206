//! When an attempt may be made: the breaker, the gate, the limit of calls at a time and the
//! pace, in this order, and what each learns from how it ended. Owns the telling of waits;
//! sends nothing.

#[cfg(test)]
mod tests;

use super::breaker::{Attempt, Breaker, Coming};
use super::error::{ApiError, ApiErrorKind};
use super::health::{Turn, Verdict, Word};
use super::lane::{Lane, Permit};
use super::options::Options;
use super::pacer::Pacer;
use crate::events::{Event, Sink};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// A shorter wait is not told.
const NOTICEABLE: Duration = Duration::from_secs(1);
/// How often the same wait is told: many calls wait for the same.
const AGAIN: Duration = Duration::from_secs(10);

/// How long an answer is waited for once all is to end: CI systems kill ten seconds after they
/// asked.
const GRACE: Duration = Duration::from_secs(8);

/// The rules of a session's traffic.
pub(super) struct Traffic {
    breaker: Breaker,
    reads: Lane,
    writes: Lane,
    pacer: Pacer,
    /// Spreads those that waited for the same moment.
    spread: Duration,
    longest_wish: Duration,
    events: Option<Arc<dyn Sink>>,
    told: Mutex<Option<(Why, Instant)>>,
    /// Since when nothing may be waited for any more.
    halted: watch::Sender<Option<Instant>>,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Why {
    Asked,
    Down,
    Pace,
    Retry,
}

/// What wants to be sent.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) writes: bool,
    pub(super) turn: Turn,
    /// The latest moment to begin.
    pub(super) deadline: Instant,
    /// When its token ends.
    pub(super) usable: Option<Instant>,
}

/// Why it was not let through.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Held {
    /// Its token ended while it waited.
    Stale,
    /// The service has failed so often in a row.
    Down(u32),
    /// Its time ran out.
    Busy,
    /// It would have to wait, and the run is to end.
    Halted,
}

impl Traffic {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            breaker: Breaker::new(options.outage, &options.retry),
            reads: Lane::new(options.load),
            writes: Lane::new(options.load),
            pacer: Pacer::new(options.load.max_rps),
            spread: options.retry.base,
            longest_wish: options.retry.retry_after_cap,
            events: options.events.clone(),
            told: Mutex::new(None),
            halted: watch::Sender::new(None),
        }
    }

    /// Waits until an attempt may be made.
    pub(super) async fn enter(&self, entry: Entry) -> Result<Pass<'_>, Held> {
        let lane = if entry.writes {
            &self.writes
        } else {
            &self.reads
        };
        let mut coming = self.breaker.coming(entry.turn);
        loop {
            self.unless_halted(self.health(&mut coming, entry.deadline))
                .await?;
            self.unless_halted(self.gate(lane, entry.deadline)).await?;
            let permit = lane.permit(entry.deadline).await.ok_or(Held::Busy)?;
            let clear = || lane.closed_until().is_none();
            if !clear() || !coming.is_clear() {
                continue;
            }
            self.pace(entry.deadline).await?;
            if Instant::now() > entry.deadline {
                return Err(Held::Busy);
            }
            if entry.usable.is_some_and(|end| Instant::now() >= end) {
                return Err(Held::Stale);
            }
            if clear()
                && let Some(attempt) = coming.go()
            {
                return Ok(Pass {
                    traffic: self,
                    lane,
                    sent: Instant::now(),
                    attempt,
                    _permit: permit,
                });
            }
        }
    }

    /// From now on what would have to wait for the service is not made at all. What is under way
    /// and what may go at once goes on.
    pub(super) fn halt(&self) {
        let at = Instant::now();
        self.halted.send_modify(|since| _ = since.get_or_insert(at));
    }

    /// Ends when what is under way is not waited for any more, either.
    pub(super) async fn grace(&self) {
        let mut halted = self.halted.subscribe();
        let since = halted
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|at| *at);
        if let Some(since) = since {
            sleep_until(since + GRACE).await;
        }
    }

    async fn unless_halted(
        &self,
        wait: impl Future<Output = Result<(), Held>>,
    ) -> Result<(), Held> {
        let mut halted = self.halted.subscribe();
        tokio::select! {
            biased;
            result = wait => result,
            _ = halted.wait_for(Option::is_some) => Err(Held::Halted),
        }
    }

    /// Waits for the service's return.
    async fn health(&self, coming: &mut Coming<'_>, deadline: Instant) -> Result<(), Held> {
        let noticed = Instant::now() + NOTICEABLE;
        let soon = timeout_at(noticed, self.breaker.wait(coming, deadline)).await;
        let word = if let Ok(word) = soon {
            word
        } else {
            self.tell_outage();
            self.breaker.wait(coming, deadline).await
        };
        match word {
            Word::Go => Ok(()),
            Word::Wait(_) => Err(Held::Busy),
            Word::No(failures) => Err(Held::Down(failures)),
        }
    }

    fn tell_outage(&self) {
        let outage = self.breaker.health().outage();
        if let Some((failures, until)) = outage {
            let left = until.saturating_duration_since(Instant::now());
            let reason = format!("at most, as the service has failed {failures} times in a row");
            self.tell(Why::Down, &reason, left);
        }
    }

    /// Waits until the moment that the server asked to wait for.
    async fn gate(&self, lane: &Lane, deadline: Instant) -> Result<(), Held> {
        while let Some(until) = lane.closed_until() {
            if until > deadline {
                return Err(Held::Busy);
            }
            let wait = until.saturating_duration_since(Instant::now());
            self.tell(Why::Asked, "the service asks to (Retry-After)", wait);
            sleep_until(until + self.spread.mul_f64(fastrand::f64())).await;
        }
        Ok(())
    }

    async fn pace(&self, deadline: Instant) -> Result<(), Held> {
        let slot = self.pacer.slot(deadline).ok_or(Held::Busy)?;
        let wait = slot.saturating_duration_since(Instant::now());
        self.tell(Why::Pace, "as many requests per second as allowed", wait);
        if !wait.is_zero() {
            sleep_until(slot).await;
        }
        Ok(())
    }

    /// The pause of one call before it is made again. While the service is down, the breaker
    /// alone spaces attempts: a pause beside it could outlast the patience with the outage.
    pub(super) async fn rest(&self, pause: Duration, operation: &str) -> Result<(), Held> {
        let rest = async {
            if self.breaker.health().outage().is_none() {
                self.tell(Why::Retry, &format!("{operation} is made again"), pause);
                sleep(pause).await;
            }
            Ok(())
        };
        self.unless_halted(rest).await
    }

    fn tell(&self, why: Why, reason: &str, wait: Duration) {
        let Some(events) = self.events.as_ref().filter(|_| wait > NOTICEABLE) else {
            return;
        };
        let now = Instant::now();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_some_and(|(last, at)| last == why && now < at + AGAIN) {
            return;
        }
        *told = Some((why, now));
        drop(told);
        events.emit(Event::WaitStarted {
            reason,
            longest: wait,
        });
    }

    /// The turn after an attempt that ended just now.
    pub(super) fn again(&self) -> Turn {
        Turn::Again(self.breaker.health().returns())
    }

    /// A call was turned away until its time was over.
    pub(super) fn gave_up(&self) {
        self.breaker.health().gave_up();
    }
}

/// The right to make one attempt.
pub(super) struct Pass<'a> {
    traffic: &'a Traffic,
    lane: &'a Lane,
    sent: Instant,
    attempt: Attempt<'a>,
    _permit: Permit<'a>,
}

impl Pass<'_> {
    /// Whether the attempt is to find out whether the service is back.
    pub(super) fn is_probe(&self) -> bool {
        self.attempt.is_probe()
    }

    /// The attempt ended so.
    pub(super) fn end<T>(self, outcome: &Result<T, ApiError>) {
        let (lane, sent) = (self.lane, self.sent);
        if let Err(error) = outcome
            && let Some(wish) = error.retry_after()
        {
            lane.close(wish.min(self.traffic.longest_wish));
        }
        let verdict = match outcome {
            Err(error) if error.is_throttled() => {
                lane.throttled(sent);
                Verdict::Throttled
            }
            Err(error) if matches!(error.kind(), ApiErrorKind::TimedOut) => {
                lane.timed_out(sent);
                Verdict::Failed
            }
            Err(error) if error.is_outage() => Verdict::Failed,
            Ok(_) | Err(_) => {
                lane.answered(sent);
                Verdict::Answered
            }
        };
        self.attempt.end(verdict);
    }
}
