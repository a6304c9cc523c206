//! Responsible for matching each declared customer and connector with a workspace and a remote
//! connector: first by the recorded id, then by the exact name.
//!
//! Each is matched once per plan; the secret comparison and the planner read the result. Does not
//! decide which steps follow.

mod connectors;
mod customers;
mod renames;

pub(super) use connectors::{ConnectorMatch, ConnectorMatches, MatchedConnector};
pub(super) use customers::{LiveCustomer, WorkspaceMatch};

use super::unverified::UnverifiedIndex;
use super::{BlockReason, Policy, Reason};
use crate::model::{
    Address, ConnectorEntry, ConnectorId, Desired, DesiredConnector, DesiredCustomer, LedgerState,
    Observed, Settings, WorkspaceId,
};
use connectors::ConnectorIndex;
use customers::CustomerIndex;
use std::collections::{BTreeMap, BTreeSet};

/// The desired, observed and recorded state with every declared object matched.
#[derive(Debug)]
pub struct Matches<'a> {
    pub(super) desired: &'a Desired,
    pub(super) observed: &'a Observed,
    pub(super) recorded: &'a LedgerState,
    /// Declared customers in name order.
    pub(super) customers: Vec<MatchedCustomer<'a>>,
    /// Workspaces that match a declared customer, uniquely or not. None of them is undeclared.
    pub(super) claimed: BTreeSet<WorkspaceId>,
    /// Ledger entries that are not authenticated.
    pub(super) unverified: UnverifiedIndex<'a>,
}

/// A declared customer with its match.
#[derive(Debug)]
pub(super) struct MatchedCustomer<'a> {
    pub(super) name: &'a str,
    pub(super) declared: &'a DesiredCustomer,
    pub(super) workspace: WorkspaceMatch<'a>,
    /// Empty if the workspace match is ambiguous or refused.
    pub(super) connectors: ConnectorMatches<'a>,
}

/// A declared connector whose recorded connector exists remotely.
#[derive(Clone, Copy, Debug)]
pub struct RecordedMatch<'a> {
    customer: &'a str,
    name: &'a str,
    /// The declaration.
    pub declared: &'a DesiredConnector,
    /// The ledger entry.
    pub recorded: &'a ConnectorEntry,
}

impl RecordedMatch<'_> {
    /// The declared address.
    pub fn address(&self) -> Address {
        Address::connector(self.customer, self.name)
    }
}

/// Matches every declared customer and connector with the observed and the recorded state.
pub fn match_resources<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
    recorded: &'a LedgerState,
) -> Matches<'a> {
    let index = CustomerIndex::new(observed, recorded);
    let mut claimed = BTreeSet::new();
    let mut customers = Vec::with_capacity(desired.customers.len());
    for (name, declared) in &desired.customers {
        let workspace = index.find(name, declared.previous_name.as_deref());
        claimed.extend(index.claimed(&workspace, name, declared.previous_name.as_deref()));
        let connectors = match &workspace {
            WorkspaceMatch::Live(live) => {
                ConnectorIndex::new(*live, declared).matches(declared, observed)
            }
            WorkspaceMatch::Absent(_) => ConnectorMatches::all_absent(declared, observed),
            _ => ConnectorMatches::default(),
        };
        customers.push(MatchedCustomer {
            name,
            declared,
            workspace,
            connectors,
        });
    }
    Matches {
        desired,
        observed,
        recorded,
        customers,
        claimed,
        unverified: UnverifiedIndex::new(desired, observed, recorded),
    }
}

impl<'a> MatchedCustomer<'a> {
    /// Why the customer is blocked if a ledger entry or journal line about it is not authenticated.
    pub(super) fn unverified(&self, index: &UnverifiedIndex<'a>) -> Option<BlockReason> {
        let names = [Some(self.name), self.declared.previous_name.as_deref()];
        index.reason(self.workspace_id(), names.into_iter().flatten())
    }

    fn workspace_id(&self) -> Option<WorkspaceId> {
        match &self.workspace {
            WorkspaceMatch::Live(live) => Some(live.id),
            WorkspaceMatch::Renamed { id, .. } => Some(*id),
            _ => None,
        }
    }
}

impl<'a> Matches<'a> {
    /// The declared replication settings of each connector that exists.
    pub fn declared_settings(&self) -> BTreeMap<ConnectorId, Settings> {
        let connectors = self.customers.iter();
        let connectors = connectors.flat_map(|customer| &customer.connectors.declared);
        connectors
            .filter_map(|connector| match connector.matched {
                ConnectorMatch::Live { id, .. } => {
                    Some((id, connector.declared.replication_config.clone()?))
                }
                _ => None,
            })
            .collect()
    }

    /// The workspaces that ledger entries or journal lines may be about that are not authenticated.
    pub fn unverified(&self) -> BTreeSet<WorkspaceId> {
        let declared = self.customers.iter().filter_map(|customer| {
            let id = customer.workspace_id()?;
            customer.unverified(&self.unverified).map(|_| id)
        });
        let observed = self.observed.customers.iter().filter(|(id, customer)| {
            let reason = self.unverified.reason(Some(**id), [&*customer.name]);
            reason.is_some()
        });
        declared.chain(observed.map(|(id, _)| *id)).collect()
    }

    /// Only the customers that the policy selects.
    #[must_use]
    pub fn selected(mut self, policy: &Policy) -> Self {
        self.customers
            .retain(|customer| policy.selects_customer(customer.name));
        self
    }

    /// Declared connectors whose recorded connector exists remotely, in order.
    pub fn recorded_connectors(&self) -> impl Iterator<Item = RecordedMatch<'a>> {
        self.customers.iter().flat_map(|customer| {
            let connectors = customer.connectors.declared.iter();
            connectors.filter_map(|connector| match connector.matched {
                ConnectorMatch::Live {
                    recorded: Some(recorded),
                    ..
                } => Some(RecordedMatch {
                    customer: customer.name,
                    name: connector.name,
                    declared: connector.declared,
                    recorded,
                }),
                _ => None,
            })
        })
    }
}

/// Why an object that matches nothing is to be created.
fn absence(was_recorded: bool) -> Reason {
    if was_recorded {
        Reason::DeletedOutOfBand
    } else {
        Reason::MissingRemote
    }
}
