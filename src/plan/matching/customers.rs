//! Responsible for matching declared customers with workspaces.

use super::absence;
use crate::model::{CustomerEntry, LedgerState, Observed, ObservedCustomer, WorkspaceId};
use crate::plan::Reason;
use std::collections::{BTreeMap, BTreeSet};

/// The workspace that a declared customer matches.
#[derive(Debug)]
pub(in crate::plan) enum WorkspaceMatch<'a> {
    /// One existing workspace.
    Live(LiveCustomer<'a>),
    /// None: the workspace is to be created, for this reason.
    Absent(Reason),
    /// More than one workspace has the name.
    Ambiguous { name: String },
    /// The recorded workspace has neither the declared nor the previous name.
    Renamed { id: WorkspaceId, carries: &'a str },
    /// Both a workspace of the previous name and one of the new name exist.
    RenameConflict,
}

/// An existing workspace with its ledger entry.
#[derive(Clone, Copy, Debug)]
pub(in crate::plan) struct LiveCustomer<'a> {
    pub(in crate::plan) id: WorkspaceId,
    pub(in crate::plan) observed: &'a ObservedCustomer,
    pub(in crate::plan) recorded: Option<&'a CustomerEntry>,
}

/// Index of the recorded and the observed customers by name.
#[derive(Debug)]
pub(super) struct CustomerIndex<'a> {
    observed: &'a Observed,
    recorded: &'a LedgerState,
    /// Existing workspaces by recorded name.
    live: BTreeMap<&'a str, WorkspaceId>,
    /// Recorded names whose workspace no longer exists.
    deleted: BTreeSet<&'a str>,
    /// Existing workspaces by present name.
    by_name: BTreeMap<&'a str, Vec<WorkspaceId>>,
}

impl<'a> CustomerIndex<'a> {
    pub(super) fn new(observed: &'a Observed, recorded: &'a LedgerState) -> Self {
        let mut index = Self {
            observed,
            recorded,
            live: BTreeMap::new(),
            deleted: BTreeSet::new(),
            by_name: BTreeMap::new(),
        };
        for (id, customer) in &recorded.customers {
            if observed.customers.contains_key(id) {
                index.live.insert(&customer.name, *id);
            } else {
                index.deleted.insert(&customer.name);
            }
        }
        for (id, customer) in &observed.customers {
            index.by_name.entry(&customer.name).or_default().push(*id);
        }
        index
    }

    /// Matches one declared customer.
    pub(super) fn find(&self, name: &str, previous: Option<&str>) -> WorkspaceMatch<'a> {
        let now = self.recorded_live(name);
        let before = previous.and_then(|previous| self.recorded_live(previous));
        match (now, before) {
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
        let another_has_name = self.workspaces_named(name).iter().any(|other| *other != id);
        if carries == name {
            if another_has_name {
                return WorkspaceMatch::Ambiguous {
                    name: name.to_owned(),
                };
            }
            self.live_customer(id)
        } else if Some(carries) == previous {
            if another_has_name {
                return WorkspaceMatch::RenameConflict;
            }
            self.live_customer(id)
        } else {
            WorkspaceMatch::Renamed { id, carries }
        }
    }

    fn find_by_name(&self, name: &str, previous: Option<&str>) -> WorkspaceMatch<'a> {
        for candidate in [Some(name), previous].into_iter().flatten() {
            match self.workspaces_named(candidate) {
                [] => {}
                [id] => return self.live_customer(*id),
                _ => {
                    return WorkspaceMatch::Ambiguous {
                        name: candidate.to_owned(),
                    };
                }
            }
        }
        let mut names = [Some(name), previous].into_iter().flatten();
        let was_deleted = names.any(|name| self.deleted.contains(name));
        WorkspaceMatch::Absent(absence(was_deleted))
    }

    /// The workspaces that a declared customer matches. For an ambiguous match these are all recorded
    /// workspaces whose recorded or present name is the customer's name.
    pub(super) fn claimed(
        &self,
        workspace: &WorkspaceMatch<'_>,
        name: &str,
        previous: Option<&str>,
    ) -> Vec<WorkspaceId> {
        match workspace {
            WorkspaceMatch::Live(live) => vec![live.id],
            WorkspaceMatch::Renamed { id, .. } => vec![*id],
            WorkspaceMatch::Absent(_) => Vec::new(),
            WorkspaceMatch::Ambiguous { .. } | WorkspaceMatch::RenameConflict => {
                [Some(name), previous]
                    .into_iter()
                    .flatten()
                    .flat_map(|name| {
                        let recorded = self.recorded_live(name).into_iter();
                        recorded.chain(self.workspaces_named(name).iter().copied())
                    })
                    .filter(|id| self.recorded.customers.contains_key(id))
                    .collect()
            }
        }
    }

    fn live_customer(&self, id: WorkspaceId) -> WorkspaceMatch<'a> {
        WorkspaceMatch::Live(LiveCustomer {
            id,
            observed: &self.observed.customers[&id],
            recorded: self.recorded.customers.get(&id),
        })
    }

    fn recorded_live(&self, name: &str) -> Option<WorkspaceId> {
        self.live.get(name).copied()
    }

    fn workspaces_named(&self, name: &str) -> &[WorkspaceId] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
}
