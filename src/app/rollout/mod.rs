//! Responsible for an apply in waves: shows the waves, executes them one after the other, and starts no further wave
//! after too many failures.

mod gate;

use super::{App, Planned};
use crate::apply::{
    ApplyReport, Context, GateReport, OperationReport, StepProblem, WaveReport, apply_part,
    not_attempted,
};
use crate::catalog::closest;
use crate::cli::{HealthGate, WaveArgs};
use crate::events::Event;
use crate::failure::Failure;
use crate::model::{Address, CountOrPercent, Desired, LedgerState, Outcome, Wave};
use crate::plan::{Plan, Rollout, RolloutWave};
use crate::render;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// How often a pause looks whether the run is to stop.
const TICK: Duration = Duration::from_millis(200);

/// A plan in waves, and what has to hold between them.
pub(crate) struct PlannedRollout {
    rollout: Rollout,
    gate: HealthGate,
    /// The number of failed or unhealthy customers after which no further wave starts.
    allowed: usize,
    pause: Duration,
}

/// Refuses a label that no customer of the files has.
fn check_label(wave: &Wave, desired: &Desired) -> Result<(), Failure> {
    let Wave::Label { key, value } = wave else {
        return Ok(());
    };
    let values = || {
        let customers = desired.customers.values();
        customers.filter_map(|customer| customer.labels.get(key).map(String::as_str))
    };
    if values().any(|is| is == value) {
        return Ok(());
    }
    let failure = Failure::unknown_selector(format!("no customer has the label {key}={value}"));
    Err(match closest(value, values()) {
        Some(near) => failure.hint(format!("did you mean `label:{key}={near}`?")),
        None => failure.hint("labels are in `labels` of a customer"),
    })
}

impl App<'_> {
    /// Divides the plan into the waves of the arguments, and shows them. Returns `None` without waves.
    pub(crate) fn rollout(
        &self,
        planned: &Planned,
        args: &WaveArgs,
    ) -> Result<Option<PlannedRollout>, Failure> {
        if args.waves.is_empty() {
            return Ok(None);
        }
        let desired = &self.project.desired;
        args.waves
            .iter()
            .try_for_each(|wave| check_label(wave, desired))?;
        let rollout = Rollout::new(&planned.plan, desired, &planned.covered, &args.waves);
        if rollout.customers > 0 {
            render::waves(self.invocation.ui, &rollout)?;
            let text = gate::meaning(args.gate);
            render::print_note(self.invocation.ui, text)?;
        }
        Ok(Some(PlannedRollout {
            allowed: allowed(args.wave_failures, rollout.customers),
            rollout,
            gate: args.gate,
            pause: args.wave_pause.unwrap_or_default(),
        }))
    }

    /// Executes the waves of a plan.
    pub(super) async fn roll_out(
        &self,
        plan: &Plan,
        planned: &PlannedRollout,
        recorded: &LedgerState,
        context: &Context<'_>,
    ) -> ApplyReport {
        let expected = connectors_without_secrets(plan, context);
        let mut progress = Progress::default();
        let waves = &planned.rollout.waves;
        for (index, wave) in waves.iter().enumerate() {
            let failures = progress.failed.len();
            if failures > planned.allowed {
                let problem = StepProblem::WavesEnded {
                    wave: progress.waves.len(),
                    failures,
                    allowed: planned.allowed,
                };
                progress
                    .operations
                    .extend(not_attempted(&wave.customers, &problem));
                continue;
            }
            if index > 0 {
                self.pause(planned.pause).await;
            }
            let number = (index + 1, waves.len());
            let operations = self
                .start(wave, number, progress.created, recorded, context)
                .await;
            let report = progress.add(wave, number, operations, &expected, context);
            if index + 1 < waves.len() && !wave.removes && context.stop.cause().is_none() {
                let checked = self.check_wave(planned.gate, &report).await;
                progress.pass_gate(checked);
            }
        }
        let unselected = not_attempted(&planned.rollout.unselected, &StepProblem::NoWave);
        progress.operations.extend(unselected);
        progress.into_report(plan, context)
    }

    async fn start(
        &self,
        wave: &RolloutWave,
        (number, of): (usize, usize),
        created: usize,
        recorded: &LedgerState,
        context: &Context<'_>,
    ) -> Vec<OperationReport> {
        if context.stop.cause().is_none() {
            self.events.emit(Event::WaveStarted {
                number,
                of,
                connectors: connectors(wave),
            });
        }
        apply_part(&wave.customers, created, recorded, context).await
    }

    /// Waits between two waves. Ends early when the run stops.
    async fn pause(&self, longest: Duration) {
        if longest.is_zero() || self.stop.cause().is_some() {
            return;
        }
        let reason = "the pause between two waves";
        self.events.emit(Event::WaitStarted { reason, longest });
        let end = Instant::now() + longest;
        while Instant::now() < end && self.stop.cause().is_none() {
            tokio::time::sleep(TICK.min(end - Instant::now())).await;
        }
    }
}

