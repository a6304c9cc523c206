//! Responsible for the view of what a plan leaves alone: unmanaged objects, and managed objects that
//! only `--prune` removes.

use super::{Group, Listing, Phrase, Row};
use crate::model::Address;
use crate::plan::{Unmanaged, UnmanagedConnector};
use crate::render::labels::counted;
use crate::render::{Label, Safe};
use std::collections::BTreeSet;

/// The meaning of `Unmanaged`.
const UNMANAGED: &str = "not in the files, not created by airlift; left alone";

/// The workspace that every organization has. Telling it every time would hide the others.
const DEFAULT: &str = "default";

pub(super) fn unmanaged(unmanaged: &Unmanaged) -> Vec<Group> {
    let connectors = unmanaged.connectors.iter().map(connector).collect();
    let others = unmanaged.customers.iter().filter(|name| *name != DEFAULT);
    let customers = Row::names(&others.cloned().collect::<Vec<_>>());
    let mut groups = vec![
        group(
            "Unmanaged",
            "connector",
            UNMANAGED,
            connectors,
            Listing::First,
        ),
        group("Unmanaged", "customer", UNMANAGED, customers, Listing::None),
    ];
    groups.extend(not_pruned(unmanaged));
    groups.retain(|group| !group.rows.is_empty());
    groups
}

/// The managed objects that are no longer in the files, in a run that does not prune.
fn not_pruned(unmanaged: &Unmanaged) -> [Group; 3] {
    let protected: BTreeSet<&Address> = unmanaged.protected.iter().collect();
    let (protected, others) = unmanaged
        .not_pruned
        .iter()
        .partition::<Vec<&Address>, _>(|address| protected.contains(address));
    let (connectors_kept, customers_kept) = others
        .into_iter()
        .partition::<Vec<&Address>, _>(|address| address.connector.is_some());
    [
        group(
            "Kept",
            "connector",
            "managed by airlift, no longer in the files; `--prune` deletes it",
            Row::addresses(&connectors_kept),
            Listing::First,
        ),
        group(
            "Kept",
            "customer",
            "managed by airlift, no longer in the files; `--prune` suspends it",
            Row::addresses(&customers_kept),
            Listing::First,
        ),
        group(
            "Kept",
            "object",
            "managed by airlift, no longer in the files; `protect: true` blocks `--prune`",
            Row::addresses(&protected),
            Listing::First,
        ),
    ]
}

fn group(
    title: &'static str,
    noun: &str,
    meaning: &'static str,
    rows: Vec<Row>,
    listing: Listing,
) -> Group {
    Group {
        symbol: None,
        label: Label::Strong,
        title,
        count: Some(counted(rows.len(), noun)),
        meaning,
        code: None,
        rows,
        listing,
    }
}

fn connector(connector: &UnmanagedConnector) -> Row {
    let UnmanagedConnector { address, id, kind } = connector;
    let kind = kind.as_deref().unwrap_or("connector");
    let address = Safe::address(address);
    Row::new(Phrase::plain(Safe::new(format_args!(
        "{address} ({kind}) {id}"
    ))))
}

#[cfg(test)]
mod tests {
    use super::unmanaged;
    use crate::plan::Unmanaged;

    #[test]
    fn unmanaged_workspace_of_every_organization_is_left_out() {
        let view = |names: &[&str]| {
            unmanaged(&Unmanaged {
                customers: names.iter().map(|name| (*name).to_owned()).collect(),
                ..Unmanaged::default()
            })
        };
        assert!(view(&["default"]).is_empty());
        assert_eq!(
            view(&["default", "acme"])[0].count.as_deref(),
            Some("1 customer")
        );
    }
}
