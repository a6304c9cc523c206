//! Responsible for ending a run after SIGINT, SIGTERM or SIGHUP.

use super::{App, Environment};
use crate::apply::StopCause;
use crate::failure::{Exit, Failure, FailureKind};
use crate::render;
use std::sync::Once;
use tokio::sync::Notify;

/// Runs a stage that writes nothing. A signal ends it at once.
pub(crate) async fn unless_interrupted<T>(
    env: &Environment,
    run: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        result = run => result,
        () = env.interruption() => Err(canceled()),
    }
}

impl App<'_> {
    /// Runs a stage that may write. A signal before the first write ends it at once. After that,
    /// the first signal lets requests in flight finish and ends all waiting. The second signal ends
    /// the process, and the next run recovers from the journal.
    pub(crate) async fn until_interrupted<T>(
        &self,
        run: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            result = run => result,
            () = self.handle_signals() => Err(canceled()),
        }
    }

    /// Handles signals. Returns when one has to end the run at once.
    async fn handle_signals(&self) {
        let ui = self.invocation.ui;
        loop {
            self.invocation.env.interruption().await;
            if !self.stop.is_writing() {
                return;
            }
            if self.stop.cause() == Some(StopCause::Signal) {
                render::aborted(ui);
                self.invocation.write_failure(&stopped());
                std::process::exit(Exit::Cancelled.number().into());
            }
            self.stop.request(StopCause::Signal);
            self.connection.session.shut_down();
            render::draining(ui);
        }
    }
}

fn canceled() -> Failure {
    let message = "canceled before the first write; nothing was written";
    Failure::new(FailureKind::Cancelled, "cancelled", message)
}

fn stopped() -> Failure {
    let message = "stopped immediately: the outcome of requests in flight is unknown";
    Failure::new(FailureKind::Cancelled, "cancelled", message)
        .hint("run again: the next run finds out what took effect")
}

/// A signal that no stage has handled yet. One that arrives between two stages ends the next stage.
static RECEIVED: Notify = Notify::const_new();
static LISTENING: Once = Once::new();

/// Notices signals from now on, so that none of them ends the process without a report.
pub(crate) fn notice_signals() {
    LISTENING.call_once(listen);
}

/// Waits for SIGINT, SIGTERM or SIGHUP.
pub(crate) async fn signal() {
    notice_signals();
    RECEIVED.notified().await;
}

/// Handles signals until the process ends. `nohup` starts a process that ignores SIGHUP, and such a
/// process continues.
#[cfg(unix)]
fn listen() {
    use tokio::signal::unix::{SignalKind, signal};
    let hang_up = (!is_hang_up_ignored()).then(SignalKind::hangup);
    let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
    for kind in kinds.into_iter().chain(hang_up) {
        // Without a handler, the signal ends the process.
        let Ok(mut signals) = signal(kind) else {
            continue;
        };
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                RECEIVED.notify_one();
            }
        });
    }
}

#[cfg(not(unix))]
fn listen() {
    tokio::spawn(async {
        while tokio::signal::ctrl_c().await.is_ok() {
            RECEIVED.notify_one();
        }
    });
}

/// Whether the process ignores SIGHUP, as far as `/proc` tells.
#[cfg(unix)]
fn is_hang_up_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        // SIGHUP is signal 1, the lowest bit.
        .is_some_and(|mask| mask & 1 == 1)
}
