//! Responsible for the stages from files to plan: reads the ledger and the API, recovers from an
//! interrupted run, matches, compares secrets and plans. Writes neither the ledger nor the API.

use super::selected::Selected;
use super::{App, Selectable, policy};
use crate::api::FirstPage;
use crate::apply::{NewCustomers, PlannedLists};
use crate::cli::{ConnectionArgs, ListingArg, PlanningArgs, RefreshArg};
use crate::failure::Failure;
use crate::ledger::{Intent, JournalEntry, recover};
use crate::model::{
    Address, ConnectorId, LedgerState, Observed, SecretComparison, UnresolvedReference, WorkspaceId,
};
use crate::observed::{
    ListingMode, RefreshMode, Survey, await_pending_creations, observe, observe_named, survey,
};
use crate::plan::{Matches, Operation, Plan, Policy, Step, match_resources, plan};
use crate::render;
use crate::secrets::{Resolver, compare};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// Whether planning reads the values of secrets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SecretReading {
    Resolve,
    /// `--no-secrets`.
    Skip,
}

/// How much a command reads, and how long it waits for requests of an interrupted run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    refresh: RefreshMode,
    listing: ListingMode,
    settle_timeout: Duration,
    secrets: SecretReading,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            refresh: RefreshMode::Lean,
            listing: ListingMode::Customers,
            settle_timeout: Duration::from_secs(30),
            secrets: SecretReading::Resolve,
        }
    }
}

impl Reading {
    /// Reads the details of every connector.
    pub(super) fn full() -> Self {
        Self {
            refresh: RefreshMode::Full,
            ..Self::default()
        }
    }
}

impl From<&ConnectionArgs> for Reading {
    fn from(args: &ConnectionArgs) -> Self {
        Self {
            refresh: match args.refresh {
                RefreshArg::Lean => RefreshMode::Lean,
                RefreshArg::Full => RefreshMode::Full,
            },
            listing: ListingMode::Customers,
            settle_timeout: Duration::from_secs(args.settle_timeout),
            secrets: if args.no_secrets {
                SecretReading::Skip
            } else {
                SecretReading::Resolve
            },
        }
    }
}

impl From<&PlanningArgs> for Reading {
    fn from(args: &PlanningArgs) -> Self {
        Self {
            listing: match args.listing {
                ListingArg::Customers => ListingMode::Customers,
                ListingArg::Organization => ListingMode::Organization,
            },
            ..Self::from(&args.connection)
        }
    }
}

/// The ledger, and the writes of an interrupted run.
pub(super) type RecordedState = (LedgerState, Vec<JournalEntry>);

/// The state of the API and of the ledger, after recovery from an interrupted run.
pub(super) struct RecoveredState {
    pub(super) observed: Observed,
    pub(super) recorded: LedgerState,
    /// Customers whose entries recovery changed, so that they have to be saved.
    unsaved: BTreeSet<WorkspaceId>,
    /// Creations of earlier runs that may still take effect.
    open: Vec<JournalEntry>,
    /// Connectors that an interrupted run or someone else may have created.
    possible_duplicates: BTreeMap<Address, BTreeSet<ConnectorId>>,
    new_customers: NewCustomers,
    /// The time before the API was read.
    read_since: Instant,
}

/// A plan with the ledger that it was computed from.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    /// The ledger after recovery.
    pub(crate) recorded: LedgerState,
    /// Customers whose entries recovery changed, so that they have to be saved.
    pub(crate) unsaved: BTreeSet<WorkspaceId>,
    /// Creations of earlier runs that may still take effect.
    pub(crate) open: Vec<JournalEntry>,
    possible_duplicates: BTreeMap<Address, BTreeSet<ConnectorId>>,
    pub(crate) new_customers: NewCustomers,
    /// The lists of connectors that the plan was computed from.
    pub(crate) lists: PlannedLists,
    /// The declared customers that the run covers.
    pub(crate) covered: BTreeSet<String>,
    /// The saved plan that approves the plan.
    pub(super) saved: Option<String>,
}

