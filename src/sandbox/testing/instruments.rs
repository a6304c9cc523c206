//! Responsible for the options of a sandbox that only tests set, and for the instruments that only tests read.

use std::fmt;

use tokio::sync::watch;

use super::request_barrier::RequestBarrier;
use super::request_log::RequestLog;
use super::snapshot::Snapshot;
use crate::sandbox::Options;

/// The options that only tests set.
#[derive(Clone)]
pub struct TestOptions {
    /// The initial world, if [`Options::state`] is `None`.
    pub world: Option<Snapshot>,
    /// Holds each request before its execution.
    pub barrier: Option<RequestBarrier>,
    /// The number of requests that the log keeps.
    pub log_capacity: usize,
}

impl Default for TestOptions {
    fn default() -> Self {
        Self {
            world: None,
            barrier: None,
            log_capacity: 100_000,
        }
    }
}

impl fmt::Debug for TestOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestOptions")
            .field("world", &self.world)
            .finish_non_exhaustive()
    }
}

/// The instruments of one sandbox.
#[derive(Debug)]
pub(crate) struct Instruments {
    pub(crate) log: RequestLog,
    pub(crate) barrier: Option<RequestBarrier>,
    /// The number of faults so far.
    pub(crate) faults_met: watch::Sender<u64>,
}

impl Instruments {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            log: RequestLog::new(options.testing.log_capacity),
            barrier: options.testing.barrier.clone(),
            faults_met: watch::Sender::new(0),
        }
    }
}
