//! airlift brings the customers of a product onto Airbyte Agents, from files.
//!
//! The map of the house, in the order data flows:
//!
//! ```text
//! files ──> config ──> desired ─┐
//! API   ──> observed ───────────┼──> plan ──> (review) ──> apply ──> API, ledger, report
//! disk  ──> recorded (ledger) ──┘
//! ```

pub mod catalog;
pub mod config;
pub mod desired;
pub mod model;
pub mod plan;
