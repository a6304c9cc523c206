//! Responsible for the stages from files to plan: read the ledger and the API, recover what an
//! interrupted run left, match, compare secrets, plan. Writes nothing, here or there.

use super::App;
use crate::cli::{ConnectionArgs, PlanningArgs, RefreshArg};
use crate::failure::Failure;
use crate::ledger::{JournalEntry, recover};
use crate::model::{
    Address, AdoptPolicy, Completeness, ConnectorId, LedgerState, Observed, SecretComparison,
    WorkspaceId,
};
use crate::observed::{self, Survey, await_pending_creations, observe, survey};
use crate::plan::{Matches, Plan, Policy, match_resources, plan};
use crate::render;
use crate::secrets::compare;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What exists and what the ledger remembers, with what an interrupted run left.
pub(super) struct State {
    pub(super) observed: Observed,
    pub(super) recorded: LedgerState,
    /// Customers whose ledger entries an interrupted run left to be written.
    unsaved: BTreeSet<WorkspaceId>,
    /// Creations of earlier runs that may still take effect.
    open: Vec<JournalEntry>,
    /// Connectors that an earlier run or somebody else may have created.
    doubtful: BTreeMap<Address, BTreeSet<ConnectorId>>,
}

/// A plan with the ledger that it was made from.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    /// The ledger, with what an interrupted run left.
    pub(crate) recorded: LedgerState,
    /// Customers whose ledger entries an interrupted run left to be written.
    pub(crate) unsaved: BTreeSet<WorkspaceId>,
    /// Creations of earlier runs that may still take effect.
    pub(crate) open: Vec<JournalEntry>,
    doubtful: BTreeMap<Address, BTreeSet<ConnectorId>>,
}

impl App<'_> {
    /// Makes the plan of the files.
    pub(crate) async fn plan(&self, args: &PlanningArgs) -> Result<Planned, Failure> {
        let planned = self.read_and_plan(args).await;
        self.end_phase();
        let planned = planned?;
        self.show_doubtful(&planned)?;
        Ok(planned)
    }

    async fn read_and_plan(&self, args: &PlanningArgs) -> Result<Planned, Failure> {
        let state = self.read(&args.connection).await?;
        let matches = match_resources(&self.project.desired, &state.observed, &state.recorded);
        let secrets = self.compare_secrets(&matches, &args.connection).await;
        let plan = plan(&matches, &secrets, &policy(args));
        Ok(state.planned(plan))
    }

    /// Reads the ledger and the API, and recovers what an interrupted run left.
    pub(super) async fn read(&self, args: &ConnectionArgs) -> Result<State, Failure> {
        let desired = &self.project.desired;
        let reader = self.connection.session.reader();
        let (recorded, unsettled) = self.history().await?;
        let settle_timeout = Duration::from_secs(args.settle_timeout);
        await_pending_creations(
            &reader,
            &recorded,
            &unsettled,
            settle_timeout,
            &*self.events,
        )
        .await?;
        let refresh = match args.refresh {
            RefreshArg::Lean => observed::RefreshMode::Lean,
            RefreshArg::Full => observed::RefreshMode::Full,
        };
        let observed = observe(
            &reader,
            desired,
            &recorded,
            refresh,
            self.parallelism,
            &*self.events,
        )
        .await?;
        let recovered = recover(recorded, &unsettled, &observed);
        Ok(State {
            observed,
            recorded: recovered.recorded,
            unsaved: recovered.changed,
            open: recovered.open,
            doubtful: recovered.uncertain_duplicates,
        })
    }

    /// Reads the ledger and the journal. From then on responses may show what stands in them or
    /// in the files.
    pub(super) async fn history(&self) -> Result<(LedgerState, Vec<JournalEntry>), Failure> {
        let (recorded, unsettled) = self.ledger.load_with_journal().await?;
        self.connection
            .allow_known_texts(&self.project.desired, &recorded, &unsettled);
        Ok((recorded, unsettled))
    }

    pub(super) async fn compare_secrets(
        &self,
        matches: &Matches<'_>,
        args: &ConnectionArgs,
    ) -> SecretComparison {
        let resolver = (!args.no_secrets).then_some(&self.secrets);
        compare(matches, &self.fingerprinters.current, resolver).await
    }

    /// Reads apart from any files.
    pub(super) async fn survey(
        &self,
        recorded: &LedgerState,
        extent: &Survey<'_>,
    ) -> Result<Observed, Failure> {
        let reader = self.connection.session.reader();
        let observed = survey(&reader, recorded, extent, self.parallelism, &*self.events).await;
        self.end_phase();
        Ok(observed?)
    }

    /// Whether the list of customers can be relied on to be whole; says so when it cannot.
    pub(crate) fn is_whole(&self, observed: &Observed) -> Result<bool, Failure> {
        let Completeness::Incomplete(what) = &observed.completeness else {
            return Ok(true);
        };
        let text = format!("the list of customers may not be whole: {what}");
        render::print_note(self.invocation.ui, &text)?;
        Ok(false)
    }

    pub(super) fn show_doubtful(&self, planned: &Planned) -> Result<(), Failure> {
        Ok(render::possible_duplicates(
            self.invocation.ui,
            &planned.doubtful,
        )?)
    }
}

impl State {
    /// Keeps what the execution of the plan needs; what was observed is in the plan.
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

fn policy(args: &PlanningArgs) -> Policy {
    Policy {
        prune: args.prune,
        delete_customers: args.delete_customers,
        allow_delete: args.allow_delete,
        targets: args.target.iter().cloned().collect(),
        excludes: args.exclude.iter().cloned().collect(),
        adopt: if args.adopt {
            AdoptPolicy::Allow
        } else {
            AdoptPolicy::Refuse
        },
        ..Policy::default()
    }
}
