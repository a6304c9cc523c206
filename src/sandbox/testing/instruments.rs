//! Responsible for what tests set in a sandbox, and for what a sandbox holds for them.

use std::fmt;

use tokio::sync::watch;

use super::request_barrier::RequestBarrier;
use super::request_log::RequestLog;
use super::snapshot::Snapshot;
use crate::sandbox::Options;

/// The settings that only tests have.
#[derive(Clone)]
pub struct TestOptions {
    /// The world to begin with, where no file keeps one.
    pub world: Option<Snapshot>,
    /// Where each request waits before anything else.
    pub barrier: Option<RequestBarrier>,
    /// How many requests the log remembers.
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
    /// How many faults have had their effect.
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
