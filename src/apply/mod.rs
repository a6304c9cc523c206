//! Carrying out a plan. It decides nothing: the plan says what, apply says how it went.

mod outcome;

pub use outcome::{ApplyReport, Counts, OperationReport, Outcome, Tally};
