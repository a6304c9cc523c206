//! Responsible for a rotation in waves: a few connectors first, then more, and an end when too many
//! failed.

use super::run::{customers, unplanned};
use super::{ApplyReport, Context, OperationReport, Outcome, StepProblem, StopCause, WaveReport};
use crate::events::Event;
use crate::model::{Address, Recorded};
use crate::plan::{Action, CountOrPercent, CustomerPlan, Plan};
use std::collections::BTreeSet;

/// The waves of a rotation.
#[derive(Clone, Debug)]
pub struct Waves {
    /// How many connectors are rotated after each wave, in all; one more wave rotates the rest.
    pub sizes: Vec<CountOrPercent>,
    /// How many may fail before no further wave starts.
    pub max_failures: CountOrPercent,
    /// Connectors whose failure is known and accepted beforehand; they do not count.
    pub given_up: BTreeSet<Address>,
}

/// Executes a rotation wave by wave. Between two waves the ledger is read again, because a
/// customer's connectors may be in several waves.
pub async fn apply_in_waves(
    plan: &Plan,
    waves: &Waves,
    recorded: &Recorded,
    context: &Context<'_>,
) -> ApplyReport {
    let total = rotations(&plan.customers);
    let parts = split(&plan.customers, &ends(&waves.sizes, total));
    let mut report = ApplyReport::default();
    let mut now = recorded.clone();
    for (index, part) in parts.iter().enumerate() {
        if let Some(problem) = exceeded(&report, waves, total) {
            report.operations.extend(not_attempted(part, &problem));
            continue;
        }
        if index > 0 {
            match context.ledger.load().await {
                Ok(read) => now = read,
                Err(_) => context.stop.request(StopCause::Disk),
            }
        }
        let wave = (index + 1, parts.len());
        let (operations, wave) = execute_wave(part, wave, &now, context).await;
        report.operations.extend(operations);
        report.waves.extend(wave);
    }
    report.interrupted = context.stop.cause() == Some(StopCause::Signal);
    report.unplanned = unplanned(plan);
    report
}

async fn execute_wave(
    part: &[CustomerPlan],
    (number, of): (usize, usize),
    recorded: &Recorded,
    context: &Context<'_>,
) -> (Vec<OperationReport>, Option<WaveReport>) {
    let started = context.stop.cause().is_none();
    let connectors = rotations(part);
    if started {
        context.events.emit(Event::WaveStarted {
            number,
            of,
            connectors,
        });
    }
    let operations = customers(part, recorded, context).await;
    let done = operations
        .iter()
        .filter(|report| is_rotation(report.action) && report.outcome == Outcome::Done)
        .count();
    let wave = started.then_some(WaveReport {
        number,
        of,
        connectors,
        done,
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

/// Why no further wave starts, if that is so.
fn exceeded(report: &ApplyReport, waves: &Waves, total: usize) -> Option<StepProblem> {
    let failures = report
        .operations
        .iter()
        .filter(|report| waves.counts_as_failure(report))
        .count();
    let allowed = match waves.max_failures {
        CountOrPercent::Count(count) => size(count),
        CountOrPercent::Percent(percent) => hundredths(total, percent) / 100,
    };
    (failures > allowed).then_some(StepProblem::RotationEnded {
        wave: report.waves.len(),
        failures,
        allowed,
    })
}

impl Waves {
    fn counts_as_failure(&self, report: &OperationReport) -> bool {
        !matches!(report.outcome, Outcome::Done | Outcome::NotAttempted)
            && !self.given_up.contains(&report.address)
    }
}

/// A number times a percentage, in hundredths.
fn hundredths(total: usize, percent: u64) -> usize {
    total.saturating_mul(size(percent))
}

fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// After how many connectors each wave ends: rising, the last one at the total.
fn ends(sizes: &[CountOrPercent], total: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    let wanted = sizes.iter().map(|limit| match *limit {
        CountOrPercent::Count(count) => size(count).min(total),
        CountOrPercent::Percent(percent) => hundredths(total, percent).div_ceil(100),
    });
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

/// The customers of each wave. What is no rotation goes with the rotation before it.
fn split(all: &[CustomerPlan], ends: &[usize]) -> Vec<Vec<CustomerPlan>> {
    let mut parts = vec![Vec::<CustomerPlan>::new(); ends.len()];
    let (mut wave, mut counted) = (0, 0);
    for customer in all {
        let mut ledger_updates = customer.ledger_updates.clone();
        let mut place = |part: &mut Vec<CustomerPlan>| {
            part.push(CustomerPlan {
                steps: Vec::new(),
                ledger_updates: std::mem::take(&mut ledger_updates),
                ..customer.clone()
            });
        };
        place(&mut parts[wave]);
        for step in &customer.steps {
            if is_rotation(step.action) && counted == ends[wave] {
                wave += 1;
                place(&mut parts[wave]);
            }
            counted += usize::from(is_rotation(step.action));
            if let Some(last) = parts[wave].last_mut() {
                last.steps.push(step.clone());
            }
        }
    }
    parts
}

fn not_attempted(part: &[CustomerPlan], problem: &StepProblem) -> Vec<OperationReport> {
    part.iter()
        .flat_map(|customer| &customer.steps)
        .map(|step| OperationReport {
            address: step.address.clone(),
            action: step.action,
            outcome: Outcome::NotAttempted,
            remote_id: None,
            problem: Some(problem.clone()),
            warnings: Vec::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::ends;
    use crate::plan::CountOrPercent::{Count, Percent};

    #[test]
    fn wave_ends_are_cumulative_and_reach_the_total() {
        let usual = [Count(1), Percent(10), Percent(100)];
        assert_eq!(ends(&usual, 200), [1, 20, 200]);
        assert_eq!(ends(&usual, 15), [1, 2, 15]);
        assert_eq!(ends(&usual, 5), [1, 5]);
        assert_eq!(ends(&usual, 1), [1]);
        assert_eq!(ends(&usual, 0), [0]);
        assert_eq!(ends(&[Count(5), Percent(25)], 40), [5, 10, 40]);
        assert_eq!(ends(&[Count(30), Count(5)], 40), [30, 40]);
        assert_eq!(ends(&[], 3), [3]);
    }
}
