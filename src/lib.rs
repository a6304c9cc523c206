//! airlift brings the customers of a product onto Airbyte Agents, from files.
//!
//! The map of the house, in the order data flows:
//!
//! ```text
//! files ──> config (desired) ───┐
//! API   ──> observed ───────────┼──> plan ──> (review) ──> apply ──> API, ledger, report
//! disk  ──> recorded (ledger) ──┘
//! ```
//!
//! - [`model`]: the nouns that every room shares. Imports nothing.
//! - [`catalog`]: the connector types this version knows.
//! - [`config`]: files to findings, or to a project that can be relied on.
//! - [`api`]: everything that speaks HTTP to the remote API. [`observed`]: what there is.
//! - `http`: what the clients of the API and of Vault share.
//! - [`ledger`]: ledger, journal and lock, on disk or in a store that machines share.
//! - [`plan`]: the pure core; no I/O, clock, environment or randomness.
//! - [`export`]: what there is as declarations, the way back from observed to files; pure too.
//! - [`secrets`]: references to values, and fingerprints of what was sent.
//! - [`apply`]: carries a plan out and decides nothing.
//! - [`sandbox`]: the embedded API. Imports nothing of ours, so that one mistake cannot hide in both.
//! - [`events`]: what is reported while a command runs.
//! - [`render`]: every word that a person or a script reads. [`failure`]: causes and exit codes.
//! - [`app`]: what a command runs on, opened and closed in one place, and the stages of a run.
//! - [`cli`], [`commands`]: the commands, one file each. [`process`]: hardening of the process.
//!
//! - `fuzzing`: laws that hold for any input; compiled for fuzzing and tests only.
//!
//! Who may import whom is held, and enforced, in `tests/it/architecture.rs`.

pub mod api;
pub mod app;
pub mod apply;
pub mod catalog;
pub mod cli;
pub mod commands;
pub mod config;
pub mod events;
pub mod export;
pub mod failure;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod http;
pub mod ledger;
pub mod model;
pub mod observed;
pub mod plan;
pub mod process;
pub mod render;
pub mod sandbox;
pub mod secrets;
