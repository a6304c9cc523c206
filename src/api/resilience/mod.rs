//! Responsible for when requests are sent and retried: retry policy, circuit breaker, concurrency
//! limit and rate limit. Does not send requests.

mod admission;
mod circuit_breaker;
mod concurrency_limit;
mod places;
mod rate_limit;
mod retry;

#[cfg(test)]
mod tests;

pub(super) use admission::{AdmissionControl, AttemptRequest, Rejection};
pub(super) use circuit_breaker::AttemptKind;
pub(super) use places::Priority;
pub(super) use retry::{CallState, Idempotency, parse_date, retry_after};
