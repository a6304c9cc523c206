//! Responsible for the jobs that the benchmark compares.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Job {
    /// Every customer and connector is new.
    Create,
    /// Nothing differs.
    Unchanged,
    /// One connector of each customer has another setting.
    OneChange,
}

impl Job {
    /// The job that has to run first, so that this one finds its customers.
    pub(crate) fn preparation(self) -> Option<Self> {
        (self != Self::Create).then_some(Self::Create)
    }

    /// The name as an argument, and in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Unchanged => "unchanged",
            Self::OneChange => "one-change",
        }
    }
}
