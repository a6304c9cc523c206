//! Responsible for the limits on files and findings.
//!
//! Far above any file that a person writes, and low enough that a hostile file cannot exhaust the
//! machine.

/// Maximum size of one file in bytes.
pub(super) const BYTES: u64 = 64 * 1024 * 1024;
/// Maximum nesting depth, aliases expanded.
pub(super) const DEPTH: u64 = 64;
/// Message for `DEPTH`.
pub(super) const TOO_DEEP: &str = "the file nests deeper than 64 levels";
/// Maximum number of values in one file, aliases expanded.
pub(super) const NODES: u64 = 8_000_000;
/// Maximum number of values that the aliases of one file add. A few lines can add any number.
pub(super) const ALIASED_NODES: u64 = 1_000_000;
/// Message for `NODES` and `ALIASED_NODES`.
pub(super) const TOO_MANY: &str =
    "the file contains more than 8 million values, or its aliases add more than a million";
/// Maximum number of errors that one run lists.
pub(super) const FINDINGS: usize = 1_000;
/// Maximum number of warnings that one run lists.
pub(super) const WARNINGS: usize = 1_000;
/// Maximum number of different warnings that are listed beyond that.
pub(super) const GROUPS: usize = 1_000;
