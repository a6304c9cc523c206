//! Responsible for the world: the workspaces, connectors and templates of the organization, in listing order.
//!
//! Does not use sockets, files, tokens or a clock. It stores no credentials, only the outcome of a check with them.
//! It records every change as a [`WorldChange`] for the journal on disk.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::catalog::stable_id;
use super::organization_objects::{ConnectionTemplate, OauthApp, Template};
use super::timestamp::Timestamp;

/// The name of the workspace that every organization has.
pub(crate) const DEFAULT_WORKSPACE: &str = "default";

/// A workspace. airlift has one workspace for each customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Workspace {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) active: bool,
    pub(crate) cache_enabled: Option<bool>,
    pub(crate) region_id: Option<Uuid>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
}

/// The outcome of a check with a connector's credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckOutcome {
    Works,
    Fails,
    Pending,
    Inconclusive,
}

/// A deletion. It is in progress until `gone_at`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deletion {
    pub(crate) job_id: Uuid,
    pub(crate) gone_at: Timestamp,
}

/// A connector in a workspace, without its credentials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Connector {
    pub(crate) id: Uuid,
    pub(crate) workspace_id: Uuid,
    pub(crate) name: String,
    pub(crate) definition_id: Uuid,
    pub(crate) template_id: Uuid,
    pub(crate) replication_config: Map<String, Value>,
    pub(crate) entities: Option<Value>,
    pub(crate) outcome: CheckOutcome,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) deletion: Option<Deletion>,
}

/// An object after a change. Applying a change twice has the same result as applying it once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WorldChange {
    Workspace(Workspace),
    Connector(Box<Connector>),
    Template(Template),
    ConnectionTemplate(ConnectionTemplate),
    OauthApp(OauthApp),
}

/// A position in a listing of workspaces.
pub(crate) type ListPosition = (Timestamp, Uuid);

/// All objects, including deleted ones.
#[derive(Debug, Default)]
pub(crate) struct World {
    workspaces: BTreeMap<Uuid, Workspace>,
    connectors: BTreeMap<Uuid, Connector>,
    templates: BTreeMap<Uuid, Template>,
    connection_templates: BTreeMap<Uuid, ConnectionTemplate>,
    oauth_apps: BTreeMap<Uuid, OauthApp>,
    ids_by_name: BTreeMap<String, Uuid>,
    workspaces_by_age: BTreeSet<ListPosition>,
    connectors_by_workspace: BTreeMap<Uuid, BTreeSet<ListPosition>>,
    changes: Vec<WorldChange>,
}

impl World {
    /// The world of a new organization.
    pub(crate) fn with_default_workspace(organization_id: Uuid, now: Timestamp) -> Self {
        let mut world = Self::default();
        world.put_workspace(Workspace {
            id: stable_id("default-workspace", &organization_id.to_string()),
            name: DEFAULT_WORKSPACE.into(),
            active: true,
            cache_enabled: None,
            region_id: None,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        });
        world
    }

    /// A workspace, unless it was deleted.
    pub(crate) fn workspace(&self, id: Uuid) -> Option<&Workspace> {
        self.workspaces.get(&id).filter(|w| w.deleted_at.is_none())
    }

    /// The workspace with exactly this name, unless it was deleted.
    pub(crate) fn workspace_named(&self, name: &str) -> Option<&Workspace> {
        self.ids_by_name
            .get(name)
            .and_then(|id| self.workspace(*id))
    }

    /// The workspaces after a position, oldest first, without deleted ones.
    pub(crate) fn workspaces_after(
        &self,
        position: Option<ListPosition>,
    ) -> impl Iterator<Item = &Workspace> {
        let from = position.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        self.workspaces_by_age
            .range((from, std::ops::Bound::Unbounded))
            .filter_map(|(_, id)| self.workspace(*id))
    }

    /// A connector, unless its deletion has completed.
    pub(crate) fn connector(&self, id: Uuid, now: Timestamp) -> Option<&Connector> {
        self.connectors.get(&id).filter(|c| !c.is_gone(now))
    }

    /// The connectors of a workspace, oldest first, without those whose deletion has completed.
    pub(crate) fn connectors_of(
        &self,
        workspace: Uuid,
        now: Timestamp,
    ) -> impl Iterator<Item = &Connector> {
        let ids = self
            .connectors_by_workspace
            .get(&workspace)
            .into_iter()
            .flatten();
        ids.filter_map(move |(_, id)| self.connector(*id, now))
    }

    /// A template, unless it was deleted.
    pub(crate) fn template(&self, id: Uuid) -> Option<&Template> {
        self.templates.get(&id).filter(|t| t.deleted_at.is_none())
    }

    /// The organization's templates, oldest first, without deleted ones.
    pub(crate) fn live_templates(&self) -> Vec<&Template> {
        let mut templates: Vec<&Template> = self
            .templates
            .values()
            .filter(|t| t.deleted_at.is_none())
            .collect();
        templates.sort_by_key(|t| (t.created_at, t.id));
        templates
    }

    /// The connection templates, oldest first, without deleted ones.
    pub(crate) fn live_connection_templates(&self) -> Vec<&ConnectionTemplate> {
        let mut templates: Vec<&ConnectionTemplate> = self
            .connection_templates
            .values()
            .filter(|t| t.deleted_at.is_none())
            .collect();
        templates.sort_by_key(|t| (t.created_at, t.id));
        templates
    }

    /// The organization's OAuth app of a connector type, unless it was deleted.
    pub(crate) fn oauth_app(&self, definition: Uuid) -> Option<&OauthApp> {
        self.oauth_apps
            .get(&definition)
            .filter(|app| app.deleted_at.is_none())
    }

