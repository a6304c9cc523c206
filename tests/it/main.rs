//! airlift from outside: the binary against the sandbox, and the rules its source keeps.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod docs;
mod goldens;
mod readonly;
mod rooms;
mod scenarios;
mod schemas;
mod support;
mod wire;
