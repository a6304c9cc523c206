//! Responsible for the JSON document of `doctor --format json`.

use super::FORMAT_VERSION;
use crate::model::HealthCheck;
use crate::render::view::doctor::is_healthy;
use schemars::JsonSchema;
use serde::Serialize;

/// The result of `doctor --format json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "airlift doctor")]
pub(super) struct DoctorDocument<'a> {
    /// The version of this document. New fields do not change it.
    format_version: u32,
    /// Whether a run would succeed.
    healthy: bool,
    /// The checks, in the order in which they ran.
    checks: &'a [HealthCheck],
}

/// The document of the checks.
pub(super) fn document(checks: &[HealthCheck]) -> DoctorDocument<'_> {
    DoctorDocument {
        format_version: FORMAT_VERSION,
        healthy: is_healthy(checks),
        checks,
    }
}
