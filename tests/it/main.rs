//! Integration tests: the binary against the sandbox, the configuration, the properties of the planner,
//! and the rules of the source code.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]

mod architecture;
#[cfg(unix)]
mod ci_recipes;
mod config;
#[cfg(unix)]
mod containment;
mod docs;
mod goldens;
mod growth;
#[cfg(target_os = "linux")]
mod heap;
mod library;
#[cfg(target_os = "linux")]
mod memory;
mod planner_laws;
mod readonly;
mod scenarios;
mod schemas;
mod shells;
mod support;
mod wire;
mod words;
