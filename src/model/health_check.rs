//! Responsible for the results of `doctor`.

use serde::Serialize;

/// The result of one check. Never holds a secret's value.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct HealthCheck {
    /// What was checked, such as `configuration` or `store vault`.
    pub subject: String,
    /// The result.
    pub health: Health,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Whether something works.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Ok,
    /// It works, and should be otherwise.
    Warn,
    /// A run would stop.
    Fail,
}

impl HealthCheck {
    /// As it should be.
    pub fn ok(subject: &str, detail: impl Into<String>) -> Self {
        Self {
            subject: subject.to_owned(),
            health: Health::Ok,
            detail: detail.into(),
            hint: None,
        }
    }

    /// It works, and should be otherwise.
    pub fn warn(subject: &str, detail: impl Into<String>, hint: &str) -> Self {
        Self {
            health: Health::Warn,
            hint: Some(hint.to_owned()),
            ..Self::ok(subject, detail)
        }
    }

    /// A run would stop.
    pub fn fail(subject: &str, detail: impl Into<String>, hint: &str) -> Self {
        Self {
            health: Health::Fail,
            ..Self::warn(subject, detail, hint)
        }
    }
}
