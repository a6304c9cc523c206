//! Responsible for the connector that the vendor created after a consent: verifies that it is the one that was asked
//! for, because its id comes from a browser, and records it.

use super::{already_connected, is_declared_as, recorded_at};
use crate::app::App;
use crate::app::execution::{ResolvedSecrets, Strategy};
use crate::cli::ExecutionArgs;
use crate::consent::Completed;
use crate::failure::{Failure, FailureKind};
use crate::model::{Address, ConnectorId, LedgerState};
use crate::plan::{Action, Policy, Step};
use crate::render;
use jiff::{SignedDuration, Timestamp};

/// Tolerance for the difference between the API's clock, as its responses tell it, and the one that writes creation
/// times.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(2);

/// What a consent was for.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) address: Address,
    /// The recorded connector whose place the new one takes.
    pub(super) replaces: Option<ConnectorId>,
    /// When the consent started. The connector is younger.
    pub(super) started: Option<Timestamp>,
}

impl App<'_> {
    /// Verifies and records a connector. Locks the ledger for this only.
    pub(super) async fn complete(
        &self,
        expected: &Expected,
        id: ConnectorId,
    ) -> Result<Completed, Failure> {
        let fork = self.fork_locked().await?;
        let completed = fork.record_consented(expected, id).await;
        fork.close().await?;
        completed
    }

    async fn record_consented(
        &self,
        expected: &Expected,
        id: ConnectorId,
    ) -> Result<Completed, Failure> {
        let recorded = self.ledger.load().await?;
        let current = recorded_at(&recorded, &expected.address);
        if current == Some(id) {
            return Ok(Completed::Before);
        }
        let declared = self.consenting(&expected.address)?;
        self.check_consent(&expected.address, declared, expected.replaces, &recorded)
            .await?;
        self.verify(expected, id, &recorded).await?;
        if current != expected.replaces {
            let Some(_other) = current else {
                return Err(already_connected(&expected.address));
            };
            return Ok(Completed::ByAnotherConsent);
        }
        let (planned, deferred) = self
            .plan_consented(&expected.address, id, expected.replaces)
            .await?;
        let execution = ExecutionArgs::default();
        let secrets = self.resolve(&planned.plan, execution).await?;
        let report = self
            .execute(&planned, &secrets, execution, Strategy::AtOnce("connect"))
            .await?;
        let is_recorded = report
            .operations
            .iter()
            .any(|operation| operation.remote_id == Some(id.to_string()));
        if is_recorded {
            let deferred = self.without_settings(&expected.address, deferred).await;
            // The connector is recorded, even if the note cannot be written.
            let _ = render::left_for_apply(self.invocation.ui, &deferred);
            return Ok(Completed::New);
        }
        let message = format!(
            "connector {id} could not be recorded as {}",
            expected.address
        );
        Err(
            Failure::new(FailureKind::Partial, "consent_not_recorded", message)
                .hint("`airlift apply` records it, because its name and type match"),
        )
    }

    /// Sets what the files declare and a consent cannot ask for, such as `entities`, so that an agent does not have more
    /// until the next apply. Returns the changes that are left for `apply`.
    async fn without_settings(
        &self,
        address: &Address,
        mut deferred: Vec<(Address, Action)>,
    ) -> Vec<(Address, Action)> {
        let is_setting =
            |(at, action): &(Address, Action)| at == address && *action == Action::Update;
        // `apply` shows the problem of a change that does not succeed.
        if deferred.iter().any(is_setting) && matches!(self.set_settings(address).await, Ok(true)) {
            deferred.retain(|change| !is_setting(change));
        }
        deferred
    }

    /// Changes the settings of a recorded connector. Returns whether they are now as declared.
    async fn set_settings(&self, address: &Address) -> Result<bool, Failure> {
        let ledger = self.read_ledger().await?;
        let selection = Policy {
            targets: [address.clone()].into(),
            ..Policy::default()
        };
        let planned = Box::pin(self.planned_of_selection(selection, ledger)).await?;
        let plan = &planned.plan;
        let is_setting = |step: &Step| step.address == *address && step.action == Action::Update;
        if !plan.refusals.is_empty() || !plan.steps().all(is_setting) {
            return Ok(false);
        }
        let (secrets, args) = (ResolvedSecrets::default(), ExecutionArgs::default());
        let report = self.execute_at_once("connect", &planned, &secrets, args);
        Ok(Box::pin(report).await?.is_complete())
    }

    /// Refuses a connector of another customer, of another declaration, or from before the consent.
    async fn verify(
        &self,
        expected: &Expected,
        id: ConnectorId,
        recorded: &LedgerState,
    ) -> Result<(), Failure> {
        let address = &expected.address;
        let declared = self.consenting(address)?;
        let is_owned = recorded.customers.values().any(|entry| entry.owns(id));
        let workspace = self.workspace_named(&address.customer).await?;
        self.require_verified(&address.customer, Some(workspace), recorded)?;
        let reader = self.connection.session.reader();
        if is_owned || reader.workspace_of(id).await? != Some(workspace) {
            return Err(refused(
                "consent_connector_foreign",
                format!("connector {id} does not belong to {address}"),
            ));
        }
        let connector = reader.connector(id).await?;
        let observed = connector.map(|connector| connector.observed);
        let is_declared = observed
            .as_ref()
            .is_some_and(|observed| is_declared_as(observed, address, declared));
        if !is_declared {
            return Err(refused(
                "consent_connector_mismatch",
                format!("connector {id} has another name or type than {address}"),
            ));
        }
        let created = observed.and_then(|observed| observed.created());
        if self.is_older(created, expected.started) {
            return Err(refused(
                "consent_connector_mismatch",
                format!("connector {id} existed before the consent to {address}"),
            ));
        }
        Ok(())
    }

    /// Whether a connector is older than the start of a consent. One without a time counts as older.
    fn is_older(&self, created: Option<Timestamp>, started: Option<Timestamp>) -> bool {
        let Some(started) = started else {
            return false;
        };
        let writer = self.connection.session.writer();
        let earliest = writer.server_time(started).unwrap_or(started);
        let earliest = earliest.saturating_sub(CLOCK_SKEW);
        match (created, earliest) {
            (Some(created), Ok(earliest)) => created < earliest,
            _ => true,
        }
    }
}

fn refused(code: &'static str, message: String) -> Failure {
    Failure::new(FailureKind::Refused, code, message)
        .hint("nothing was recorded; start the consent again")
}
