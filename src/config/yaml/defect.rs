//! Responsible for what is wrong with a text as YAML.

use super::position::Span;
use crate::config::code::Code;

/// One thing that is wrong.
#[derive(Debug)]
pub(in crate::config) struct Defect {
    pub(in crate::config) code: Code,
    pub(in crate::config) span: Span,
    pub(in crate::config) message: String,
    /// The field it is about.
    pub(in crate::config) path: Option<String>,
}
