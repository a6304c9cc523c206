//! System tests: runs of the real binary that are killed, meet each other, or are searched for
//! secrets.

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
