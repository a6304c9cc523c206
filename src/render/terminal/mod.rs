//! Responsible for what goes to the two streams: lines, their colors and their escaping.

mod bar;
mod bar_terminal;
mod color;
pub(super) mod heartbeat;
mod line;
pub(super) mod log;
mod name;
mod output_environment;
mod phase_line;
pub(super) mod progress;
mod repeated;
pub(crate) mod sanitize;
mod streams;
pub(super) mod style;
mod ui;
pub(in crate::render) mod wrap;

pub use color::Color;
pub use line::{Line, Out};
pub use output_environment::{ColorChoice, OutReader, OutputEnvironment, width};
pub use repeated::RepeatedOptions;
pub use sanitize::Safe;
pub use streams::Captured;
pub(super) use streams::Streams;
pub use style::Label;
pub use ui::{Ui, Verbosity};
