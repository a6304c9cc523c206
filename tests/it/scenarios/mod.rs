//! Every kind of edit, end to end: the binary, the sandbox, and after each apply a plan that is
//! empty.

mod birth;
mod connectors;
mod credentials;
mod customers;
mod drift;
mod export;
mod found;
mod interruption;
mod liars;
mod lookalikes;
mod parts;
mod refusals;
mod removal;
mod replacement;
mod serve;
mod versions;
