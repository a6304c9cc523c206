//! Responsible for executing the customers of a plan in parallel, and for their reports in the
//! plan's order. Fills the places of waiting customers with further ones, so that as many requests
//! are in flight as the options allow until the last customers.

use super::batches::{AHEAD, batches};
use super::{ApplyReport, Context, CustomerExecutor, OperationReport};
use crate::api::{ConnectorIds, NewWorkspaces, Reader};
use crate::model::{CustomerEntry, LedgerState};
use crate::plan::{CustomerPlan, Plan};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Executes a plan. `recorded` is the ledger before the run; each step records its effect in the ledger.
pub async fn apply(plan: &Plan, recorded: &LedgerState, context: &Context<'_>) -> ApplyReport {
    let operations = apply_part(&plan.customers, 0, recorded, context).await;
    ApplyReport::new(operations, Vec::new(), plan, context.stop.cause())
}

/// Executes some customers of a plan. `created` is the number of customers that the run may have created before.
pub async fn apply_part(
    plans: &[CustomerPlan],
    created: usize,
    recorded: &LedgerState,
    context: &Context<'_>,
) -> Vec<OperationReport> {
    let mut schedule = Schedule::new(plans, recorded, context);
    schedule.workspaces += created;
    let others = executed_beside_one(context);
    let mut running = FuturesUnordered::new();
    loop {
        while (running.len() <= others || schedule.is_ending(others))
            && let Some(job) = schedule.next()
        {
            running.push(run(job, context));
        }
        match running.next().await {
            Some(done) => schedule.complete(done),
            None if schedule.list_created() => {}
            None => break,
        }
    }
    schedule.finished.sort_by_key(|(index, _)| *index);
    schedule
        .finished
        .into_iter()
        .flat_map(|(_, reports)| reports)
        .collect()
}

/// How many customers are executed beside one. About half of them may wait for the disk, and most of them for a
/// shared store, so that the others keep as many requests in flight as the options allow. With a parallelism of one,
/// customers are executed one after the other.
fn executed_beside_one(context: &Context<'_>) -> usize {
    let for_each = if context.journal.is_shared() { 6 } else { 2 };
    let others = context.options.parallelism.saturating_sub(1);
    for_each * others
}

/// A customer and its index in the plan.
type Numbered<'a> = (usize, Box<CustomerExecutor<'a>>);

