//! The pure core: desired, observed and recorded state in, a [`Plan`] out.
//!
//! Owns every decision about what is to be done. Refuses I/O, `async`, clocks, environment,
//! randomness, hash-map order and secret values: the same inputs give the same bytes.

mod step;

pub use step::{
    Action, BlockCode, Blocked, ConnectorPatch, CustomerPlan, FieldChange, FieldValue, GuardCode,
    Operation, Plan, Reason, Refusal, Remember, Step, Summary, Unmanaged, UnmanagedConnector,
    Unverified,
};

use crate::model::{Address, Desired, Evidence, Observed, Recorded};
use std::collections::BTreeSet;

/// All that the planner may know.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// What the files ask for.
    pub desired: &'a Desired,
    /// What there is.
    pub observed: &'a Observed,
    /// What the ledger remembers.
    pub recorded: &'a Recorded,
    /// What is known of the secrets.
    pub evidence: &'a Evidence,
    /// What this run may do.
    pub policy: &'a Policy,
}

/// What a run may do, from its flags.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Policy {
    /// Delete what is ours and no longer declared.
    pub prune: bool,
    /// Delete customers too, instead of suspending them; only with `prune`.
    pub delete_customers: bool,
    /// Raises the limits on deletions for this run.
    pub allow_delete: Option<Limit>,
    /// Only these; empty means all.
    pub targets: BTreeSet<Address>,
    /// All but these.
    pub excludes: BTreeSet<Address>,
    /// Connectors whose credentials are to be sent again although they are unchanged.
    pub rotate: BTreeSet<Address>,
}

/// A limit on deletions: `N` or `P%`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Limit {
    /// At most so many.
    Count(u64),
    /// At most so many hundredths of what is owned.
    Percent(u64),
}
