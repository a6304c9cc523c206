//! Responsible for decoding the responses about workspaces.

use super::ResponseBody;
use crate::api::Workspace;
use crate::model::{ObservedStatus, OrganizationId, WorkspaceId};
use serde::Deserialize;

/// `WorkspaceGetResponse`
#[derive(Deserialize)]
pub(in crate::api) struct WorkspaceResponse {
    id: WorkspaceId,
    pub(super) name: String,
    organization_id: Option<OrganizationId>,
    pub(super) status: String,
    cache_enabled: Option<bool>,
    tombstone: Option<bool>,
    #[serde(default)]
    pub(super) created_at: Option<String>,
}

impl WorkspaceResponse {
    /// The workspace, unless it is a tombstone.
    pub(in crate::api) fn into_live(self) -> Option<Workspace> {
        (self.tombstone != Some(true)).then(|| Workspace {
            id: self.id,
            name: self.name,
            organization_id: self.organization_id,
            status: match self.status.as_str() {
                "active" => ObservedStatus::Active,
                "inactive" => ObservedStatus::Inactive,
                _ => ObservedStatus::Other(self.status),
            },
            cache: self.cache_enabled,
            created_at: self.created_at.unwrap_or_default(),
        })
    }
}

impl ResponseBody for WorkspaceResponse {
    const KIND: &'static str = "a workspace";
}

/// `WorkspaceListResponse`
#[derive(Deserialize)]
pub(in crate::api) struct WorkspacePage {
    pub(in crate::api) next: Option<String>,
    pub(in crate::api) data: Vec<WorkspaceResponse>,
}

impl ResponseBody for WorkspacePage {
    const KIND: &'static str = "a page of workspaces";
}

/// `WorkspaceStatsResponse`
#[derive(Deserialize)]
pub(in crate::api) struct StatsResponse {
    pub(in crate::api) total_count: u64,
}

impl ResponseBody for StatsResponse {
    const KIND: &'static str = "the workspace statistics";
}
