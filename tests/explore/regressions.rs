//! Cases that failed once, by what went wrong. Each is tried in every run of the tests.

/// What it was, and the case.
pub(crate) const REGRESSIONS: [(&str, &str); 0] = [];
