//! Responsible for ending a run after SIGINT or SIGTERM.

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

/// Waits for SIGINT or SIGTERM.
pub(crate) async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a signal handler no signal arrives, so wait forever.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
