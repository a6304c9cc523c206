//! Responsible for what the health checks of all stores share: bounded lists and counts.

use crate::model::HealthCheck;

/// The most failures of one store that are listed.
const LISTED: usize = 20;

/// One check for each text, and one that counts those beyond the limit.
pub(super) fn listed(
    texts: Vec<String>,
    check: impl Fn(String) -> HealthCheck,
) -> Vec<HealthCheck> {
    let more = texts.len().saturating_sub(LISTED);
    let mut checks: Vec<HealthCheck> = texts.into_iter().take(LISTED).map(&check).collect();
    if more > 0 {
        checks.push(check(format!("{more} more like these")));
    }
    checks
}

/// A count with its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
