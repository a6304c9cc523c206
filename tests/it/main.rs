//! Integration tests: the binary against the sandbox, the configuration, the planner's laws, and
//! the rules that the source keeps.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod architecture;
mod config;
#[cfg(unix)]
mod containment;
mod docs;
mod goldens;
#[cfg(target_os = "linux")]
mod heap;
mod planner_laws;
mod readonly;
mod scenarios;
mod schemas;
mod support;
mod wire;
