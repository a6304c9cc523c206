//! The world as tests may look at it, deleted things included.

use uuid::Uuid;

use serde_json::{Map, Value};

use super::moment::Moment;
use super::routes::Api;
use super::world::Outcome;

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

/// A workspace and its connectors.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkspaceView {
    /// Its id.
    pub id: Uuid,
    /// Its name.
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

/// A connector.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorView {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its type's slug.
    pub connector_type: String,
    /// Its template.
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

    pub(crate) fn of(api: &Api, now: Moment) -> Self {
        Self {
            workspaces: api
                .world
                .workspaces_after(None)
                .map(|w| workspace(api, w, now))
                .collect(),
            deleted_workspaces: api
                .world
                .all_workspaces()
                .filter(|w| w.deleted_at.is_some())
                .count(),
            deleted_connectors: api
                .world
                .all_connectors()
                .filter(|c| c.is_gone(now))
                .count(),
        }
    }
}

fn workspace(api: &Api, workspace: &super::world::Workspace, now: Moment) -> WorkspaceView {
    WorkspaceView {
        id: workspace.id,
        name: workspace.name.clone(),
        active: workspace.active,
        cache_enabled: workspace.cache_enabled,
        region_id: workspace.region_id,
        connectors: api
            .world
            .connectors_of(workspace.id, now)
            .map(|c| connector(api, c))
            .collect(),
    }
}

fn connector(api: &Api, connector: &super::world::Connector) -> ConnectorView {
    let kind = api.facts.by_definition(connector.definition_id);
    ConnectorView {
        id: connector.id,
        name: connector.name.clone(),
        connector_type: kind.map(|k| k.slug.clone()).unwrap_or_default(),
        template_id: connector.template_id,
        replication_config: connector.replication_config.clone(),
        entities: connector.entities.clone(),
        works: connector.outcome != Outcome::Fails,
        deleting: connector.deletion.is_some(),
    }
}
