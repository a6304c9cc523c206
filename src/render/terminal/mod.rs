//! Responsible for what goes to the two streams: lines, their colors and their escaping.

mod line;
pub(super) mod log;
pub(super) mod progress;
pub(crate) mod sanitize;
mod streams;
pub(super) mod style;
mod ui;

pub use line::{Line, Out};
pub use sanitize::Safe;
pub use streams::Captured;
pub use style::Label;
pub use ui::{ColorChoice, Surroundings, Ui, width};
