//! Responsible for matching declared customers with workspaces.

use crate::model::{Observed, ObservedCustomer, Recorded, RecordedCustomer, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};

/// What a declared customer was matched with.
#[derive(Debug)]
pub(in crate::plan) enum WorkspaceMatch<'a> {
    /// A live workspace.
    Found(FoundCustomer<'a>),
    /// Nothing: it is to be created.
    Absent {
        /// It was there once and is gone.
        lost: bool,
    },
    /// More than one workspace carries the name.
    Ambiguous { name: String },
    /// The recorded workspace carries a name that nothing explains.
    Renamed { id: WorkspaceId, carries: &'a str },
    /// A workspace of the new name exists beside the one to be renamed.
    RenameConflict,
}

/// A live workspace that a declared customer means.
#[derive(Clone, Copy, Debug)]
pub(in crate::plan) struct FoundCustomer<'a> {
    pub(in crate::plan) id: WorkspaceId,
    pub(in crate::plan) observed: &'a ObservedCustomer,
    pub(in crate::plan) recorded: Option<&'a RecordedCustomer>,
}

/// Look-ups by name over the recorded and the observed customers.
#[derive(Debug)]
pub(super) struct Index<'a> {
    observed: &'a Observed,
    recorded: &'a Recorded,
    alive: BTreeMap<&'a str, WorkspaceId>,
    lost: BTreeSet<&'a str>,
    by_name: BTreeMap<&'a str, Vec<WorkspaceId>>,
}

impl<'a> Index<'a> {
    pub(super) fn new(observed: &'a Observed, recorded: &'a Recorded) -> Self {
        let mut index = Self {
            observed,
            recorded,
            alive: BTreeMap::new(),
            lost: BTreeSet::new(),
            by_name: BTreeMap::new(),
        };
        for (id, customer) in &recorded.customers {
            if observed.customers.contains_key(id) {
                index.alive.insert(&customer.name, *id);
            } else {
                index.lost.insert(&customer.name);
            }
        }
        for (id, customer) in &observed.customers {
            index.by_name.entry(&customer.name).or_default().push(*id);
        }
        index
    }

    /// Matches one declared customer.
    pub(super) fn find(&self, name: &str, previous: Option<&str>) -> WorkspaceMatch<'a> {
        let recorded_now = self.recorded_alive(name);
        let recorded_before = previous.and_then(|previous| self.recorded_alive(previous));
        match (recorded_now, recorded_before) {
            (Some(now), Some(before)) if now != before => WorkspaceMatch::RenameConflict,
            (Some(id), _) | (None, Some(id)) => self.find_recorded(id, name, previous),
            (None, None) => self.find_by_name(name, previous),
        }
    }

    fn find_recorded(
        &self,
        id: WorkspaceId,
        name: &str,
        previous: Option<&str>,
    ) -> WorkspaceMatch<'a> {
        let carries = self.observed.customers[&id].name.as_str();
        let another_has_the_name = self.of_name(name).iter().any(|other| *other != id);
        if carries == name {
            if another_has_the_name {
                return WorkspaceMatch::Ambiguous {
                    name: name.to_owned(),
                };
            }
            self.found(id)
        } else if Some(carries) == previous {
            if another_has_the_name {
                return WorkspaceMatch::RenameConflict;
            }
            self.found(id)
        } else {
            WorkspaceMatch::Renamed { id, carries }
        }
    }

    fn find_by_name(&self, name: &str, previous: Option<&str>) -> WorkspaceMatch<'a> {
        for candidate in [Some(name), previous].into_iter().flatten() {
            match self.of_name(candidate) {
                [] => {}
                [id] => return self.found(*id),
                _ => {
                    return WorkspaceMatch::Ambiguous {
                        name: candidate.to_owned(),
                    };
                }
            }
        }
        let mut names = [Some(name), previous].into_iter().flatten();
        WorkspaceMatch::Absent {
            lost: names.any(|name| self.lost.contains(name)),
        }
    }

    /// What a declared customer may mean: where the match is in doubt, everything of ours that is
    /// recorded under its name or carries it.
    pub(super) fn claimed(
        &self,
        workspace: &WorkspaceMatch<'_>,
        name: &str,
        previous: Option<&str>,
    ) -> Vec<WorkspaceId> {
        match workspace {
            WorkspaceMatch::Found(found) => vec![found.id],
            WorkspaceMatch::Renamed { id, .. } => vec![*id],
            WorkspaceMatch::Absent { .. } => Vec::new(),
            WorkspaceMatch::Ambiguous { .. } | WorkspaceMatch::RenameConflict => {
                [Some(name), previous]
                    .into_iter()
                    .flatten()
                    .flat_map(|name| {
                        let recorded = self.recorded_alive(name).into_iter();
                        recorded.chain(self.of_name(name).iter().copied())
                    })
                    .filter(|id| self.recorded.customers.contains_key(id))
                    .collect()
            }
        }
    }

    fn found(&self, id: WorkspaceId) -> WorkspaceMatch<'a> {
        WorkspaceMatch::Found(FoundCustomer {
            id,
            observed: &self.observed.customers[&id],
            recorded: self.recorded.customers.get(&id),
        })
    }

    fn recorded_alive(&self, name: &str) -> Option<WorkspaceId> {
        self.alive.get(name).copied()
    }

    fn of_name(&self, name: &str) -> &[WorkspaceId] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
}
