//! The pipeline up to the plan, as `plan` and `apply` share it:
//! files -> desired, API -> observed, disk -> recorded, then the plan.

use super::environment::Environment;
use super::remote::{Remote, ca_pem};
use crate::cli::{ConnectionArgs, GlobalArgs, PlanningArgs, Refresh};
use crate::config::Project;
use crate::events::Sink;
use crate::failure::Failure;
use crate::ledger::{Unsettled, recover};
use crate::model::{Address, ConnectorId, Observed, Recorded, WorkspaceId};
use crate::observed::{self, await_pending_creations, observe};
use crate::plan::{Plan, Policy, match_resources, plan};
use crate::secrets::{Resolver, compare};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// What is there and what the ledger remembers, with what a killed run left included.
pub(super) struct State {
    pub(super) observed: Observed,
    pub(super) recorded: Recorded,
    /// Customers whose ledger entries a killed run left to be written.
    unsaved: BTreeSet<WorkspaceId>,
    /// Creations of earlier runs that may still take effect.
    open: Vec<Unsettled>,
    /// Connectors of which nobody knows whether an earlier run made them.
    pub(super) doubtful: BTreeMap<Address, BTreeSet<ConnectorId>>,
}

/// A plan with the ledger that it was made from.
pub(super) struct Planned {
    pub(super) plan: Plan,
    /// The ledger, what a killed run left included.
    pub(super) recorded: Recorded,
    /// Customers whose ledger entries a killed run left to be written.
    pub(super) unsaved: BTreeSet<WorkspaceId>,
    /// Creations of earlier runs that may still take effect.
    pub(super) open: Vec<Unsettled>,
    /// Connectors of which nobody knows whether an earlier run made them.
    pub(super) doubtful: BTreeMap<Address, BTreeSet<ConnectorId>>,
}

/// Reads, matches, compares secrets and plans. Writes nothing, here or there.
pub(super) async fn planned(
    project: &Project,
    remote: &Remote,
    planning: &PlanningArgs,
    resolver: &Resolver,
    events: &dyn Sink,
) -> Result<Planned, Failure> {
    let state = State::read(project, remote, &planning.connection, events).await?;
    let matches = match_resources(&project.desired, &state.observed, &state.recorded);
    let reading = (!planning.connection.no_secrets).then_some(resolver);
    let secrets = compare(&matches, &remote.fingerprinter, reading).await;
    let plan = plan(&matches, &secrets, &policy(planning));
    Ok(state.planned(plan))
}

impl State {
    /// Reads the ledger and the API, and settles what a killed run left.
    pub(super) async fn read(
        project: &Project,
        remote: &Remote,
        connection: &ConnectionArgs,
        events: &dyn Sink,
    ) -> Result<Self, Failure> {
        let desired = &project.desired;
        let (recorded, unsettled) = remote.history(desired).await?;
        let grace = Duration::from_secs(connection.settle_timeout);
        let reader = remote.session.reader();
        await_pending_creations(&reader, &recorded, &unsettled, grace, events).await?;
        let refresh = match connection.refresh {
            Refresh::Lean => observed::Refresh::Lean,
            Refresh::Full => observed::Refresh::Full,
        };
        let parallelism = usize::from(connection.rate.parallelism);
        let observed = observe(&reader, desired, &recorded, refresh, parallelism, events).await?;
        let recovered = recover(recorded, &unsettled, &observed);
        Ok(Self {
            observed,
            recorded: recovered.recorded,
            unsaved: recovered.changed,
            open: recovered.open,
            doubtful: recovered.doubtful,
        })
    }

    /// Keeps what carrying out the plan needs; what was observed is in the plan.
    pub(super) fn planned(self, plan: Plan) -> Planned {
        Planned {
            plan,
            recorded: self.recorded,
            unsaved: self.unsaved,
            open: self.open,
            doubtful: self.doubtful,
        }
    }
}

/// Reads references as seen from the project, each once: one is enough for a whole run.
pub(super) fn resolver(
    env: &Environment,
    project: &Project,
    global: &GlobalArgs,
) -> Result<Resolver, Failure> {
    let resolver = Resolver::new(project.root.clone(), secret_roots(env));
    let resolver = resolver.with_ca(ca_pem(global)?.unwrap_or_default());
    Ok(match &project.stores {
        Some(stores) => resolver.with_stores(stores),
        None => resolver,
    })
}

/// Directories that absolute file references may point below: set outside the project.
pub(super) fn secret_roots(env: &Environment) -> Vec<PathBuf> {
    match env.raw("AIRLIFT_SECRET_ROOTS") {
        Some(roots) => std::env::split_paths(roots)
            .filter(|root| root.is_absolute())
            .collect(),
        None => vec!["/run/secrets".into(), "/var/run/secrets".into()],
    }
}

fn policy(planning: &PlanningArgs) -> Policy {
    Policy {
        prune: planning.prune,
        delete_customers: planning.delete_customers,
        allow_delete: planning.allow_delete,
        targets: planning.target.iter().cloned().collect(),
        excludes: planning.exclude.iter().cloned().collect(),
        rotate: BTreeSet::new(),
    }
}
