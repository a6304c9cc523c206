//! airlift brings the customers of a product onto Airbyte Agents, from files.
//!
//! A command is a chain of values:
//!
//! ```text
//! files ──> config ───> Desired ─────┐
//! API ────> observed ─> Observed ────┼─> match ─> compare secrets ─> plan ─> (approve) ─> apply ─> report
//! disk ───> ledger ───> LedgerState ─┘
//! ```
//!
//! The nouns:
//! - [`model`]: the types that all modules share. Imports nothing.
//! - [`catalog`]: the connector types that this version knows.
//!
//! The stages:
//! - [`config`]: files to findings, or to a project without errors.
//! - [`api`]: requests to the remote API. [`observed`]: what the API has now.
//! - [`ledger`]: what airlift owns; its journal and its lock; on disk or in a shared store.
//! - [`secrets`]: references to values, and keyed fingerprints of what was sent.
//! - [`plan`]: matching and planning. Pure: no I/O, clock, environment or randomness.
//! - [`apply`]: executes a plan and decides nothing.
//! - [`export`]: what the API has now, as files.
//!
//! What people and programs see:
//! - [`cli`]: flags and help. [`commands`]: one file per command.
//! - [`app`]: opens and closes what a command needs, and runs the stages.
//! - [`events`]: what is reported while a command runs.
//! - [`render`]: results and events as text and JSON. [`failure`]: causes and exit codes.
//!
//! Beside them:
//! - [`sandbox`]: the embedded API. Imports [`files`] only, so that client and server cannot share a
//!   mistake.
//! - [`files`]: file operations that follow no link and read with a bound. Imports nothing.
//! - `backoff`: pauses between attempts, for [`apply`], [`observed`] and the Vault store.
//! - `http`: the HTTP client that [`api`] and the Vault store share. [`process`]: process hardening.
//! - `fuzzing`: properties that hold for any input; compiled for fuzzing and tests only.
//!
//! `tests/it/architecture` enforces which module may import which.

#![allow(missing_docs, reason = "only the public interface needs documentation")]

pub mod api;
pub mod app;
pub mod apply;
mod backoff;
pub mod catalog;
pub mod cli;
pub mod commands;
pub mod config;
pub mod events;
pub mod export;
pub mod failure;
pub mod files;
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
