//! Responsible for layout, escaping and formats of all that a person or a script reads.
//!
//! A result becomes a `view` (grouped, counted and worded data), which `text` and `json` draw.
//! Results go to stdout, status messages to stderr. All text passes through [`Safe`], which
//! neutralizes what came from files or the API. Does not decide anything, and never sees a
//! secret's value.

mod errors;
pub mod explain;
mod export;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
pub mod json;
mod labels;
mod messages;
#[cfg(test)]
mod sample;
pub mod sinks;
mod terminal;
mod text;
mod topics;
mod view;
pub(crate) mod wording;

pub use errors::{defect, usage, write_failure};
pub use export::{left_out, written, yaml};
pub use messages::{
    aborted, ask, doubtful, draining, initialised, left_for_apply, note, serving, target, valid,
};
#[cfg(test)]
pub(crate) use sample::golden;
pub(crate) use terminal::sanitize;
pub use terminal::{Captured, ColorChoice, Label, Line, Out, Safe, Surroundings, Ui, width};
pub use text::{doctor, drift, findings, one_type, plan, rekeyed, report, types};
pub use view::rekey::Rekeyed;
