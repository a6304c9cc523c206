//! A world at rest, in terms that two runs can be compared by: names and content, no ids or times.

use airlift::sandbox::{ConnectorView, Running, WorldView};
use std::collections::BTreeMap;

use crate::project::Project;

/// Customers by name, each with its connectors in a fixed order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Still(BTreeMap<String, (String, Vec<String>)>);

impl Still {
    /// What there is, and which of the project's connectors hold the credentials it declares.
    /// Connectors on their way out do not count.
    pub(crate) fn of(running: &Running, project: &Project) -> Self {
        let world = running.world();
        let customers = world.workspaces.iter().map(|one| {
            let mut connectors: Vec<String> = one
                .connectors
                .iter()
                .filter(|connector| !connector.deleting)
                .map(|connector| describe(running, project, &one.name, connector))
                .collect();
            connectors.sort();
            let about = format!("active {}, cache {:?}", one.active, one.cache_enabled);
            (one.name.clone(), (about, connectors))
        });
        Self(customers.collect())
    }

    /// What is in one and not in the other, for people.
    pub(crate) fn difference(&self, other: &Self) -> String {
        let lines = |still: &Self| -> Vec<String> {
            let one = |(name, (about, connectors)): (&String, &(String, Vec<String>))| {
                let head = std::iter::once(format!("{name}: {about}"));
                let rest = connectors
                    .iter()
                    .map(|text| format!("{name}/{text}"))
                    .collect::<Vec<_>>();
                head.chain(rest).collect::<Vec<_>>()
            };
            still.0.iter().flat_map(one).collect()
        };
        let (ours, theirs) = (lines(self), lines(other));
        let mut text = String::new();
        for (sign, here, there) in [('+', &ours, &theirs), ('-', &theirs, &ours)] {
            let mut there = there.clone();
            for line in here {
                match there.iter().position(|one| one == line) {
                    Some(place) => drop(there.swap_remove(place)),
                    None => text.push_str(&format!("\n    {sign} {line}")),
                }
            }
        }
        text
    }
}

fn describe(running: &Running, project: &Project, customer: &str, one: &ConnectorView) -> String {
    let mut declared = project.slots();
    let slot = declared.find(|(owner, name, _)| *owner == customer && *name == one.name);
    let holds = slot.map(|(_, _, credentials)| running.holds_credentials(one.id, &credentials));
    format!(
        "{} ({}, {}) {:?} {:?} works {} holds {holds:?}",
        one.name,
        one.connector_type,
        one.template_id,
        one.replication_config,
        one.entities,
        one.works,
    )
}

/// Every id there is.
pub(crate) fn ids(world: &WorldView) -> impl Iterator<Item = uuid::Uuid> {
    let customers = world.workspaces.iter().map(|one| one.id);
    customers.chain(world.connectors().map(|one| one.id))
}
