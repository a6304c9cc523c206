//! Responsible for tests of the real binary as a process: runs that are killed, that run at the same
//! time, or that are searched for secrets.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]
#![expect(
    clippy::print_stderr,
    reason = "the suites print how much they covered"
)]

#[cfg(target_os = "linux")]
mod canary;
mod kill;
#[expect(dead_code, reason = "the suites need a part of it")]
#[path = "../support/mod.rs"]
mod support;
