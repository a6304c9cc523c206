//! Responsible for the results of `doctor`. Does not run the checks.

use serde::Serialize;

/// The result of one check. Contains no secret value.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, schemars::JsonSchema)]
pub struct HealthCheck {
    /// What was checked, such as `configuration` or `store vault`.
    pub subject: String,
    /// Whether the check passed.
    pub health: Health,
    /// A sentence about the result.
    pub detail: String,
    /// What the user can do about it.
    pub hint: Option<String>,
}

/// Whether a check passed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// The check passed.
    Ok,
    /// A run would succeed, but the setup should be improved.
    Warn,
    /// A run would fail.
    Fail,
}

/// The number of names in the line of a check.
const NAMED: usize = 5;

/// The first names, and the number of the others.
pub fn first_names(names: &[String]) -> String {
    let first = names[..names.len().min(NAMED)].join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

impl HealthCheck {
    /// A check that passed.
    pub fn ok(subject: &str, detail: impl Into<String>) -> Self {
        Self {
            subject: subject.to_owned(),
            health: Health::Ok,
            detail: detail.into(),
            hint: None,
        }
    }

    /// A check with a warning.
    pub fn warn(subject: &str, detail: impl Into<String>, hint: &str) -> Self {
        Self {
            health: Health::Warn,
            hint: Some(hint.to_owned()),
            ..Self::ok(subject, detail)
        }
    }

    /// A check that failed.
    pub fn fail(subject: &str, detail: impl Into<String>, hint: &str) -> Self {
        Self {
            health: Health::Fail,
            ..Self::warn(subject, detail, hint)
        }
    }
}
