//! Responsible for views: results that are grouped, counted, labeled and worded, as data.
//!
//! Every text in a view is [`Safe`](super::Safe). Does not lay out text; `text` does.

pub(crate) mod doctor;
pub(crate) mod drift;
pub(crate) mod fields;
pub(crate) mod findings;
pub(crate) mod group;
pub(crate) mod ledger;
pub(in crate::render) mod oauth_apps;
pub(crate) mod outputs;
mod phrase;
pub(crate) mod plan;
pub(crate) mod plan_summary;
pub(crate) mod rekey;
pub(crate) mod report;
pub(crate) mod signing;
pub(in crate::render) mod source_templates;
pub(crate) mod status;
pub(crate) mod step;
pub(crate) mod types;
mod unmanaged;
pub(crate) mod unverified;
pub(in crate::render) mod waiting;

pub(crate) use group::{Group, Listing, Row};
pub(crate) use phrase::Phrase;
