//! Responsible for how much a file may hold. Generous for people, small for machines.

/// Bytes of one file.
pub(super) const BYTES: u64 = 8 * 1024 * 1024;
/// Levels of nesting, aliases expanded.
pub(super) const DEPTH: u64 = 64;
/// What a file beyond them is told.
pub(super) const TOO_DEEP: &str = "this nests deeper than 64 levels";
/// Values of one file, aliases expanded.
pub(super) const NODES: u64 = 1_000_000;
/// What a file beyond them is told.
pub(super) const TOO_MANY: &str = "the file holds more than a million values, aliases expanded";
/// Findings of one run that are listed.
pub(super) const FINDINGS: usize = 1_000;
