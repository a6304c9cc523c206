//! A world at rest, in terms that two runs can be compared by: names and content, no ids or times.

use airlift::sandbox::Sandbox;
use airlift::sandbox::testing::{ConnectorView, WorldView};
use std::fmt;

use crate::project::Project;

/// A line for each customer and each connector, in a fixed order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WorldState(Vec<String>);

impl WorldState {
    /// What there is, and which of the project's connectors hold the credentials it declares.
    /// Connectors on their way out do not count.
    pub(crate) fn of(running: &Sandbox, project: &Project) -> Self {
        let mut lines = Vec::new();
        for one in running.world().workspaces {
            let (name, active, cache) = (&one.name, one.active, one.cache_enabled);
            lines.push(format!("{name}: active {active}, cache {cache:?}"));
            let staying = one.connectors.iter().filter(|each| !each.deleting);
            lines.extend(staying.map(|each| describe(running, project, name, each)));
        }
        lines.sort();
        Self(lines)
    }

    /// What is in one and not in the other, for people.
    pub(crate) fn difference(&self, other: &Self) -> String {
        let mut text = String::new();
        for (sign, here, there) in [('+', self, other), ('-', other, self)] {
            let mut there = there.0.clone();
            for line in &here.0 {
                match there.iter().position(|one| one == line) {
                    Some(place) => drop(there.swap_remove(place)),
                    None => text = format!("{text}\n    {sign} {line}"),
                }
            }
        }
        text
    }

    /// Declared connectors that are not there with their credentials.
    pub(crate) fn lacks(&self, project: &Project) -> Vec<String> {
        let held = |customer: &str, name: &str| {
            let start = format!("{customer}/{name} ");
            let mut lines = self.0.iter();
            lines.any(|line| line.starts_with(&start) && line.ends_with("holds Some(true)"))
        };
        let slots = project
            .slots()
            .filter(|(customer, name, _)| !held(customer, name));
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

fn describe(running: &Sandbox, project: &Project, customer: &str, one: &ConnectorView) -> String {
    let mut declared = project.slots();
    let slot = declared.find(|(owner, name, _)| *owner == customer && *name == one.name);
    let holds = slot.map(|(_, _, credentials)| running.holds_credentials(one.id, &credentials));
    let ConnectorView {
        name,
        connector_type,
        template_id,
        replication_config,
        entities,
        works,
        ..
    } = one;
    format!(
        "{customer}/{name} ({connector_type}, {template_id}) {replication_config:?} {entities:?} \
         works {works} holds {holds:?}"
    )
}

/// Every id there is.
pub(crate) fn ids(world: &WorldView) -> impl Iterator<Item = uuid::Uuid> {
    let customers = world.workspaces.iter().map(|one| one.id);
    customers.chain(world.connectors().map(|one| one.id))
}
