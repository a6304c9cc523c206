//! Responsible for the tests of resilience, on a clock that only tests move.

mod admission;
mod circuit_breaker;
mod circuit_state;
mod concurrency_limit;
mod outage;
mod places;
mod retry;
