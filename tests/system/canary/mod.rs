//! Canaries: every secret is a value that occurs nowhere else, comes through every store and every
//! field, and is searched for in everything that a run prints, writes, starts or sends.
//!
//! [`values`] are the canaries, [`encode`] the forms in which they could leak, [`search`] finds
//! them; [`estate`] is a project out of the catalog, [`harness`] a closed place to run in,
//! [`server`] and [`echo`] a remote API that repeats what it was sent; [`verbs`] is the table of
//! commands. [`self_test`] proves that a leak would be found.

mod crash;
mod echo;
mod encode;
mod estate;
mod full_run;
mod harness;
mod invalid_input;
mod search;
mod self_test;
mod server;
mod server_behavior;
mod summary;
mod values;
mod vault;
mod verbs;
