//! Responsible for the protection of a customer: what a run may not delete, suspend or replace.

use serde::{Deserialize, Serialize};

/// Whether a customer and its connectors may be deleted, suspended or replaced.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(from = "Form", into = "Form")]
pub enum Protection {
    /// Yes.
    #[default]
    None,
    /// In a run that confirms the customer by name.
    Confirm,
    /// No.
    Full,
}

impl Protection {
    /// Whether any step needs the removal of the protection or a confirmation.
    pub fn is_some(self) -> bool {
        self != Self::None
    }

    /// The value in the files.
    pub fn as_text(self) -> &'static str {
        match self {
            Self::None => "false",
            Self::Confirm => "confirm",
            Self::Full => "true",
        }
    }
}

/// The form in the ledger and in plans, which had a boolean before.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Switch(bool),
    Keyword(Keyword),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Keyword {
    Confirm,
}

impl From<Form> for Protection {
    fn from(form: Form) -> Self {
        match form {
            Form::Switch(false) => Self::None,
            Form::Switch(true) => Self::Full,
            Form::Keyword(Keyword::Confirm) => Self::Confirm,
        }
    }
}

impl From<Protection> for Form {
    fn from(protection: Protection) -> Self {
        match protection {
            Protection::None => Self::Switch(false),
            Protection::Full => Self::Switch(true),
            Protection::Confirm => Self::Keyword(Keyword::Confirm),
        }
    }
}