enum Job<'a> {
    /// Requests the token of a new customer of this batch.
    Request(usize, Numbered<'a>),
    /// Lists all workspaces, of which up to this number exist.
    List(usize),
    Execute(Numbered<'a>),
    /// Lists the connectors of the organization, which shows where those are that customers created.
    ListCreated(Vec<Numbered<'a>>),
    /// Resolves duplicates of created connectors.
    Resolve(Numbered<'a>),
}

enum Finished<'a> {
    Requested(usize, Numbered<'a>),
    /// The listing is `None` if it failed.
    Listed(Option<NewWorkspaces>),
    /// The created connectors are not listed yet.
    Created(Numbered<'a>),
    /// The listing is `None` if it cannot be used.
    ListedCreated(Vec<Numbered<'a>>, Option<ConnectorIds>),
    Executed(usize, Vec<OperationReport>),
}

async fn run<'a>(job: Job<'a>, context: &Context<'_>) -> Finished<'a> {
    // Syncs of the journal wait for the customers that are executed, not for those that are queued.
    let _at_work = match &job {
        Job::List(_) | Job::ListCreated(_) => None,
        Job::Request(..) | Job::Execute(_) | Job::Resolve(_) => {
            Some(context.journal.customer_at_work())
        }
    };
    match job {
        Job::Request(batch, (index, mut executor)) => {
            executor.request_creation().await;
            Finished::Requested(batch, (index, executor))
        }
        Job::List(expected) => {
            let reader = context.writer.reader();
            Finished::Listed(reader.new_workspaces(expected).await.ok())
        }
        Job::Execute((index, mut executor)) => {
            executor.execute().await;
            if executor.waits_for_listing() {
                return Finished::Created((index, executor));
            }
            Finished::Executed(index, executor.resolve().await)
        }
        Job::ListCreated(customers) => {
            let listed = list_organization(&customers, context).await;
            Finished::ListedCreated(customers, listed)
        }
        Job::Resolve((index, executor)) => Finished::Executed(index, executor.resolve().await),
    }
}

/// The connectors of the organization, or `None` if their listing cannot be used.
async fn list_organization(
    customers: &[Numbered<'_>],
    context: &Context<'_>,
) -> Option<ConnectorIds> {
    let (reader, parallelism) = (context.writer.reader(), context.options.parallelism);
    let expected = connectors_after(customers, &reader)?;
    let organization = reader.organization()?;
    let listed = reader.connectors_of_organization(organization, expected, parallelism);
    listed.await.ok()?.ok()
}

/// The number of connectors that the organization has after the creations of these customers; `None` without a listing
/// of the organization before.
fn connectors_after(customers: &[Numbered<'_>], reader: &Reader) -> Option<usize> {
    let created = customers.iter().map(|(_, executor)| executor.created());
    Some(reader.known_connectors()? + created.sum::<usize>())
}

/// A batch of new customers whose tokens are requested.
struct Batch<'a> {
    /// The customers whose requests have ended, and which no listing has proven yet.
    requested: Vec<Numbered<'a>>,
    /// The number of requests that have not ended.
    pending: usize,
    /// Whether all requests ended before the present listing started, so that its customers need no further one.
    is_covered: bool,
}

impl Batch<'_> {
    fn has_customer_to_prove(&self) -> bool {
        let mut customers = self.requested.iter();
        customers.any(|(_, executor)| executor.is_requested())
    }
}

/// The order of the jobs. While the requests of a batch end and the workspaces are listed, the tokens of
/// the next batch are requested. A listing also proves those customers of later batches that it contains.
/// The steps of proven customers and the tokens of the batch after the next one follow, so that steps are
/// left to do while the last batch is listed.
struct Schedule<'a> {
    plans: &'a [CustomerPlan],
    recorded: &'a LedgerState,
    context: &'a Context<'a>,
    ready: VecDeque<Job<'a>>,
    /// Customers that exist, in reverse order. They are executed while nothing else is ready.
    existing: Vec<usize>,
    /// Batches whose tokens have not been requested, in reverse order.
    waiting: Vec<Vec<usize>>,
    /// Batches whose tokens are requested, by number, until their customers are executed.
    batches: BTreeMap<usize, Batch<'a>>,
    /// The number of batches whose tokens were requested.
    started: usize,
    is_listing: bool,
    /// The last listing.
    listed: Option<NewWorkspaces>,
    /// The number of workspaces that exist, at most.
    workspaces: usize,
    /// Customers whose created connectors wait for the listing of the organization.
    created: Vec<Numbered<'a>>,
    finished: Vec<(usize, Vec<OperationReport>)>,
}

impl<'a> Schedule<'a> {
    fn new(plans: &'a [CustomerPlan], recorded: &'a LedgerState, context: &'a Context<'a>) -> Self {
        let mut waiting = batches(plans, context);
        let in_batches: BTreeSet<usize> = waiting.iter().flatten().copied().collect();
        waiting.reverse();
        Self {
            plans,
            recorded,
            context,
            ready: VecDeque::new(),
            existing: (0..plans.len())
                .rev()
                .filter(|index| !in_batches.contains(index))
                .collect(),
            waiting,
            batches: BTreeMap::new(),
            started: 0,
            is_listing: false,
            listed: None,
            workspaces: context
                .writer
                .reader()
                .known_workspaces()
                .unwrap_or_default(),
            created: Vec::new(),
            finished: Vec::new(),
        }
    }

    fn next(&mut self) -> Option<Job<'a>> {
        if self.ready.is_empty() && self.batches.len() < AHEAD {
            self.request_next_batch();
        }
        self.ready.pop_front().or_else(|| {
            let index = self.existing.pop()?;
            Some(Job::Execute(self.executor(index)))
        })
    }

    /// Whether at most so many customers are left to execute. They are executed together, so that all customers take turns:
    /// one that started last would have all its steps left when the others have ended, and most places would be free.
    fn is_ending(&self, left: usize) -> bool {
        let is_proven = self.waiting.is_empty() && self.batches.is_empty();
        is_proven && self.ready.len() + self.existing.len() <= left
    }

    fn executor(&self, index: usize) -> Numbered<'a> {
        let plan = &self.plans[index];
        let recorded = entry(plan, self.recorded);
        let executor = CustomerExecutor::new(self.context, plan, recorded);
        (index, Box::new(executor))
    }

    fn request_next_batch(&mut self) {
        let Some(batch) = self.waiting.pop() else {
            return;
        };
        let number = self.started;
        self.started += 1;
        self.workspaces += batch.len();
        let started = Batch {
            requested: Vec::with_capacity(batch.len()),
            pending: batch.len(),
            is_covered: false,
        };
        self.batches.insert(number, started);
        for index in batch {
            let executor = self.executor(index);
            self.ready.push_back(Job::Request(number, executor));
        }
    }

    fn complete(&mut self, done: Finished<'a>) {
        match done {
            Finished::Requested(batch, customer) => self.add_requested(batch, customer),
            Finished::Listed(listed) => self.add_listing(listed),
            Finished::Created(customer) => self.created.push(customer),
            Finished::ListedCreated(customers, listed) => self.resolve(customers, listed.as_ref()),
            Finished::Executed(index, reports) => self.finished.push((index, reports)),
        }
    }

    /// Lists the connectors that customers created, after the steps of all customers: a listing during creations would
    /// contradict itself. Each customer has its own list
    /// if that takes fewer requests. Returns whether there is anything to list.
    fn list_created(&mut self) -> bool {
        let created = std::mem::take(&mut self.created);
        if created.is_empty() {
            return false;
        }
        let connectors = connectors_after(&created, &self.context.writer.reader());
        match connectors.map(Reader::pages_of_connectors) {
            Some(pages) if pages < created.len() => self.ready.push_back(Job::ListCreated(created)),
            _ => self.resolve(created, None),
        }
        true
    }

    fn resolve(&mut self, created: Vec<Numbered<'a>>, listed: Option<&ConnectorIds>) {
        for (index, mut executor) in created {
            if let Some(listed) = listed {
                executor.prove_created(listed);
            }
            self.ready.push_back(Job::Resolve((index, executor)));
        }
    }

    fn add_requested(&mut self, number: usize, (index, mut executor): Numbered<'a>) {
        let is_proven = |listed| executor.prove_new(listed);
        let is_proven = self.listed.as_ref().is_some_and(is_proven);
        let customer = (index, executor);
        let Some(batch) = self.batches.get_mut(&number) else {
            return;
        };
        batch.pending -= 1;
        if is_proven {
            self.ready.push_back(Job::Execute(customer));
        } else {
            batch.requested.push(customer);
        }
        self.list_next();
    }

    /// Lists the workspaces for the batches whose requests have ended, one listing after the other. Batches without a
    /// customer to prove are executed at once.
    fn list_next(&mut self) {
        let batches = self.batches.iter();
        let without: Vec<usize> = batches
            .filter(|(_, batch)| batch.pending == 0 && !batch.has_customer_to_prove())
            .map(|(number, _)| *number)
            .collect();
        for number in without {
            self.execute_batch(number);
        }
        if self.is_listing {
            return;
        }
        for batch in self.batches.values_mut() {
            batch.is_covered = batch.pending == 0;
            self.is_listing |= batch.is_covered;
        }
        if self.is_listing {
            self.ready.push_front(Job::List(self.workspaces));
        }
    }

    /// Executes the customers that a listing proves, and those of covered batches in any case: without a proof, each
    /// looks its workspace up.
    fn add_listing(&mut self, listed: Option<NewWorkspaces>) {
        self.is_listing = false;
        self.listed = listed;
        let batches: Vec<usize> = self.batches.keys().copied().collect();
        for number in batches {
            self.execute_proven(number);
            if self.batches[&number].is_covered {
                self.execute_batch(number);
            }
        }
        self.list_next();
    }

    /// Executes the customers of a batch that the last listing proves.
    fn execute_proven(&mut self, number: usize) {
        let (Some(batch), Some(listed)) = (self.batches.get_mut(&number), &self.listed) else {
            return;
        };
        for (index, mut executor) in std::mem::take(&mut batch.requested) {
            if executor.prove_new(listed) {
                self.ready.push_back(Job::Execute((index, executor)));
            } else {
                batch.requested.push((index, executor));
            }
        }
    }

    /// Executes the other customers of a batch.
    fn execute_batch(&mut self, number: usize) {
        let batch = self.batches.remove(&number);
        let customers = batch.into_iter().flat_map(|batch| batch.requested);
        self.ready.extend(customers.map(Job::Execute));
        if self.batches.len() < AHEAD - 1 {
            self.request_next_batch();
        }
    }
}

fn entry(plan: &CustomerPlan, recorded: &LedgerState) -> Option<CustomerEntry> {
    recorded.customers.get(&plan.workspace_id?).cloned()
}
