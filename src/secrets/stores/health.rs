//! Responsible for bounded lists and counts in the health checks of all stores.

use crate::model::HealthCheck;

/// The largest number of listed failures per store.
const MAX_LISTED: usize = 20;

/// One check for each text. The last check counts the texts beyond the limit.
pub(super) fn listed(
    texts: Vec<String>,
    check: impl Fn(String) -> HealthCheck,
) -> Vec<HealthCheck> {
    let more = texts.len().saturating_sub(MAX_LISTED);
    let mut checks: Vec<HealthCheck> = texts.into_iter().take(MAX_LISTED).map(&check).collect();
    if more > 0 {
        checks.push(check(format!("{more} more like these")));
    }
    checks
}
