//! Responsible for results as a reader sees them: grouped, counted, labeled and worded, as data.
//!
//! Every text in a view is [`Safe`]. A format draws views and computes nothing but its layout.

pub(crate) mod doctor;
pub(crate) mod drift;
pub(crate) mod fields;
pub(crate) mod findings;
pub(crate) mod group;
mod phrase;
pub(crate) mod plan;
pub(crate) mod rekey;
pub(crate) mod report;
pub(crate) mod step;
pub(crate) mod types;

pub(crate) use group::{Group, Listing, Row};
pub(crate) use phrase::Phrase;
