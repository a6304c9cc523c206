//! Responsible for the state of each connector: whether its credentials work, and if it does not exist,
//! why.

use super::connect::connect_again;
use super::workflow::RecordedState;
use super::{App, Selectable, unverified};
use crate::api::{ApiError, Check, CheckStatus};
use crate::catalog;
use crate::cli::{StateArg, StatusArgs};
use crate::events::Event;
use crate::failure::Failure;
use crate::model::{Address, ConnectorBody, ConnectorEntry, CustomerEntry, SecretLookup, Status};
use crate::plan::{Blocked, Operation, Plan, Policy};
use crate::render::{ConnectorState, ConnectorStatus, StatusReport, wording};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A state, and the reason for it.
pub(super) type Verdict = (ConnectorState, Option<String>);

/// What a connector that does not exist waits for.
const NOT_CREATED: &str =
    "not in the ledger yet; `airlift apply` creates it, or adopts it if it exists";
/// What a connector waits for that only its customer's consent creates.
const NO_CONSENT: &str = "the customer has not consented yet; `airlift connect` asks";
/// What the connector of a suspended customer waits for.
const SUSPENDED: &str = "its customer is suspended";

/// Why a check that has not ended has no verdict.
const NOT_ENDED: &str = "the check has not ended";

/// What a check says now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Probed {
    Ended(Verdict),
    Pending,
    /// The check was not made, for this reason. That says nothing about the credentials.
    NotMade(String),
}

impl From<Probed> for Verdict {
    fn from(probed: Probed) -> Self {
        match probed {
            Probed::Ended(verdict) => verdict,
            Probed::NotMade(reason) => (ConnectorState::Unverified, Some(reason)),
            Probed::Pending => (ConnectorState::Unverified, Some(NOT_ENDED.to_owned())),
        }
    }
}

/// What tells whether the credentials of a connector work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Probe {
    /// The API's check.
    Check,
    /// The type's check action, which the vendor meters.
    Execute,
}

impl Probe {
    /// Whether the catalog has a check action for the type of a connector.
    pub(super) fn can_execute(entry: &ConnectorEntry) -> bool {
        check_action(entry).is_some()
    }
}

fn check_action(entry: &ConnectorEntry) -> Option<&'static catalog::CheckAction> {
    let kind = catalog::find(&entry.definition_id.to_string())?;
    let action = kind.check.as_ref();
    action.filter(|action| action.required_parameters.is_empty())
}

/// A connector that the ledger records.
struct ManagedConnector<'a> {
    address: Address,
    entry: &'a ConnectorEntry,
    /// Whether its customer is suspended, by the files or by a prune.
    is_suspended: bool,
}

impl<'a> ManagedConnector<'a> {
    fn all_of(customer: &'a CustomerEntry) -> impl Iterator<Item = Self> {
        let connectors = customer.connectors.iter();
        connectors.map(|(name, entry)| Self {
            address: Address::connector(&customer.name, name),
            entry,
            is_suspended: customer.suspended || customer.applied.status == Some(Status::Inactive),
        })
    }
}

