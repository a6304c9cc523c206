//! Responsible for the type of YAML errors.

use super::position::Span;
use crate::config::code::{Code, Severity};

/// One YAML error or unsupported construct.
#[derive(Debug)]
pub(in crate::config) struct Defect {
    pub(in crate::config) code: Code,
    pub(in crate::config) span: Span,
    pub(in crate::config) message: String,
    /// The path of the field, if known.
    pub(in crate::config) path: Option<String>,
}

impl Defect {
    /// Whether the values of the file can be read.
    pub(in crate::config) fn is_harmless(&self) -> bool {
        self.code.severity() == Severity::Warning
    }
}
