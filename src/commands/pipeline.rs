//! The pipeline up to the plan, as `plan` and `apply` share it:
//! files -> desired, API -> observed, disk -> recorded, then the plan.

use super::environment::Environment;
use super::newcomers::await_newcomers;
use super::remote::{Remote, ca_pem};
use crate::cli::{ConnectionArgs, GlobalArgs, PlanningArgs, Refresh};
use crate::config::Project;
use crate::events::Sink;
use crate::failure::Failure;
use crate::ledger::{Unsettled, recover};
use crate::model::{Address, ConnectorId, Recorded, WorkspaceId};
use crate::observed::{self, observe};
use crate::plan::{Inputs, Plan, Policy, pairs, plan};
use crate::secrets::{Resolver, evidence};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// A plan with what it was made from.
pub(super) struct Planned {
    /// The plan.
    pub(super) plan: Plan,
    /// The ledger, what a killed run left included.
    pub(super) recorded: Recorded,
    /// Customers whose ledger entries a killed run left to be written.
    pub(super) unsaved: BTreeSet<WorkspaceId>,
    /// Creations of earlier runs that may still take effect.
    pub(super) open: Vec<Unsettled>,
    /// Connectors of which nobody knows whether an earlier run made them.
    pub(super) doubtful: BTreeMap<Address, BTreeSet<ConnectorId>>,
    /// Which recorded connector each declared one means.
    pub(super) matched: BTreeMap<Address, ConnectorId>,
}

/// Reads, settles what a killed run left, and plans. Writes nothing, here or there.
pub(super) async fn planned(
    project: &Project,
    remote: &Remote,
    planning: &PlanningArgs,
    resolver: &Resolver,
    events: &dyn Sink,
) -> Result<Planned, Failure> {
    let policy = |_: &BTreeMap<Address, ConnectorId>| policy(planning);
    planned_by(
        project,
        remote,
        &planning.connection,
        resolver,
        events,
        policy,
    )
    .await
}

/// The same with a policy that depends on what is recorded.
pub(super) async fn planned_by(
    project: &Project,
    remote: &Remote,
    connection: &ConnectionArgs,
    resolver: &Resolver,
    events: &dyn Sink,
    policy: impl FnOnce(&BTreeMap<Address, ConnectorId>) -> Policy,
) -> Result<Planned, Failure> {
    let (recorded, unsettled) = remote.history(&project.desired).await?;
    let grace = Duration::from_secs(connection.settle_timeout);
    await_newcomers(remote, &recorded, &unsettled, grace).await?;
    let refresh = match connection.refresh {
        Refresh::Lean => observed::Refresh::Lean,
        Refresh::Full => observed::Refresh::Full,
    };
    let parallelism = usize::from(connection.rate.parallelism);
    let reader = remote.session.reader();
    let desired = &project.desired;
    let observed = observe(&reader, desired, &recorded, refresh, parallelism, events).await?;
    let settled = recover(recorded, &unsettled, &observed);
    let recorded = settled.recorded;
    let pairs = pairs(desired, &observed, &recorded);
    let reading = (!connection.no_secrets).then_some(resolver);
    let evidence = evidence(&pairs, &recorded, &remote.fingerprinter, reading).await;
    let matched = pairs.into_iter().map(|(address, _, id)| (address, id));
    let matched = matched.collect();
    let policy = policy(&matched);
    let inputs = Inputs {
        desired,
        observed: &observed,
        recorded: &recorded,
        evidence: &evidence,
        policy: &policy,
    };
    let plan = plan(&inputs);
    Ok(Planned {
        plan,
        recorded,
        unsaved: settled.changed,
        open: settled.open,
        doubtful: settled.doubtful,
        matched,
    })
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
