//! Responsible for what is repeated every ten seconds while a run goes on.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

const PERIOD: Duration = Duration::from_secs(10);

/// Repeats until it is dropped.
#[derive(Debug)]
pub(in crate::render) struct Heartbeat {
    _stop: Sender<()>,
}

/// Calls `beat` every ten seconds, on its own thread.
pub(in crate::render) fn heartbeat(beat: impl Fn() + Send + 'static) -> Heartbeat {
    let (stop, stop_received) = mpsc::channel();
    std::thread::spawn(move || {
        while stop_received.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
            beat();
        }
    });
    Heartbeat { _stop: stop }
}
