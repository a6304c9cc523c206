//! Responsible for the view of the checks of `doctor`.

use crate::model::{Health, HealthCheck};
use crate::render::{Label, Safe};

/// The checks with the verdict.
#[derive(Debug)]
pub(crate) struct DoctorView {
    pub(crate) checks: Vec<CheckView>,
    pub(crate) verdict: Safe,
}

/// One check.
#[derive(Debug)]
pub(crate) struct CheckView {
    pub(crate) label: Label,
    /// `ok`, `warn` or `fail`.
    pub(crate) health: &'static str,
    pub(crate) subject: Safe,
    pub(crate) detail: Safe,
    /// What to do about it.
    pub(crate) hint: Option<Safe>,
}

impl DoctorView {
    pub(crate) fn new(checks: &[HealthCheck]) -> Self {
        Self {
            checks: checks.iter().map(CheckView::new).collect(),
            verdict: verdict(checks),
        }
    }
}

impl CheckView {
    fn new(check: &HealthCheck) -> Self {
        let (label, health) = match check.health {
            Health::Ok => (Label::Good, "ok"),
            Health::Warn => (Label::Warning, "warn"),
            Health::Fail => (Label::Error, "fail"),
        };
        Self {
            label,
            health,
            subject: Safe::new(&check.subject),
            detail: Safe::new(&check.detail),
            hint: check.hint.as_ref().map(Safe::new),
        }
    }
}

/// Whether no check failed.
pub(crate) fn is_healthy(checks: &[HealthCheck]) -> bool {
    count(checks, Health::Fail) == 0
}

fn verdict(checks: &[HealthCheck]) -> Safe {
    match (count(checks, Health::Fail), count(checks, Health::Warn)) {
        (0, 0) => "Ready.".into(),
        (0, warnings) => Safe::new(format_args!("Ready. Warnings: {warnings}.")),
        (failed, warnings) => Safe::new(format_args!(
            "Not ready. Failures: {failed}. Warnings: {warnings}."
        )),
    }
}

fn count(checks: &[HealthCheck], health: Health) -> usize {
    checks.iter().filter(|check| check.health == health).count()
}
