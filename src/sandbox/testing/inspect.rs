//! Responsible for the view of the world for tests, with counts of deleted objects.

use uuid::Uuid;

use serde_json::{Map, Value};

use crate::sandbox::backend::Backend;
use crate::sandbox::timestamp::Timestamp;
use crate::sandbox::world::{CheckOutcome, Connector, Workspace};

/// The current world.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldView {
    /// The workspaces without deleted ones, oldest first.
    pub workspaces: Vec<WorkspaceView>,
    /// The number of deleted workspaces.
    pub deleted_workspaces: usize,
    /// The number of connectors whose deletion has completed.
    pub deleted_connectors: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct WorkspaceView {
    pub id: Uuid,
    pub name: String,
    pub active: bool,
    /// The cache setting. `None` inherits the organization's.
    pub cache_enabled: Option<bool>,
    /// The region in the request that created the workspace. The API does not return it.
    pub region_id: Option<Uuid>,
    /// The connectors, oldest first, without those whose deletion has completed.
    pub connectors: Vec<ConnectorView>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorView {
    pub id: Uuid,
    pub name: String,
    /// The slug of the connector type.
    pub connector_type: String,
    pub template_id: Uuid,
    /// The configuration that the API returns.
    pub replication_config: Map<String, Value>,
    /// The selected entities.
    pub entities: Option<Value>,
    /// Whether a check with the credentials does not fail.
    pub works: bool,
    /// Whether the deletion is in progress.
    pub deleting: bool,
}

impl WorldView {
    /// The workspace with a name.
    pub fn workspace(&self, name: &str) -> Option<&WorkspaceView> {
        self.workspaces.iter().find(|w| w.name == name)
    }

    /// The connectors of all workspaces.
    pub fn connectors(&self) -> impl Iterator<Item = &ConnectorView> {
        self.workspaces.iter().flat_map(|w| &w.connectors)
    }

    pub(crate) fn new(backend: &Backend, now: Timestamp) -> Self {
        Self {
            workspaces: backend
                .world
                .workspaces_after(None)
                .map(|w| workspace(backend, w, now))
                .collect(),
            deleted_workspaces: backend
                .world
                .all_workspaces()
                .filter(|w| w.deleted_at.is_some())
                .count(),
            deleted_connectors: backend
                .world
                .all_connectors()
                .filter(|c| c.is_gone(now))
                .count(),
        }
    }
}

fn workspace(backend: &Backend, workspace: &Workspace, now: Timestamp) -> WorkspaceView {
    WorkspaceView {
        id: workspace.id,
        name: workspace.name.clone(),
        active: workspace.active,
        cache_enabled: workspace.cache_enabled,
        region_id: workspace.region_id,
        connectors: backend
            .world
            .connectors_of(workspace.id, now)
            .map(|c| connector(backend, c))
            .collect(),
    }
}

fn connector(backend: &Backend, connector: &Connector) -> ConnectorView {
    let kind = backend.catalog.by_definition(connector.definition_id);
    ConnectorView {
        id: connector.id,
        name: connector.name.clone(),
        connector_type: kind.map(|k| k.slug.clone()).unwrap_or_default(),
        template_id: connector.template_id,
        replication_config: connector.replication_config.clone(),
        entities: connector.entities.clone(),
        works: connector.outcome != CheckOutcome::Fails,
        deleting: connector.deletion.is_some(),
    }
}
