//! Responsible for the gate between two waves: whether the connectors that a wave wrote work.

use super::super::status::{Probe, Probed, Verdict};
use crate::app::App;
use crate::apply::{GateReport, OperationReport, StopCause, UnhealthyConnector};
use crate::cli::HealthGate;
use crate::model::{Address, ConnectorEntry, LedgerState};
use crate::plan::Action;
use crate::render::ConnectorState;
use futures_util::{StreamExt as _, stream};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// How long the pending check of one connector is repeated.
const PENDING_FOR: Duration = Duration::from_mins(1);
/// The pause before a pending check is repeated.
const PENDING_PAUSE: Duration = Duration::from_secs(1);

/// What a gate proves.
pub(super) fn meaning(gate: HealthGate) -> &'static str {
    match gate {
        HealthGate::Check => {
            "--gate check: between two waves, the API checks the credentials of each connector that the wave wrote. A \
             check that is pending, skipped or inconclusive does not pass. A check that passes does not prove that data \
             can be read; --gate execute does"
        }
        HealthGate::Execute => {
            "--gate execute: between two waves, each connector that the wave wrote reads once through its service, \
             which the vendor meters. A type without such an action gets the API's check"
        }
        HealthGate::None => {
            "--gate none: nothing proves that the connectors of a wave work before the next wave starts"
        }
    }
}

impl App<'_> {
    /// Checks the connectors that a wave wrote. Returns `None` if there is no gate. Ends the run if the ledger cannot be
    /// read.
    pub(super) async fn check_wave(
        &self,
        gate: HealthGate,
        done: &[OperationReport],
    ) -> Option<GateReport> {
        let probe = match gate {
            HealthGate::Check => Probe::Check,
            HealthGate::Execute => Probe::Execute,
            HealthGate::None => return None,
        };
        let written: BTreeSet<&Address> = done
            .iter()
            .filter(|report| report.address.connector.is_some() && report.action != Action::Delete)
            .map(|report| &report.address)
            .collect();
        let verdicts = match self.ledger.load().await {
            Ok(recorded) => self.gate_verdicts(&written, &recorded, probe).await,
            Err(error) => {
                self.stop.request(StopCause::Disk);
                let reason = format!("not checked, because the ledger cannot be read: {error}");
                vec![(ConnectorState::Unverified, Some(reason)); written.len()]
            }
        };
        let unhealthy = written.iter().zip(verdicts);
        let unhealthy = unhealthy.filter(|(_, (state, _))| *state != ConnectorState::Ok);
        Some(GateReport {
            checked: written.len(),
            unhealthy: unhealthy
                .map(|(address, (_, reason))| UnhealthyConnector {
                    customer: address.customer.clone(),
                    connector: address.connector.clone().unwrap_or_default(),
                    reason: reason.unwrap_or_default(),
                })
                .collect(),
        })
    }

    async fn gate_verdicts(
        &self,
        written: &BTreeSet<&Address>,
        recorded: &LedgerState,
        probe: Probe,
    ) -> Vec<Verdict> {
        let checks: Vec<_> = written
            .iter()
            .map(|address| self.gate_verdict(address, recorded, probe))
            .collect();
        stream::iter(checks)
            .buffered(self.parallelism)
            .collect()
            .await
    }

    async fn gate_verdict(
        &self,
        address: &Address,
        recorded: &LedgerState,
        probe: Probe,
    ) -> Verdict {
        if self.stop.cause().is_some() {
            let reason = "not checked, because the run was stopped";
            return (ConnectorState::Unverified, Some(reason.to_owned()));
        }
        let deadline = Instant::now() + PENDING_FOR;
        let Some(entry) = recorded_connector(recorded, address) else {
            let reason = "the ledger has no entry of it";
            return (ConnectorState::Failing, Some(reason.to_owned()));
        };
        let probe = if Probe::can_execute(entry) {
            probe
        } else {
            Probe::Check
        };
        loop {
            match self.probe(entry, probe).await {
                Ok(probed @ (Probed::Ended(_) | Probed::NotMade(_))) => return probed.into(),
                Ok(Probed::Pending)
                    if Instant::now() >= deadline || self.stop.cause().is_some() =>
                {
                    return Probed::Pending.into();
                }
                Ok(Probed::Pending) => {}
                Err(failure) => return (ConnectorState::Failing, Some(failure.message)),
            }
            tokio::time::sleep(PENDING_PAUSE).await;
        }
    }
}

fn recorded_connector<'a>(
    recorded: &'a LedgerState,
    address: &Address,
) -> Option<&'a ConnectorEntry> {
    let mut customers = recorded.customers.values();
    let customer = customers.find(|customer| customer.name == address.customer)?;
    let connector = customer.connectors.get(address.connector.as_deref()?)?;
    Some(connector)
}
