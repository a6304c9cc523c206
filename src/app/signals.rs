//! Responsible for ending a run early when the process is asked to.

use super::{App, Environment};
use crate::apply::StopCause;
use crate::failure::{Exit, Failure, FailureKind};
use crate::render;

/// Runs what writes nothing: a signal ends it at once.
pub(crate) async fn unless_interrupted<T>(
    env: &Environment,
    run: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        result = run => result,
        () = env.interruption() => Err(cancelled()),
    }
}

impl App<'_> {
    /// Runs what may write. A signal before the first write ends it at once. Later the first
    /// signal lets requests in flight finish, and keeps the session from waiting for anything
    /// else; the second one ends the process, and the next run recovers from the journal.
    pub(crate) async fn until_interrupted<T>(
        &self,
        run: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            result = run => result,
            () = self.listen() => Err(cancelled()),
        }
    }

    /// Returns when a signal is to end the run at once.
    async fn listen(&self) {
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

fn cancelled() -> Failure {
    let message = "cancelled before anything was written";
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
    // Without a way to listen there is nothing to wait for.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
