//! The pipeline up to the plan, as `plan` and `apply` share it:
//! files -> desired, API -> observed, disk -> recorded, then the plan.

use super::remote::Remote;
use crate::cli::{PlanningOpts, Refresh};
use crate::desired::Project;
use crate::failure::Failure;
use crate::model::{Recorded, WorkspaceId};
use crate::observed::{self, ReadEvent, observe};
use crate::plan::{Inputs, Plan, Policy, pairs, plan};
use crate::recorded::{Journal, settle};
use crate::secrets::{Resolver, evidence};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A plan with what it was made from.
pub(super) struct Planned {
    /// The plan.
    pub(super) plan: Plan,
    /// The ledger, what a killed run left included.
    pub(super) recorded: Recorded,
    /// Customers whose ledger entries a killed run left to be written.
    pub(super) unsaved: BTreeSet<WorkspaceId>,
}

/// Reads, settles what a killed run left, and plans. Writes nothing, here or there.
pub(super) async fn planned(
    project: &Project,
    remote: &Remote,
    planning: &PlanningOpts,
    resolver: &Resolver,
    progress: &(dyn Fn(ReadEvent) + Sync),
) -> Result<Planned, Failure> {
    let recorded = remote.ledger.load()?;
    let unsettled = Journal::unsettled(remote.ledger.dir())?;
    let refresh = match planning.refresh {
        Refresh::Lean => observed::Refresh::Lean,
        Refresh::Full => observed::Refresh::Full,
    };
    let parallelism = usize::from(planning.parallelism);
    let reader = remote.session.reader();
    let desired = &project.desired;
    let observed = observe(&reader, desired, &recorded, refresh, parallelism, progress).await?;
    let settled = settle(recorded, &unsettled, &observed);
    let recorded = settled.recorded;
    let pairs = pairs(desired, &observed, &recorded);
    let reading = (!planning.no_secrets).then_some(resolver);
    let evidence = evidence(&pairs, &recorded, &remote.fingerprinter, reading).await;
    let policy = policy(planning);
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
    })
}

/// Reads references as seen from the project, each once: one is enough for a whole run.
pub(super) fn resolver(project: &Project) -> Resolver {
    let resolver = Resolver::new(project.root.clone(), secret_roots());
    match &project.stores {
        Some(stores) => resolver.with_stores(stores.clone()),
        None => resolver,
    }
}

/// Directories that absolute file references may point below: set outside the project.
pub(super) fn secret_roots() -> Vec<PathBuf> {
    match std::env::var_os("AIRLIFT_SECRET_ROOTS") {
        Some(roots) => std::env::split_paths(&roots)
            .filter(|root| root.is_absolute())
            .collect(),
        None => vec!["/run/secrets".into(), "/var/run/secrets".into()],
    }
}

fn policy(planning: &PlanningOpts) -> Policy {
    Policy {
        prune: planning.prune,
        delete_customers: planning.delete_customers,
        allow_delete: planning.allow_delete,
        targets: planning.target.iter().cloned().collect(),
        excludes: planning.exclude.iter().cloned().collect(),
        rotate: BTreeSet::new(),
    }
}
