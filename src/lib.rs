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
//! - `model`: the types that all modules share. Imports nothing.
//! - `catalog`: the connector types that this version knows.
//!
//! The stages:
//! - `config`: files to findings, or to a project without errors.
//! - `api`: requests to the remote API. `observed`: what the API has now.
//! - `ledger`: what airlift owns; its journal and its lock; on disk or in a shared store.
//! - `secrets`: resolves references, and makes keyed fingerprints of the values sent.
//! - `plan`: matching and planning. Pure: no I/O, clock, environment or randomness.
//! - `saved_plan`: plans and snapshots as files, with an id, and a MAC or a signature.
//! - `apply`: executes a plan and decides nothing.
//! - `export`: what the API has now, and what templates make of tables, as files.
//!
//! What people and programs see:
//! - `cli`: flags and help. `commands`: one file per command.
//! - `app`: opens and closes the session, the ledger and the stores of a command, and runs the stages.
//! - `events`: progress and requests, reported while a command runs.
//! - `telemetry`: events as OpenTelemetry spans, with the feature `otel` only.
//! - `render`: results and events as text, JSON, Markdown and HTML. `failure`: causes and exit codes.
//! - `explanations`: the texts of `airlift explain`.
//!
//! Beside them:
//! - `consent`: the customer's side of a consent: links, pages and the callback of the vendor.
//! - `library`: the public interface of the library: load, plan, apply, report.
//! - `sandbox`: the embedded API. Imports `files` only, so that client and server cannot share a
//!   mistake.
//! - `files`: file operations that follow no link and read with a bound. Imports nothing.
//! - `backoff`: pauses between attempts, for `apply`, `observed` and the Vault store.
//! - `side_by_side`: work on several threads, with its results in order, for `config` and `ledger`.
//! - `http`: the HTTP client that `api` and the Vault store share. `process`: process hardening.
//! - `fuzzing`: properties that hold for any input; compiled for fuzzing and tests only.
//!
//! `tests/it/architecture` enforces which module may import which.

#![cfg_attr(
    feature = "testing",
    allow(missing_docs, reason = "the feature makes modules public for tests")
)]

mod backoff;
mod consent;
mod explanations;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod library;
mod side_by_side;

// What integration tests reach into. Without the feature, the library is what `library` has.
#[cfg(not(feature = "testing"))]
mod api;
#[cfg(feature = "testing")]
pub mod api;
#[cfg(not(feature = "testing"))]
mod app;
#[cfg(feature = "testing")]
pub mod app;
#[cfg(not(feature = "testing"))]
mod apply;
#[cfg(feature = "testing")]
pub mod apply;
#[cfg(not(feature = "testing"))]
mod catalog;
#[cfg(feature = "testing")]
pub mod catalog;
#[cfg(not(feature = "testing"))]
mod cli;
#[cfg(feature = "testing")]
pub mod cli;
#[cfg(not(feature = "testing"))]
mod commands;
#[cfg(feature = "testing")]
pub mod commands;
#[cfg(not(feature = "testing"))]
mod config;
#[cfg(feature = "testing")]
pub mod config;
#[cfg(not(feature = "testing"))]
mod events;
#[cfg(feature = "testing")]
pub mod events;
#[cfg(not(feature = "testing"))]
mod export;
#[cfg(feature = "testing")]
pub mod export;
#[cfg(not(feature = "testing"))]
mod failure;
#[cfg(feature = "testing")]
pub mod failure;
#[cfg(not(feature = "testing"))]
mod files;
#[cfg(feature = "testing")]
pub mod files;
#[cfg(not(feature = "testing"))]
mod ledger;
#[cfg(feature = "testing")]
pub mod ledger;
#[cfg(not(feature = "testing"))]
mod model;
#[cfg(feature = "testing")]
pub mod model;
#[cfg(not(feature = "testing"))]
mod observed;
#[cfg(feature = "testing")]
pub mod observed;
#[cfg(not(feature = "testing"))]
mod plan;
#[cfg(feature = "testing")]
pub mod plan;
#[cfg(not(feature = "testing"))]
mod process;
#[cfg(feature = "testing")]
pub mod process;
#[cfg(not(feature = "testing"))]
mod render;
#[cfg(feature = "testing")]
pub mod render;
#[cfg(not(feature = "testing"))]
mod sandbox;
#[cfg(feature = "testing")]
pub mod sandbox;
#[cfg(not(feature = "testing"))]
mod saved_plan;
#[cfg(feature = "testing")]
pub mod saved_plan;
#[cfg(not(feature = "testing"))]
mod secrets;
#[cfg(feature = "testing")]
pub mod secrets;
#[cfg(feature = "otel")]
mod telemetry;

pub use commands::run_command_line;
pub use failure::{Exit, Failure, FailureKind};
pub use library::{Options, Plan, Project, Report, Runner};
