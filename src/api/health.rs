//! The service's health as the answers tell it, and what follows for the next attempt. Owns the
//! rules of the breaker and of the session's allowance of retries; waits for nothing.
//!
//! Closed, every first attempt may go, and a retry may go while the allowance lasts. Open, one
//! probe at a time may go, every five seconds or so; any answer closes it.

#[cfg(test)]
mod tests;

use super::options::{Outage, RetryPolicy};
use std::time::Duration;
use tokio::time::Instant;

/// Of the allowance, in halves of a retry.
const RETRY: u32 = 2;
const ANSWER: u32 = 1;

/// What a call's next attempt is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Turn {
    /// Its first, or another one after it was turned away, which is no failure.
    Free,
    /// Another one, after a failure at a time when the service had come back so often.
    Again(u64),
}

/// How an attempt ended, as far as the service's health is concerned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// With any answer of a service that works.
    Answered,
    /// With 429, which tells neither.
    Throttled,
    /// With a failure of the service, or with none at all.
    Failed,
    /// Given up by the caller.
    Dropped,
}

/// Whether an attempt may be made now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Word {
    Go,
    /// Not before something changes, or this time comes.
    Wait(Option<Instant>),
    /// Not at all: the service has failed so often in a row.
    No(u32),
}

/// How the service is.
#[derive(Debug)]
pub(super) struct Health {
    outage: Outage,
    /// The most that may be saved up, as the allowance counts.
    reserve: u32,
    /// Failures since the last answer.
    failures: u32,
    open: Option<Open>,
    /// Whether there was any answer.
    answered: bool,
    /// How often the service came back.
    returns: u64,
    /// Halves of retries.
    allowance: u32,
    /// Attempts under way.
    sending: usize,
    /// Attempts on their way that need no allowance, or no more of it.
    coming: usize,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    since: Instant,
    /// When the next probe may go.
    probe_at: Instant,
    /// Between the last two.
    interval: Duration,
    probing: bool,
}

impl Health {
    pub(super) fn new(outage: Outage, retry: &RetryPolicy) -> Self {
        Self {
            outage,
            reserve: RETRY * retry.reserve,
            failures: 0,
            open: None,
            answered: false,
            returns: 0,
            allowance: RETRY * retry.burst.min(retry.reserve),
            sending: 0,
            coming: 0,
        }
    }

    /// What an attempt may do at this moment.
    pub(super) fn word(&self, turn: Turn) -> Word {
        let now = Instant::now();
        // While it is open, probes are few enough to be free.
        let dry = self.open.is_none() && self.pays(turn) && self.allowance < RETRY;
        if dry && self.sending == 0 && self.coming == 0 {
            return Word::No(self.failures);
        }
        let Some(open) = self.open else {
            return if dry { Word::Wait(None) } else { Word::Go };
        };
        let end = open.since + self.patience();
        let due = !open.probing && now >= open.probe_at;
        // Once patience is at its end, what has failed is not tried again, and others find out.
        if due && (now < end || turn == Turn::Free) {
            return Word::Go;
        }
        if now >= end {
            return Word::No(self.failures);
        }
        let next = if open.probing { end } else { open.probe_at };
        Word::Wait(Some(next.min(end)))
    }

    /// A retry draws on the allowance, unless the service has come back since it failed.
    fn pays(&self, turn: Turn) -> bool {
        turn == Turn::Again(self.returns)
    }

    /// An attempt that may go without more of the allowance is on its way.
    pub(super) fn comes(&mut self) {
        self.coming += 1;
    }

    /// It is no longer.
    pub(super) fn came(&mut self) {
        self.coming -= 1;
    }

    /// What an attempt may do; a retry that may go is paid for, and free from then on.
    pub(super) fn pay(&mut self, turn: &mut Turn) -> Word {
        let word = self.word(*turn);
        if word == Word::Go && *turn != Turn::Free {
            if self.open.is_none() && self.pays(*turn) {
                self.allowance -= RETRY;
            }
            *turn = Turn::Free;
            self.comes();
        }
        word
    }

    /// Lets an attempt that is paid for go, if one may; tells whether it is a probe.
    pub(super) fn go(&mut self) -> Option<bool> {
        if self.word(Turn::Free) != Word::Go {
            return None;
        }
        self.sending += 1;
        let probe = self.open.as_mut().map(|open| open.probing = true);
        Some(probe.is_some())
    }

    /// An attempt ended.
    pub(super) fn ended(&mut self, probe: bool, verdict: Verdict) {
        self.sending -= 1;
        match verdict {
            Verdict::Answered => self.answered(),
            Verdict::Failed => self.failed(probe),
            Verdict::Throttled if probe => self.postpone(),
            Verdict::Dropped if probe => self.release(),
            Verdict::Throttled | Verdict::Dropped => {}
        }
    }

    /// A call gave up although nothing but 429 was heard: to be turned away for good is an
    /// outage, too.
    pub(super) fn gave_up(&mut self) {
        self.failed(false);
    }

    /// Failures in a row, and until when calls wait for the service's return.
    pub(super) fn outage(&self) -> Option<(u32, Instant)> {
        let open = self.open?;
        Some((self.failures, open.since + self.patience()))
    }

    /// How long calls wait for the service's return. One that was never there may be somewhere
    /// else, which is better told soon.
    fn patience(&self) -> Duration {
        let whole = self.outage.patience;
        if self.answered { whole } else { whole / 3 }
    }

    /// How often the service came back so far.
    pub(super) fn returns(&self) -> u64 {
        self.returns
    }

    fn answered(&mut self) {
        self.failures = 0;
        self.answered = true;
        self.allowance = (self.allowance + ANSWER).min(self.reserve);
        if self.open.take().is_some() {
            self.returns += 1;
        }
    }

    fn failed(&mut self, probe: bool) {
        self.failures = self.failures.saturating_add(1);
        if probe {
            self.postpone();
        } else if self.open.is_none() && self.is_down() {
            let interval = self.outage.probe / 8;
            let now = Instant::now();
            self.open = Some(Open {
                since: now,
                probe_at: now + jittered(interval),
                interval,
                probing: false,
            });
        }
    }

    /// Several failures in a row; or one with nothing left to repeat it with, and nobody else
    /// who could find out whether it was an isolated one.
    fn is_down(&self) -> bool {
        let is_last = self.allowance < RETRY && self.sending == 0 && self.coming == 0;
        self.failures >= self.outage.failures || is_last
    }

    /// A probe found the service as it was.
    fn postpone(&mut self) {
        if let Some(open) = &mut self.open {
            open.probing = false;
            open.interval = (open.interval * 2).min(self.outage.probe);
            open.probe_at = Instant::now() + jittered(open.interval);
        }
    }

    /// A probe ended without having found out anything.
    fn release(&mut self) {
        if let Some(open) = &mut self.open {
            open.probing = false;
        }
    }
}

/// Up to a quarter less.
fn jittered(interval: Duration) -> Duration {
    interval.mul_f64(1.0 - fastrand::f64() / 4.0)
}
