//! Responsible for the forms in which airlift runs a job, and the loader sends its requests.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Form {
    /// The token of each customer creates its connectors.
    Scoped,
    /// The token of the organization creates connectors.
    Application,
    /// The same, and one list shows the connectors of the organization.
    Organization,
}

impl Form {
    /// The name as an argument, and in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scoped => "scoped",
            Self::Application => "application",
            Self::Organization => "organization",
        }
    }

    /// The options of airlift.
    pub(crate) fn options(self) -> &'static [&'static str] {
        match self {
            Self::Scoped => &[],
            Self::Application => &["--connector-token", "application"],
            Self::Organization => &[
                "--connector-token",
                "application",
                "--listing",
                "organization",
            ],
        }
    }
}
