//! What `explain` knows: plan reasons, blocks, guards, outcomes, failures, exit codes and fields.
//!
//! Texts only. A test compares them with the types, so that every code has one.

mod failures;
mod fields;
mod steps;

use failures::FAILURES;
pub(super) use fields::FIELDS;
use steps::STEPS;

/// Group, name and text of a topic.
pub(super) type Topic = (&'static str, &'static str, &'static str);

/// Every topic, in the order of the list that `explain` prints.
pub(super) fn topics() -> impl Iterator<Item = &'static Topic> {
    STEPS.iter().chain(FAILURES).chain(FIELDS)
}
