//! Responsible for what a page or a comment says of its making: they are read elsewhere and later than a terminal.

use crate::saved_plan::ReadPlan;

/// From what and when a document was made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Provenance {
    /// The origin of the API, or the name of the sandbox.
    pub api: String,
    /// When the API was read, in RFC 3339.
    pub made_at: String,
    /// What was checked of the snapshot, and its age; `None` without a snapshot.
    pub snapshot: Option<String>,
}

impl Provenance {
    /// The making of a saved plan.
    pub fn from_saved_plan(saved: &ReadPlan) -> Self {
        let content = &saved.content;
        Self {
            api: content.origin.clone(),
            made_at: content.created_at.clone(),
            snapshot: None,
        }
    }
}