impl App<'_> {
    /// Plans the changes that the files require.
    pub(crate) async fn plan(&self, args: &PlanningArgs) -> Result<Planned, Failure> {
        let planned = self.read_and_plan(args).await;
        self.end_phase();
        let planned = planned?;
        self.show_possible_duplicates(&planned)?;
        self.note_undeclared(&planned, &args.selection)?;
        Ok(planned)
    }

    async fn read_and_plan(&self, args: &PlanningArgs) -> Result<Planned, Failure> {
        let is_narrowed = self.project.scope.is_some() || !args.target.is_empty();
        let lists_all = !is_narrowed && args.exclude.is_empty();
        let reader = self.connection.session.reader();
        let first_page = lists_all.then(|| reader.request_first_page());
        // The task sends the request before this one reads local files.
        tokio::task::yield_now().await;
        let ledger = self.read_ledger().await?;
        let policy = policy::policy_of(self.invocation, &self.project, args, &ledger.0)?;
        let reading = Reading::from(args);
        Box::pin(self.plan_as(&policy, first_page, ledger, reading)).await
    }

    /// Plans what `plan` without options shows, for `doctor`. Does not wait for requests of an
    /// interrupted run.
    pub(super) async fn plan_for_health(&self) -> Result<Plan, Failure> {
        let ledger = self.read_ledger().await?;
        let everything = Selectable::managed(&self.project.desired, &ledger.0)
            .within(&self.project)
            .narrow(&[], &[])?;
        let planned = self.planned_of_selection(everything, ledger).await?;
        Ok(planned.plan)
    }

    /// Plans what a selection requires. Does not wait for requests of an interrupted run.
    pub(super) async fn planned_of_selection(
        &self,
        selection: Policy,
        ledger: RecordedState,
    ) -> Result<Planned, Failure> {
        let operator = policy::load(self.invocation, &self.project)?;
        let policy = Policy {
            ceiling: operator.ceiling,
            rules: operator.rules,
            adopt: self.project.desired.adopt,
            ..selection
        };
        let reading = Reading {
            settle_timeout: Duration::ZERO,
            ..Reading::default()
        };
        Box::pin(self.plan_as(&policy, None, ledger, reading)).await
    }

    async fn plan_as(
        &self,
        policy: &Policy,
        first_page: Option<FirstPage>,
        ledger: RecordedState,
        reading: Reading,
    ) -> Result<Planned, Failure> {
        let mut state = self.read_from(first_page, ledger, reading, policy).await?;
        let mut plan = self.plan_of(&state, policy, reading).await;
        if self.withhold_secrets(&mut state.observed) {
            plan = self.plan_of(&state, policy, reading).await;
        }
        if self.plans_organization(policy) {
            self.plan_source_templates(&mut plan, policy).await?;
        }
        let mut planned = state.planned(plan);
        self.describe(&mut planned, policy);
        Ok(planned)
    }

    async fn plan_of(&self, state: &RecoveredState, policy: &Policy, reading: Reading) -> Plan {
        let (mut plan, unresolved) = {
            // The secrets of other customers are not read.
            let matches = match_resources(&self.project.desired, &state.observed, &state.recorded)
                .selected(policy);
            let secrets = self.compare_secrets(&matches, reading).await;
            (plan(&matches, &secrets, policy), secrets.unresolved)
        };
        if self.plans_organization(policy) {
            let resolver = self.resolver_of(reading);
            plan.oauth_apps = Box::pin(self.plan_oauth_apps(&state.recorded, resolver)).await;
        }
        self.with_resolution(plan, unresolved, reading).await
    }

    /// Lists the workspaces again after an approval, if the plan creates customers.
    pub(crate) async fn note_existing(&self, planned: &mut Planned) -> Result<(), Failure> {
        let creates = |step: &Step| matches!(step.operation, Operation::CreateCustomer { .. });
        if planned.plan.steps().any(creates) {
            let reader = self.connection.session.reader();
            let listing = reader.workspaces(&*self.events).await;
            self.end_phase();
            planned
                .new_customers
                .note_existing(listing?.items.into_keys());
        }
        Ok(())
    }

    /// Reads what the policy selects from the API, and recovers from an interrupted run. After one, reads all customers.
    pub(super) async fn read(
        &self,
        ledger: RecordedState,
        reading: Reading,
        policy: &Policy,
    ) -> Result<RecoveredState, Failure> {
        self.read_from(None, ledger, reading, policy).await
    }

    /// As [`Self::read`], with a first page of workspaces that is under way already.
    async fn read_from(
        &self,
        first_page: Option<FirstPage>,
        (recorded, unsettled): RecordedState,
        reading: Reading,
        policy: &Policy,
    ) -> Result<RecoveredState, Failure> {
        // Requests of an interrupted run may create workspaces after the page was read.
        let first_page = first_page.filter(|_| unsettled.is_empty());
        let reader = self.connection.session.reader();
        let timeout = reading.settle_timeout;
        let read_since = Instant::now();
        // Recovery looks for the connectors of the interrupted run in the list of their customer.
        let listing = if unsettled.is_empty() {
            reading.listing
        } else {
            ListingMode::Customers
        };
        await_pending_creations(&reader, &recorded, &unsettled, timeout, &*self.events).await?;
        let selected = if unsettled.is_empty() {
            Selected::new(&self.project.desired, &recorded, policy)
        } else {
            Selected::all(&self.project.desired, &recorded)
        };
        let (desired, recorded_part) = (&*selected.desired, &*selected.recorded);
        let (parallelism, events) = (self.parallelism, &*self.events);
        let is_part = policy.is_partial() && unsettled.is_empty();
        let names = (is_part && listing == ListingMode::Customers)
            .then(|| selected.names(&recorded))
            .flatten();
        let observed = if let Some(names) = &names {
            let mode = (reading.refresh, names);
            observe_named(&reader, desired, recorded_part, mode, parallelism, events).await?
        } else {
            let mode = (reading.refresh, listing, first_page);
            observe(&reader, desired, recorded_part, mode, parallelism, events).await?
        };
        self.warn_of_empty_ledger(&recorded, &observed)?;
        self.warn_of_unusable_listing(&observed)?;
        self.is_complete(&observed)?;
        let new_customers = NewCustomers::new(&observed, attempted_customers(&unsettled));
        let recovered = recover(recorded, &unsettled, &observed);
        let observed = self.of_shard(observed);
        Ok(RecoveredState {
            observed,
            recorded: recovered.recorded,
            unsaved: recovered.changed,
            open: recovered.open,
            possible_duplicates: recovered.uncertain_duplicates,
            new_customers,
            read_since,
        })
    }

    /// Reads the ledger and the journal, and allows responses to show the text of both and of the
    /// files.
    pub(super) async fn read_ledger(&self) -> Result<RecordedState, Failure> {
        let (recorded, unsettled) = self.ledger.load_sharing(&self.project.desired).await?;
        self.connection
            .allow_known_texts(&self.project.desired, &recorded, &unsettled);
        Ok((recorded, unsettled))
    }

    pub(super) async fn compare_secrets(
        &self,
        matches: &Matches<'_>,
        reading: Reading,
    ) -> SecretComparison {
        let resolver = self.resolver_of(reading);
        compare(matches, &self.fingerprinters.current, resolver).await
    }

    /// The resolver, unless the run reads no values.
    fn resolver_of(&self, reading: Reading) -> Option<&Resolver> {
        (reading.secrets == SecretReading::Resolve).then_some(&self.secrets)
    }

    /// Resolves the secrets that the steps send, so that the plan tells what would stop apply. `compared` has the
    /// references that the comparison could not resolve. Withholds observed values that repeat a secret.
    pub(super) async fn with_resolution(
        &self,
        plan: Plan,
        compared: Vec<UnresolvedReference>,
        reading: Reading,
    ) -> Plan {
        let mut plan = match reading.secrets {
            SecretReading::Resolve => self.resolved(plan, compared).await,
            SecretReading::Skip => plan,
        };
        self.know_secrets();
        plan.withhold(&|value| self.repeats_secret(value));
        plan
    }

    async fn resolved(&self, plan: Plan, compared: Vec<UnresolvedReference>) -> Plan {
        let references = plan.sent_references();
        let (_, failures) = self.secrets.resolve_all(&references).await;
        let unresolved: Vec<UnresolvedReference> = compared
            .into_iter()
            .chain(failures.into_iter().map(UnresolvedReference::from))
            .collect();
        plan.with_unresolved(&unresolved)
    }

    /// Reads the API without regard to the files.
    pub(super) async fn survey(
        &self,
        recorded: &LedgerState,
        extent: &Survey<'_>,
    ) -> Result<Observed, Failure> {
        let reader = self.connection.session.reader();
        let observed = survey(&reader, recorded, extent, self.parallelism, &*self.events).await;
        self.end_phase();
        Ok(self.of_shard(observed?))
    }

    pub(super) fn show_possible_duplicates(&self, planned: &Planned) -> Result<(), Failure> {
        Ok(render::possible_duplicates(
            self.invocation.ui,
            &planned.possible_duplicates,
        )?)
    }
}

impl RecoveredState {
    /// Keeps the parts that the execution of the plan needs.
    pub(super) fn planned(self, plan: Plan) -> Planned {
        Planned {
            lists: PlannedLists::new(self.observed, &plan, self.read_since),
            plan,
            recorded: self.recorded,
            unsaved: self.unsaved,
            open: self.open,
            possible_duplicates: self.possible_duplicates,
            new_customers: self.new_customers,
            covered: BTreeSet::new(),
            saved: None,
        }
    }
}

/// Customers whose workspace an interrupted run may have created, with the time of its first request.
fn attempted_customers(entries: &[JournalEntry]) -> BTreeMap<String, Timestamp> {
    // The first intent comes last, and so replaces later ones.
    let oldest_last = entries.iter().rev();
    oldest_last
        .filter_map(|entry| match &entry.intent {
            Intent::CreateCustomer { customer } => Some((customer.clone(), entry.time()?)),
            _ => None,
        })
        .collect()
}