impl App<'_> {
    /// The state of each selected connector that is managed or declared.
    pub(crate) async fn status(&self, args: &StatusArgs) -> Result<StatusReport, Failure> {
        let ledger = if args.unverified.unverified {
            (
                unverified::recorded(&self.ledger, args.unverified, self.invocation.ui).await?,
                Vec::new(),
            )
        } else {
            self.read_ledger().await?
        };
        let desired = &self.project.desired;
        // No text of the API may show one.
        self.read_secrets().await;
        let policy = Selectable::managed(desired, &ledger.0)
            .within(&self.project)
            .narrow(&args.selectors, &[])?;
        let is_shown = |entry: &&CustomerEntry| {
            !entry.suspended || desired.customers.contains_key(&entry.name)
        };
        let recorded: Vec<ManagedConnector<'_>> = ledger
            .0
            .customers
            .values()
            .filter(is_shown)
            .flat_map(ManagedConnector::all_of)
            .filter(|connector| policy.selects(&connector.address))
            .collect();
        let (total, done) = (recorded.len(), AtomicUsize::new(0));
        let checked = |done| self.events.emit(Event::ConnectorsChecked { done, total });
        if total > 0 {
            checked(0);
        }
        let checks: Vec<_> = recorded
            .iter()
            .map(|connector| async {
                let status = self.recorded_status(connector, args).await;
                checked(done.fetch_add(1, Ordering::Relaxed) + 1);
                status
            })
            .collect();
        let checks = stream::iter(checks).buffered(self.parallelism);
        let mut states: Vec<ConnectorStatus> = checks.try_collect().await?;
        let known = recorded.into_iter().map(|connector| connector.address);
        let known: BTreeSet<Address> = known.collect();
        states.extend(self.not_created(&known, policy, ledger.clone()).await?);
        self.end_phase();
        let is_shown =
            |state| args.state.is_empty() || args.state.iter().any(|arg| is(*arg, state));
        Ok(StatusReport::new(states).only(is_shown))
    }

    async fn recorded_status(
        &self,
        connector: &ManagedConnector<'_>,
        args: &StatusArgs,
    ) -> Result<ConnectorStatus, Failure> {
        let probed = if connector.is_suspended {
            Probed::Ended((ConnectorState::Waiting, Some(SUSPENDED.to_owned())))
        } else {
            let probe = if args.execute {
                Probe::Execute
            } else {
                Probe::Check
            };
            match self.probe(connector.entry, probe).await? {
                Probed::Ended(verdict) => {
                    Probed::Ended(self.with_consent(&connector.address, verdict))
                }
                probed => probed,
            }
        };
        Ok(status(&connector.address, Some(connector.entry), probed))
    }

    /// A connector that its customer consented to and that fails needs another consent.
    fn with_consent(&self, address: &Address, verdict: Verdict) -> Verdict {
        match verdict {
            (ConnectorState::Failing, reason) if self.needs_consent(address) => {
                let command = connect_again(address);
                let reason =
                    reason.map(|reason| format!("{reason}; {command} asks for another consent"));
                (ConnectorState::NeedsConsent, reason)
            }
            verdict => verdict,
        }
    }

    /// Whether a connector is declared with its customer's consent.
    fn needs_consent(&self, address: &Address) -> bool {
        let customer = self.project.desired.customers.get(&address.customer);
        let connector = customer.and_then(|customer| {
            let name = address.connector.as_ref()?;
            customer.connectors.get(name)
        });
        connector.is_some_and(|connector| connector.consent.is_some())
    }

    /// Whether the credentials of an existing connector work.
    pub(super) async fn probe(
        &self,
        entry: &ConnectorEntry,
        probe: Probe,
    ) -> Result<Probed, Failure> {
        let writer = self.connection.session.writer();
        let outcome = if probe == Probe::Execute {
            let Some(action) = check_action(entry) else {
                let reason = "the catalog has no check action for this type; leave out --execute";
                let verdict = (ConnectorState::Unverified, Some(reason.to_owned()));
                return Ok(Probed::Ended(verdict));
            };
            let executed = writer
                .execute(entry.id, &action.entity, action.action.name())
                .await;
            executed.map(|succeeded| Probed::Ended(executed_verdict(succeeded, action)))
        } else {
            writer.check_existing(entry.id).await.map(checked)
        };
        match outcome {
            Ok(probed) => Ok(probed),
            Err(error) if error.is_not_found() => {
                let reason = "the connector no longer exists; `airlift plan` says what to do";
                let verdict = (ConnectorState::Failing, Some(reason.to_owned()));
                Ok(Probed::Ended(verdict))
            }
            Err(error) => not_checked(error),
        }
    }

    /// The state of declared connectors that do not exist.
    async fn not_created(
        &self,
        known: &BTreeSet<Address>,
        policy: Policy,
        ledger: RecordedState,
    ) -> Result<Vec<ConnectorStatus>, Failure> {
        let declared = self
            .project
            .desired
            .connectors()
            .map(|(address, _)| address);
        let missing: Vec<Address> = declared
            .filter(|address| policy.selects(address) && !known.contains(address))
            .collect();
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let plan = self.planned_of_selection(policy, ledger).await?.plan;
        let mut verdicts = self.checks_of_creations(&plan).await?;
        let blocked = missing
            .iter()
            .filter_map(|address| Some((address.clone(), Probed::Ended(block(&plan, address)?))));
        verdicts.extend(blocked);
        let waiting = plan.waiting.iter().map(|waiting| {
            let verdict = (ConnectorState::NeedsConsent, Some(NO_CONSENT.to_owned()));
            (waiting.address.clone(), Probed::Ended(verdict))
        });
        verdicts.extend(waiting);
        let row = |address: Address| {
            let verdict = verdicts.remove(&address);
            status(&address, None, verdict.unwrap_or_else(not_created))
        };
        Ok(missing.into_iter().map(row).collect())
    }

    /// Checks the credentials that a plan would send to workspaces that exist.
    async fn checks_of_creations(&self, plan: &Plan) -> Result<BTreeMap<Address, Probed>, Failure> {
        let is_new =
            |step: &&crate::plan::Step| matches!(step.operation, Operation::CreateCustomer { .. });
        let new: BTreeSet<&str> = plan
            .steps()
            .filter(is_new)
            .map(|step| step.address.customer.as_str())
            .collect();
        let (values, failures) = self.secrets.resolve_all(&plan.sent_references()).await;
        let unresolved: BTreeMap<_, _> = failures
            .into_iter()
            .map(|failure| (failure.reference.clone(), failure.to_string()))
            .collect();
        let mut verdicts = BTreeMap::new();
        let mut checks = Vec::new();
        for step in plan.steps() {
            let Operation::CreateConnector { body } = &step.operation else {
                continue;
            };
            let mut references = body.references().into_iter();
            if let Some(problem) = references.find_map(|reference| unresolved.get(reference)) {
                let reason = format!("not created yet: {problem}");
                let verdict = (ConnectorState::Waiting, Some(reason));
                verdicts.insert(step.address.clone(), Probed::Ended(verdict));
            } else if !new.contains(step.address.customer.as_str()) {
                checks.push(self.creation_verdict(&step.address, body, &values));
            }
        }
        let checks = stream::iter(checks).buffered(self.parallelism);
        let checked: Vec<(Address, Probed)> = checks.try_collect().await?;
        verdicts.extend(checked);
        Ok(verdicts)
    }

    async fn creation_verdict(
        &self,
        address: &Address,
        body: &ConnectorBody,
        values: &dyn SecretLookup,
    ) -> Result<(Address, Probed), Failure> {
        let writer = self.connection.session.writer();
        let check = writer.check_connector(&address.customer, body, values);
        let verdict = match check.await {
            Ok(check) if check.status == CheckStatus::Succeeded => not_created(),
            Ok(check) => checked(check),
            Err(error) => not_checked(error)?,
        };
        Ok((address.clone(), verdict))
    }
}

