//! airlift brings the customers of a product onto Airbyte Agents, from files.
//!
//! The map of the house, in the order data flows:
//!
//! ```text
//! files ──> config ──> desired ─┐
//! API   ──> observed ───────────┼──> plan ──> (review) ──> apply ──> API, ledger, report
//! disk  ──> recorded (ledger) ──┘
//! ```

pub mod api;
pub mod apply;
pub mod catalog;
pub mod cli;
pub mod commands;
pub mod config;
pub mod desired;
pub mod failure;
pub mod model;
pub mod observed;
pub mod plan;
pub mod process;
pub mod recorded;
pub mod render;
pub mod sandbox;
pub mod secrets;
