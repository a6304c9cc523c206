//! Responsible for the shape of what `doctor` checked as JSON.

use super::FORMAT_VERSION;
use crate::model::HealthCheck;
use crate::render::view::doctor::is_healthy;
use serde::Serialize;

/// The result of `doctor --format json`.
#[derive(Serialize)]
pub(super) struct DoctorDocument<'a> {
    format_version: u32,
    healthy: bool,
    checks: &'a [HealthCheck],
}

/// The document of what `doctor` found.
pub(super) fn document(checks: &[HealthCheck]) -> DoctorDocument<'_> {
    DoctorDocument {
        format_version: FORMAT_VERSION,
        healthy: is_healthy(checks),
        checks,
    }
}
