//! Responsible for the view of the world that tests look at, with deleted objects.

use uuid::Uuid;

use serde_json::{Map, Value};

use crate::sandbox::backend::Backend;
use crate::sandbox::timestamp::Timestamp;
use crate::sandbox::world::{CheckOutcome, Connector, Workspace};

/// A snapshot of everything.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldView {
    /// Workspaces that were not deleted, oldest first.
    pub workspaces: Vec<WorkspaceView>,
    /// How many workspaces were deleted.
    pub deleted_workspaces: usize,
    /// How many connectors are gone.
    pub deleted_connectors: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct WorkspaceView {
    pub id: Uuid,
    pub name: String,
    /// Whether it is active.
    pub active: bool,
    /// Its cache setting; none inherits.
    pub cache_enabled: Option<bool>,
    /// The region it was created in, if one was named. The API never tells.
    pub region_id: Option<Uuid>,
    /// Its connectors that are not gone, oldest first.
    pub connectors: Vec<ConnectorView>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorView {
    pub id: Uuid,
    pub name: String,
    /// Its type's slug.
    pub connector_type: String,
    pub template_id: Uuid,
    /// Its configuration as the API shows it.
    pub replication_config: Map<String, Value>,
    /// Its entities, if any were ever chosen.
    pub entities: Option<Value>,
    /// Whether its credentials work, or may.
    pub works: bool,
    /// Whether its deletion is under way.
    pub deleting: bool,
}

impl WorldView {
    /// The workspace of a name.
    pub fn workspace(&self, name: &str) -> Option<&WorkspaceView> {
        self.workspaces.iter().find(|w| w.name == name)
    }

    /// All connectors of all workspaces.
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
