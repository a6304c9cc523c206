//! Responsible for executing a rotation in waves: a few connectors first, then more. Starts no
//! further wave after too many failures.

use super::customers::apply_part;
use super::{ApplyReport, Context, OperationReport, Outcome, StepProblem, StopCause, WaveReport};
use crate::events::Event;
use crate::model::{Address, CountOrPercent, LedgerState};
use crate::plan::{Action, CustomerPlan, Plan};
use std::collections::BTreeSet;

/// The sizes of the waves of a rotation, and how many failures it tolerates.
#[derive(Clone, Debug)]
pub struct Waves {
    /// The cumulative number of connectors after each wave. One more wave rotates the rest.
    pub sizes: Vec<CountOrPercent>,
    /// The number of failures after which no further wave starts.
    pub max_failures: CountOrPercent,
    /// Connectors that are known to fail before the run starts. Their failures do not count.
    pub expected_failures: BTreeSet<Address>,
}

/// Executes a rotation wave by wave. Reads the ledger again between two waves, because the
/// connectors of one customer may be in several waves.
pub async fn apply_in_waves(
    plan: &Plan,
    waves: &Waves,
    recorded: &LedgerState,
    context: &Context<'_>,
) -> ApplyReport {
    let total = rotations(&plan.customers);
    let parts = split(&plan.customers, &ends(&waves.sizes, total));
    let mut report = ApplyReport::default();
    let mut current = recorded.clone();
    for (index, part) in parts.iter().enumerate() {
        if let Some(problem) = exceeded(&report, waves, total) {
            report.operations.extend(not_attempted(part, &problem));
            continue;
        }
        if index > 0 {
            match context.ledger.load().await {
                Ok(reloaded) => current = reloaded,
                Err(_) => context.stop.request(StopCause::Disk),
            }
        }
        let wave = (index + 1, parts.len());
        let (operations, wave) = execute_wave(part, wave, &current, context).await;
        report.operations.extend(operations);
        report.waves.extend(wave);
    }
    report.blocked.clone_from(&plan.blocked);
    report.unverified = plan.unverified.clone();
    report.stopped_by(context.stop.cause())
}

async fn execute_wave(
    part: &[CustomerPlan],
    (number, of): (usize, usize),
    recorded: &LedgerState,
    context: &Context<'_>,
) -> (Vec<OperationReport>, Option<WaveReport>) {
    let started = context.stop.cause().is_none();
    let connectors = rotations(part);
    if started && connectors > 0 {
        context.events.emit(Event::WaveStarted {
            number,
            of,
            connectors,
        });
    }
    let operations = apply_part(part, 0, recorded, context).await;
    let done = operations
        .iter()
        .filter(|report| is_rotation(report.action) && report.outcome == Outcome::Succeeded)
        .count();
    let wave = started.then_some(WaveReport {
        number,
        of,
        connectors,
        done,
        wave: None,
        customers: None,
        gate: None,
    });
    (operations, wave)
}

fn is_rotation(action: Action) -> bool {
    action == Action::Rotate
}

fn rotations(customers: &[CustomerPlan]) -> usize {
    customers
        .iter()
        .flat_map(|customer| &customer.steps)
        .filter(|step| is_rotation(step.action))
        .count()
}

/// Why no further wave starts, if too many connectors failed.
fn exceeded(report: &ApplyReport, waves: &Waves, total: usize) -> Option<StepProblem> {
    let failures = report
        .operations
        .iter()
        .filter(|report| waves.counts_as_failure(report))
        .count();
    let allowed = match waves.max_failures {
        CountOrPercent::Count(count) => size(count),
        CountOrPercent::Percent(percent) => total.saturating_mul(size(percent)) / 100,
    };
    (failures > allowed).then_some(StepProblem::RotationEnded {
        wave: report.waves.len(),
        failures,
        allowed,
    })
}

impl Waves {
    fn counts_as_failure(&self, report: &OperationReport) -> bool {
        !matches!(report.outcome, Outcome::Succeeded | Outcome::NotAttempted)
            && !self.expected_failures.contains(&report.address)
    }
}

fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// The cumulative number of connectors at the end of each wave: increasing, and the last one is the
/// total.
fn ends(sizes: &[CountOrPercent], total: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    let wanted = sizes.iter().map(|size| size.up_to(total));
    for end in wanted.chain([total]) {
        if end > ends.last().copied().unwrap_or(0) {
            ends.push(end);
        }
    }
    if ends.is_empty() {
        ends.push(total);
    }
    ends
}

/// The customers of each wave. A step that is not a rotation belongs to the wave of the rotation
/// before it.
fn split(all: &[CustomerPlan], ends: &[usize]) -> Vec<Vec<CustomerPlan>> {
    let mut parts = vec![Vec::<CustomerPlan>::new(); ends.len()];
    let (mut wave, mut counted) = (0, 0);
    for customer in all {
        let mut ledger_updates = customer.ledger_updates.clone();
        let mut add_customer = |part: &mut Vec<CustomerPlan>| {
            part.push(CustomerPlan {
                steps: Vec::new(),
                ledger_updates: std::mem::take(&mut ledger_updates),
                ..customer.clone()
            });
        };
        add_customer(&mut parts[wave]);
        for step in &customer.steps {
            if is_rotation(step.action) && counted == ends[wave] {
                wave += 1;
                add_customer(&mut parts[wave]);
            }
            counted += usize::from(is_rotation(step.action));
            if let Some(last) = parts[wave].last_mut() {
                last.steps.push(step.clone());
            }
        }
    }
    parts
}

/// The reports of the steps of customers that a run does not start.
pub fn not_attempted(part: &[CustomerPlan], problem: &StepProblem) -> Vec<OperationReport> {
    part.iter()
        .flat_map(|customer| &customer.steps)
        .map(|step| OperationReport {
            address: step.address.clone(),
            action: step.action,
            outcome: Outcome::NotAttempted,
            remote_id: None,
            previous_id: None,
            problem: Some(problem.clone()),
            request: None,
            warnings: Vec::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::ends;
    use crate::model::CountOrPercent;
    use crate::model::CountOrPercent::{Count, Percent};

    const DEFAULT: [CountOrPercent; 3] = [Count(1), Percent(10), Percent(100)];

    #[test]
    fn ends_of_default_waves_are_cumulative_and_reach_the_total() {
        assert_eq!(ends(&DEFAULT, 200), [1, 20, 200]);
        assert_eq!(ends(&DEFAULT, 15), [1, 2, 15]);
    }

    #[test]
    fn ends_of_few_connectors_have_no_empty_wave() {
        assert_eq!(ends(&DEFAULT, 5), [1, 5]);
        assert_eq!(ends(&DEFAULT, 1), [1]);
    }

    #[test]
    fn ends_without_connectors_are_one_empty_wave() {
        assert_eq!(ends(&DEFAULT, 0), [0]);
    }

    #[test]
    fn ends_below_the_total_get_a_last_wave() {
        assert_eq!(ends(&[Count(5), Percent(25)], 40), [5, 10, 40]);
    }

    #[test]
    fn ends_of_decreasing_sizes_skip_the_smaller_one() {
        assert_eq!(ends(&[Count(30), Count(5)], 40), [30, 40]);
    }

    #[test]
    fn ends_without_sizes_are_one_wave() {
        assert_eq!(ends(&[], 3), [3]);
    }
}
