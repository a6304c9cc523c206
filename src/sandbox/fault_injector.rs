//! Responsible for selecting the fault of each request. Does not execute faults.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::fault_kind::FaultKind;
use super::faults::{Fault, Faults, When};
use super::request_customer::RequestCustomer;

/// Selects faults for requests.
#[derive(Debug)]
pub(crate) struct FaultInjector {
    state: Mutex<InjectorState>,
}

#[derive(Debug)]
struct InjectorState {
    /// Each fault with the number of requests of its operation so far.
    faults: Vec<(Fault, u64)>,
    rng: fastrand::Rng,
    /// The end of a running `down` fault.
    down: Option<(Instant, FaultKind)>,
}

impl FaultInjector {
    pub(crate) fn new(faults: Faults, seed: Option<u64>) -> Self {
        let rng = seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        Self {
            state: Mutex::new(InjectorState {
                faults: faults.list.into_iter().map(|f| (f, 0)).collect(),
                rng,
                down: None,
            }),
        }
    }

    /// Replaces the faults and resets the counts.
    #[cfg(feature = "testing")]
    pub(crate) fn change(&self, faults: Faults) {
        let mut state = self.state();
        state.faults = faults.list.into_iter().map(|f| (f, 0)).collect();
        state.down = None;
    }

    /// The fault of this request: the first in the list that applies. Each fault that selects the request by operation
    /// and customer counts it.
    pub(crate) fn next_fault(
        &self,
        operation: &str,
        customer: &RequestCustomer,
    ) -> Option<FaultKind> {
        let mut state = self.state();
        let InjectorState { faults, rng, down } = &mut *state;
        let mut selected = down
            .filter(|(until, _)| Instant::now() < *until)
            .map(|(_, kind)| kind);
        for (fault, count) in faults
            .iter_mut()
            .filter(|(fault, _)| fault.selects(operation, customer))
        {
            *count += 1;
            let applies = match fault.when {
                When::Nth(n) => *count == n,
                When::Every => true,
                When::Percent(percent) => rng.f64() * 100.0 < percent,
            };
            if applies {
                selected = selected.or(Some(fault.kind));
            }
        }
        if let (Some(kind @ FaultKind::Down(length)), None) = (selected, &down) {
            *down = Some((Instant::now() + length, kind));
        }
        selected
    }

    fn state(&self) -> MutexGuard<'_, InjectorState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_fault(fault_injector: &FaultInjector, operation: &str) -> Option<String> {
        fault_injector
            .next_fault(operation, &RequestCustomer::default())
            .map(|kind| kind.to_string())
    }

    #[test]
    fn nth_fault_of_operation_ignores_other_operations() {
        let fault_injector = FaultInjector::new("a:2:503,*:3:500".parse().unwrap(), None);
        let met: Vec<Option<String>> = ["a", "b", "a", "b"]
            .iter()
            .map(|o| next_fault(&fault_injector, o))
            .collect();
        assert_eq!(met, [None, None, Some("503".into()), None]);
    }

    #[test]
    fn changed_faults_count_from_zero() {
        let fault_injector = FaultInjector::new("a:2:503".parse().unwrap(), None);
        next_fault(&fault_injector, "a");
        fault_injector.change("a:2:500".parse().unwrap());
        let met = ["a", "a"].map(|o| next_fault(&fault_injector, o));
        assert_eq!(met, [None, Some("500".into())]);
    }

    #[test]
    fn percent_fault_with_seed_is_reproducible() {
        let draw = || {
            let fault_injector = FaultInjector::new("*:p50%:503".parse().unwrap(), Some(7));
            (0..64)
                .map(|_| next_fault(&fault_injector, "x").is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(), draw());
        assert!(draw().contains(&true) && draw().contains(&false));
    }

    #[tokio::test(start_paused = true)]
    async fn down_fault_after_its_period_ends() {
        let fault_injector = FaultInjector::new("a:1:down@2000".parse().unwrap(), None);
        assert!(
            next_fault(&fault_injector, "a").is_some()
                && next_fault(&fault_injector, "b").is_some()
        );
        tokio::time::advance(std::time::Duration::from_secs(2)).await;
        assert_eq!(next_fault(&fault_injector, "b"), None);
    }
}
