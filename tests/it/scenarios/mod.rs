//! Every kind of edit, end to end: the binary, the sandbox, and after each apply a plan that is
//! empty.

mod adopt;
mod connectors;
mod contradictory_responses;
mod create;
mod credentials;
mod customers;
mod drift;
mod export;
mod export_catalog;
mod interruption;
mod prune;
mod redaction;
mod refusals;
mod replacement;
mod serve;
mod target;
mod versions;