/// Why a plan changes nothing of a connector or its customer.
fn block(plan: &Plan, address: &Address) -> Option<Verdict> {
    let covers = |blocked: &&Blocked| {
        blocked.address == *address || blocked.address == Address::customer(&address.customer)
    };
    let blocked = plan.blocked.iter().find(covers)?;
    let code = wording::block_code(blocked);
    let reason = format!(
        "not created: {} [{code}]",
        wording::blocked(&blocked.reason)
    );
    Some((ConnectorState::Failing, Some(reason)))
}

fn status(address: &Address, entry: Option<&ConnectorEntry>, probed: Probed) -> ConnectorStatus {
    let is_check_missing = matches!(probed, Probed::NotMade(_));
    let verdict = Verdict::from(probed);
    ConnectorStatus {
        is_check_missing,
        customer: address.customer.clone(),
        connector: address.connector.clone().unwrap_or_default(),
        id: entry.map(|entry| entry.id.to_string()),
        state: verdict.0,
        reason: verdict.1,
    }
}

/// What a check says.
fn checked(check: Check) -> Probed {
    let reason = match check.status {
        CheckStatus::Succeeded => return Probed::Ended((ConnectorState::Ok, None)),
        CheckStatus::Failed => {
            let explanation = check.message.map(|text| format!(": {text}"));
            let reason = format!(
                "the credentials do not work{}",
                explanation.unwrap_or_default()
            );
            return Probed::Ended((ConnectorState::Failing, Some(reason)));
        }
        CheckStatus::Pending | CheckStatus::Running => return Probed::Pending,
        CheckStatus::Cancelled => "the server canceled the check",
        CheckStatus::Skipped => "the server skipped the check",
        CheckStatus::Inconclusive => "the check is inconclusive",
        CheckStatus::Other => "the check has a status that this version does not know",
    };
    Probed::Ended((ConnectorState::Unverified, Some(reason.to_owned())))
}

/// The verdict of a connector that the next apply creates.
fn not_created() -> Probed {
    Probed::Ended((ConnectorState::Waiting, Some(NOT_CREATED.to_owned())))
}

/// A check that was not made. Only a refused login concerns the other connectors, too.
fn not_checked(error: ApiError) -> Result<Probed, Failure> {
    if error.is_unauthorized() {
        return Err(error.into());
    }
    Ok(Probed::NotMade(format!(
        "the check could not be made: {error}"
    )))
}

fn executed_verdict(succeeded: bool, action: &catalog::CheckAction) -> Verdict {
    if succeeded {
        return (ConnectorState::Ok, None);
    }
    let reason = format!("{} of {} failed", action.action.name(), action.entity);
    (ConnectorState::Failing, Some(reason))
}

fn is(arg: StateArg, state: ConnectorState) -> bool {
    state
        == match arg {
            StateArg::Ok => ConnectorState::Ok,
            StateArg::Waiting => ConnectorState::Waiting,
            StateArg::NeedsConsent => ConnectorState::NeedsConsent,
            StateArg::Failing => ConnectorState::Failing,
            StateArg::Unverified => ConnectorState::Unverified,
        }
}
