//! Responsible for the JSON document of `doctor --format json`.

use super::FORMAT_VERSION;
use crate::model::HealthCheck;
use crate::render::view::doctor::is_healthy;
use serde::Serialize;

/// The JSON document of `doctor`.
#[derive(Serialize)]
pub(super) struct DoctorDocument<'a> {
    format_version: u32,
    healthy: bool,
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
