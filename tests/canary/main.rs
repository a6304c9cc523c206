//! No secret gets out: every one is a canary that occurs nowhere else, let out through every store
//! and every field, and searched for in everything that a run prints, writes, starts or sends.
//!
//! [`birds`] are the values, [`encode`] the forms in which they could slip out, [`search`] finds
//! them; [`estate`] is a project out of the catalog, [`lab`] a closed place to run in, [`server`] and
//! [`repeat`] a remote API that repeats what it was sent; [`verbs`] is the table that a new verb has
//! to join. [`planted`] proves that what would leak would be found.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod birds;
mod broken;
mod crash;
mod encode;
mod estate;
mod lab;
mod moods;
mod planted;
mod repeat;
mod search;
mod server;
mod tally;
mod vault;
mod verbs;
mod whole;
