//! Responsible for the flag that commands share which write the ledger.

use super::values::seconds;
use clap::Args;
use std::time::Duration;

/// How long a command waits for the lock of the ledger.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct LockArgs {
    /// Wait so many seconds if another run uses the ledger
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 0,
        value_parser = seconds(),
        help_heading = "Execution"
    )]
    pub lock_timeout: u64,
}

impl LockArgs {
    /// The time as a duration.
    pub fn timeout(self) -> Duration {
        Duration::from_secs(self.lock_timeout)
    }
}
