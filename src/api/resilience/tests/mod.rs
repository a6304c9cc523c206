mod admission;
mod circuit_breaker;
mod circuit_state;
mod concurrency_limit;
mod outage;
mod retry;
