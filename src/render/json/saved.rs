//! Responsible for the saved plan in the document of a plan.

use crate::render::{MacCheck, PlanChecks, SavedFile};
use crate::saved_plan::ReadPlan;
use schemars::JsonSchema;
use serde::Serialize;

/// A saved plan.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SavedPlan")]
pub(in crate::render) struct SavedEntry<'a> {
    /// The id: SHA-256 of the content, hexadecimal.
    id: &'a str,
    /// When the plan stops being valid, in RFC 3339.
    expires_at: &'a str,
    /// Whether `apply` refuses the plan, because it is too old; absent if this run made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    expired: Option<bool>,
    /// When the plan was made; absent if this run made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<&'a str>,
    /// The commit of the files, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    /// Whether the MAC was checked with the ledger's key; absent if this run made the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    mac_checked: Option<bool>,
    /// The identity of the person who signed the plan; absent unless the signature was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<&'a str>,
}

impl<'a> From<&'a SavedFile> for SavedEntry<'a> {
    fn from(saved: &'a SavedFile) -> Self {
        Self {
            id: &saved.id,
            expires_at: &saved.expires_at,
            expired: None,
            created_at: None,
            commit: None,
            mac_checked: None,
            signer: None,
        }
    }
}

impl<'a> SavedEntry<'a> {
    /// A plan that was read from a file.
    pub(in crate::render) fn new(saved: &'a ReadPlan, checks: &'a PlanChecks) -> Self {
        let content = &saved.content;
        Self {
            id: &saved.id,
            expires_at: &content.expires_at,
            expired: Some(checks.is_expired),
            created_at: Some(&content.created_at),
            commit: content.commit.as_ref().map(|commit| commit.id.as_str()),
            mac_checked: Some(checks.mac == MacCheck::Verified),
            signer: checks.signer.as_deref(),
        }
    }
}
