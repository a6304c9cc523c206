//! Responsible for matching: which remote object each declared customer and connector means.
//!
//! A recorded id decides first, the exact name second. Every customer and every connector is
//! matched once per plan; the secret comparison and the planner read the result.

mod connectors;
mod customers;
mod renames;

pub(super) use connectors::{ConnectorMatch, ConnectorMatches, MatchedConnector};
pub(super) use customers::{FoundCustomer, WorkspaceMatch};

use crate::model::{
    Address, Desired, DesiredConnector, DesiredCustomer, Observed, Recorded, RecordedConnector,
    WorkspaceId,
};
use connectors::ConnectorPool;
use customers::Index;
use std::collections::BTreeSet;

/// The three states that a plan compares, with every declared object matched.
#[derive(Debug)]
pub struct Matches<'a> {
    pub(super) desired: &'a Desired,
    pub(super) observed: &'a Observed,
    pub(super) recorded: &'a Recorded,
    /// Declared customers in name order.
    pub(super) customers: Vec<MatchedCustomer<'a>>,
    /// Workspaces that a declared customer means or may mean: none of them is undeclared.
    pub(super) claimed: BTreeSet<WorkspaceId>,
}

/// A declared customer with what it means.
#[derive(Debug)]
pub(super) struct MatchedCustomer<'a> {
    pub(super) name: &'a str,
    pub(super) declared: &'a DesiredCustomer,
    pub(super) workspace: WorkspaceMatch<'a>,
    /// Empty where the workspace's match is in doubt.
    pub(super) connectors: ConnectorMatches<'a>,
}

/// A declared connector whose recorded connector exists.
#[derive(Clone, Copy, Debug)]
pub struct RecordedMatch<'a> {
    customer: &'a str,
    name: &'a str,
    /// What the files declare.
    pub declared: &'a DesiredConnector,
    /// What the ledger remembers.
    pub recorded: &'a RecordedConnector,
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
    recorded: &'a Recorded,
) -> Matches<'a> {
    let index = Index::new(observed, recorded);
    let mut claimed = BTreeSet::new();
    let mut customers = Vec::with_capacity(desired.customers.len());
    for (name, declared) in &desired.customers {
        let workspace = index.find(name, declared.previous_name.as_deref());
        claimed.extend(index.claimed(&workspace, name, declared.previous_name.as_deref()));
        let connectors = match &workspace {
            WorkspaceMatch::Found(found) => {
                ConnectorPool::new(*found, declared).matches(declared, observed)
            }
            WorkspaceMatch::Absent { .. } => ConnectorMatches::all_absent(declared, observed),
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
    }
}

impl<'a> Matches<'a> {
    /// Declared connectors whose recorded connector exists, in order.
    pub fn recorded_connectors(&self) -> impl Iterator<Item = RecordedMatch<'a>> {
        self.customers.iter().flat_map(|customer| {
            let connectors = customer.connectors.declared.iter();
            connectors.filter_map(|connector| match connector.matched {
                ConnectorMatch::Found {
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
