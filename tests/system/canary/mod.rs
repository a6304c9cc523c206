//! Responsible for the canary tests: each secret of a test project is a unique value, and the tests
//! search everything that a run prints, writes, starts or sends for these values.
//!
//! - [`values`] generates canaries. [`encode`] lists the forms in which one could leak. [`search`]
//!   finds them in bytes.
//! - [`project`] generates a project with canaries in every field of the catalog and in every store.
//!   [`harness`] runs commands in isolation and collects what they leave.
//! - [`server`] and [`echo`] are a remote API that repeats what it was sent. [`vault`] is a secret
//!   store that does the same.
//! - [`commands`] lists the commands to run. [`summary`] counts and reports hits.
//! - [`settings`] removes references from settings and reads the old values back.
//! - [`self_test`] proves that the search finds a leak.

mod commands;
mod crash;
mod echo;
mod encode;
mod full_run;
mod harness;
mod invalid_input;
mod project;
mod search;
mod self_test;
mod server;
mod server_behavior;
mod settings;
mod summary;
mod values;
mod vault;