    #[cfg(feature = "testing")]
    pub(crate) fn all_workspaces(&self) -> impl Iterator<Item = &Workspace> {
        self.workspaces.values()
    }

    #[cfg(feature = "testing")]
    pub(crate) fn all_connectors(&self) -> impl Iterator<Item = &Connector> {
        self.connectors.values()
    }

    /// Inserts or replaces a workspace.
    pub(crate) fn put_workspace(&mut self, workspace: Workspace) {
        self.index_workspace(&workspace);
        self.changes.push(WorldChange::Workspace(workspace.clone()));
        self.workspaces.insert(workspace.id, workspace);
    }

    /// Inserts or replaces a connector.
    pub(crate) fn put_connector(&mut self, connector: Connector) {
        self.connectors_by_workspace
            .entry(connector.workspace_id)
            .or_default()
            .insert((connector.created_at, connector.id));
        self.changes
            .push(WorldChange::Connector(Box::new(connector.clone())));
        self.connectors.insert(connector.id, connector);
    }

    /// Inserts or replaces a template.
    pub(crate) fn put_template(&mut self, template: Template) {
        self.changes.push(WorldChange::Template(template.clone()));
        self.templates.insert(template.id, template);
    }

    /// Inserts or replaces a connection template.
    pub(crate) fn put_connection_template(&mut self, template: ConnectionTemplate) {
        self.changes
            .push(WorldChange::ConnectionTemplate(template.clone()));
        self.connection_templates.insert(template.id, template);
    }

    /// Inserts or replaces the OAuth app of a connector type.
    pub(crate) fn put_oauth_app(&mut self, app: OauthApp) {
        self.changes.push(WorldChange::OauthApp(app.clone()));
        self.oauth_apps.insert(app.definition_id, app);
    }

    /// Applies a recorded change.
    pub(crate) fn apply(&mut self, change: WorldChange) {
        match change {
            WorldChange::Workspace(workspace) => self.put_workspace(workspace),
            WorldChange::Connector(connector) => self.put_connector(*connector),
            WorldChange::Template(template) => self.put_template(template),
            WorldChange::ConnectionTemplate(template) => self.put_connection_template(template),
            WorldChange::OauthApp(app) => self.put_oauth_app(app),
        }
    }

    /// The changes since the last call of `take_changes`.
    pub(crate) fn pending_changes(&self) -> &[WorldChange] {
        &self.changes
    }

    /// The changes since the last call, oldest first.
    pub(crate) fn take_changes(&mut self) -> Vec<WorldChange> {
        std::mem::take(&mut self.changes)
    }

    /// Changes that rebuild this world from an empty one.
    pub(crate) fn as_changes(&self) -> Vec<WorldChange> {
        let workspaces = self
            .workspaces
            .values()
            .cloned()
            .map(WorldChange::Workspace);
        let connectors = self
            .connectors
            .values()
            .cloned()
            .map(|c| WorldChange::Connector(Box::new(c)));
        let templates = self.templates.values().cloned().map(WorldChange::Template);
        let connections = self.connection_templates.values().cloned();
        let apps = self.oauth_apps.values().cloned();
        workspaces
            .chain(templates)
            .chain(connections.map(WorldChange::ConnectionTemplate))
            .chain(apps.map(WorldChange::OauthApp))
            .chain(connectors)
            .collect()
    }

    fn index_workspace(&mut self, workspace: &Workspace) {
        if let Some(before) = self.workspaces.get(&workspace.id)
            && self.ids_by_name.get(&before.name) == Some(&workspace.id)
        {
            self.ids_by_name.remove(&before.name);
        }
        if workspace.deleted_at.is_none() {
            self.ids_by_name
                .insert(workspace.name.clone(), workspace.id);
        }
        self.workspaces_by_age
            .insert((workspace.created_at, workspace.id));
    }
}

impl Connector {
    pub(crate) fn is_gone(&self, now: Timestamp) -> bool {
        self.deletion.as_ref().is_some_and(|d| d.gone_at <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(name: &str, at: i64) -> Workspace {
        let at = Timestamp::from_micros(at);
        Workspace {
            id: stable_id("test", name),
            name: name.into(),
            active: true,
            cache_enabled: None,
            region_id: None,
            created_at: at,
            updated_at: at,
            deleted_at: None,
        }
    }

    #[test]
    fn workspace_after_rename_is_found_by_new_name_only() {
        let mut world = World::default();
        world.put_workspace(workspace("old", 1));
        let mut renamed = workspace("old", 1);
        renamed.name = "new".into();
        world.put_workspace(renamed);
        assert!(world.workspace_named("old").is_none());
        assert!(world.workspace_named("new").is_some());
    }

    #[test]
    fn workspaces_after_position_are_newer_and_sorted_by_age() {
        let mut world = World::default();
        for (name, at) in [("c", 3), ("a", 1), ("b", 2)] {
            world.put_workspace(workspace(name, at));
        }
        let names: Vec<&str> = world
            .workspaces_after(None)
            .map(|w| w.name.as_str())
            .collect();
        assert_eq!(names, ["a", "b", "c"]);
        let after = Some((Timestamp::from_micros(1), stable_id("test", "a")));
        assert_eq!(world.workspaces_after(after).count(), 2);
    }

    #[test]
    fn changes_applied_to_empty_world_rebuild_it() {
        let mut world = World::with_default_workspace(Uuid::nil(), Timestamp::from_micros(5));
        world.put_workspace(workspace("a", 9));
        let mut copy = World::default();
        world.take_changes().into_iter().for_each(|c| copy.apply(c));
        assert_eq!(copy.as_changes(), world.as_changes());
        assert!(world.take_changes().is_empty());
    }
}
