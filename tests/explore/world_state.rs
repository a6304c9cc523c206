//! Responsible for comparing the final worlds of two runs, by names and content, without ids or times.

use airlift::sandbox::Sandbox;
use airlift::sandbox::testing::{ConnectorView, WorldView};
use std::fmt;

use crate::project::Project;

/// A line for each customer and each connector, in a fixed order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WorldState(Vec<String>);

impl WorldState {
    /// The state of the world, and which connectors have the credentials that the project declares.
    /// Connectors that are being deleted are left out.
    pub(crate) fn new(running: &Sandbox, project: &Project) -> Self {
        let mut lines = Vec::new();
        for workspace in running.world().workspaces {
            let name = &workspace.name;
            let (active, cache) = (workspace.active, workspace.cache_enabled);
            lines.push(format!("{name}: active {active}, cache {cache:?}"));
            let connectors = workspace.connectors.iter();
            let present = connectors.filter(|connector| !connector.deleting);
            lines.extend(present.map(|connector| describe(running, project, name, connector)));
        }
        lines.sort();
        Self(lines)
    }

    /// The lines that are in only one of the states.
    pub(crate) fn difference(&self, other: &Self) -> String {
        let mut text = String::new();
        for (sign, left, right) in [('+', self, other), ('-', other, self)] {
            let mut unmatched = right.0.clone();
            for line in &left.0 {
                match unmatched.iter().position(|candidate| candidate == line) {
                    Some(index) => drop(unmatched.swap_remove(index)),
                    None => text = format!("{text}\n    {sign} {line}"),
                }
            }
        }
        text
    }

    /// The declared connectors that do not exist with their credentials.
    pub(crate) fn lacks(&self, project: &Project) -> Vec<String> {
        let is_present = |customer: &str, name: &str| {
            let start = format!("{customer}/{name} ");
            let mut lines = self.0.iter();
            lines.any(|line| line.starts_with(&start) && line.ends_with("holds Some(true)"))
        };
        let slots = project
            .slots()
            .filter(|(customer, name, _)| !is_present(customer, name));
        slots
            .map(|(customer, name, _)| format!("{customer}/{name}"))
            .collect()
    }
}

impl fmt::Display for WorldState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n  "))
    }
}

fn describe(
    running: &Sandbox,
    project: &Project,
    customer: &str,
    connector: &ConnectorView,
) -> String {
    let mut declared = project.slots();
    let slot = declared.find(|(owner, name, _)| *owner == customer && *name == connector.name);
    let holds =
        slot.map(|(_, _, credentials)| running.holds_credentials(connector.id, &credentials));
    let ConnectorView {
        name,
        connector_type,
        template_id,
        replication_config,
        entities,
        works,
        ..
    } = connector;
    format!(
        "{customer}/{name} ({connector_type}, {template_id}) {replication_config:?} {entities:?} \
         works {works} holds {holds:?}"
    )
}

/// The ids of all customers and connectors.
pub(crate) fn ids(world: &WorldView) -> impl Iterator<Item = uuid::Uuid> {
    let customers = world.workspaces.iter().map(|customer| customer.id);
    customers.chain(world.connectors().map(|connector| connector.id))
}