/// What the waves have done so far.
#[derive(Default)]
struct Progress {
    operations: Vec<OperationReport>,
    waves: Vec<WaveReport>,
    /// The customers that failed or are unhealthy.
    failed: BTreeSet<String>,
    /// The customers that the waves may have created.
    created: usize,
}

impl Progress {
    /// Adds the operations of a wave. Returns those that succeeded.
    fn add(
        &mut self,
        wave: &RolloutWave,
        (number, of): (usize, usize),
        operations: Vec<OperationReport>,
        expected: &BTreeSet<Address>,
        context: &Context<'_>,
    ) -> Vec<OperationReport> {
        let creations = wave.customers.iter();
        self.created += creations.filter(|plan| plan.creation().is_some()).count();
        let is_failure = |report: &&OperationReport| {
            !matches!(report.outcome, Outcome::Succeeded | Outcome::NotAttempted)
                && !expected.contains(&report.address)
        };
        let failed = operations.iter().filter(is_failure);
        self.failed
            .extend(failed.map(|report| report.address.customer.clone()));
        let is_done = |report: &&OperationReport| report.outcome == Outcome::Succeeded;
        let done: Vec<OperationReport> = operations.iter().filter(is_done).cloned().collect();
        if context.stop.cause().is_none() || !done.is_empty() {
            self.waves.push(WaveReport {
                number,
                of,
                connectors: connectors(wave),
                done: count_connectors(done.iter().map(|report| &report.address)),
                wave: Some(wave.wave.to_string()),
                customers: Some(wave.customers.len()),
                gate: None,
            });
        }
        self.operations.extend(operations);
        done
    }

    fn pass_gate(&mut self, checked: Option<GateReport>) {
        let Some(report) = checked else {
            return;
        };
        let unhealthy = report.unhealthy.iter();
        self.failed
            .extend(unhealthy.map(|connector| connector.customer.clone()));
        if let Some(wave) = self.waves.last_mut() {
            wave.gate = Some(report);
        }
    }

    /// The report, with the operations in the order of the plan.
    fn into_report(self, plan: &Plan, context: &Context<'_>) -> ApplyReport {
        ApplyReport::new(self.operations, self.waves, plan, context.stop.cause())
    }
}

/// Connectors that cannot be written because a secret has no value, which is known before the run.
fn connectors_without_secrets(plan: &Plan, context: &Context<'_>) -> BTreeSet<Address> {
    let lacks_secret = |references: Vec<_>| {
        references
            .into_iter()
            .any(|reference| context.missing.contains_key(reference))
    };
    plan.steps()
        .filter(|step| lacks_secret(step.operation.sent_references().into_iter().collect()))
        .map(|step| step.address.clone())
        .collect()
}

fn connectors(wave: &RolloutWave) -> usize {
    let steps = wave.customers.iter().flat_map(|customer| &customer.steps);
    count_connectors(steps.map(|step| &step.address))
}

fn count_connectors<'a>(addresses: impl Iterator<Item = &'a Address>) -> usize {
    let connectors = addresses.filter(|address| address.connector.is_some());
    connectors.collect::<BTreeSet<_>>().len()
}

fn allowed(limit: Option<CountOrPercent>, customers: usize) -> usize {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    match limit {
        None => 0,
        Some(CountOrPercent::Count(count)) => number(count),
        Some(CountOrPercent::Percent(percent)) => customers.saturating_mul(number(percent)) / 100,
    }
}
