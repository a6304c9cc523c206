//! Responsible for ending a run after SIGINT, SIGTERM or SIGHUP.

use super::{App, Environment};
use crate::apply::StopCause;
use crate::failure::{Exit, Failure, FailureKind};
use crate::render;

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

/// Waits for SIGINT, SIGTERM or SIGHUP.
pub(crate) async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::SignalKind;
        tokio::select! {
            () = received(SignalKind::interrupt()) => {}
            () = received(SignalKind::terminate()) => {}
            () = hang_up() => {}
        }
    }
    // Without a signal handler no signal arrives, so wait forever.
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn received(kind: tokio::signal::unix::SignalKind) {
    match tokio::signal::unix::signal(kind) {
        Ok(mut signals) => drop(signals.recv().await),
        // Without a signal handler no signal arrives, so wait forever.
        Err(_) => std::future::pending().await,
    }
}

/// Waits for SIGHUP. `nohup` starts a process that ignores the signal, and such a process continues.
#[cfg(unix)]
async fn hang_up() {
    if is_hang_up_ignored() {
        std::future::pending::<()>().await;
    }
    received(tokio::signal::unix::SignalKind::hangup()).await;
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
