//! Responsible for the limits on files and findings.
//!
//! Far above any file that a person writes, and low enough that a hostile file cannot exhaust the
//! machine.

/// Maximum size of one file in bytes.
pub(super) const BYTES: u64 = 8 * 1024 * 1024;
/// Maximum nesting depth, aliases expanded.
pub(super) const DEPTH: u64 = 64;
/// Message for `DEPTH`.
pub(super) const TOO_DEEP: &str = "the file nests deeper than 64 levels";
/// Maximum number of values in one file, aliases expanded.
pub(super) const NODES: u64 = 1_000_000;
/// Message for `NODES`.
pub(super) const TOO_MANY: &str = "the file contains more than a million values, aliases expanded";
/// Maximum number of errors that one run lists.
pub(super) const FINDINGS: usize = 1_000;
/// Maximum number of warnings that one run lists.
pub(super) const WARNINGS: usize = 1_000;
/// Maximum number of different warnings that are listed beyond that.
pub(super) const GROUPS: usize = 1_000;
