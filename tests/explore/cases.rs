//! Responsible for the cases of the explorer: every single fault, two runs in every order, several
//! random faults, and a case by its name.

use crate::concurrent_applies;
use crate::fault_kinds::{InjectedFault, KINDS, WORST};
use crate::faulty_store::{STORE_FAULTS, StoreFault};
use crate::interleaving::{self, Order};
use crate::support::slice::Slice;
use crate::trial::{Prepared, Verdict};

/// How many requests after the end of a run without faults a further fault may come.
const LATER: usize = 15;

/// A scenario and its disturbance.
pub(crate) struct Case<'a> {
    pub(crate) prepared: &'a Prepared,
    pub(crate) disturbance: Disturbance,
}

/// What disturbs the runs of a case.
pub(crate) enum Disturbance {
    /// Faults of the API.
    Faults(Vec<InjectedFault>),
    /// Two concurrent runs, in this order.
    Concurrent(Order),
    /// A fault of the store of a shared ledger.
    Store(StoreFault),
}

impl Case<'_> {
    /// The name with which this case alone can be run again.
    pub(crate) fn name(&self) -> String {
        let disturbance = match &self.disturbance {
            Disturbance::Faults(faults) => {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                faults.join("+")
            }
            Disturbance::Concurrent(order) => order.to_string(),
            Disturbance::Store(store_fault) => store_fault.to_string(),
        };
        format!("{}/{disturbance}", self.prepared.start.scenario.name)
    }

    pub(crate) fn attempt(&self) -> Verdict {
        match &self.disturbance {
            Disturbance::Faults(faults) => self.prepared.attempt(faults, None),
            Disturbance::Store(store_fault) => self.prepared.attempt(&[], Some(store_fault)),
            Disturbance::Concurrent(order) => concurrent_applies::attempt(self.prepared, order),
        }
    }

    /// Whether it belongs to a slice.
    pub(crate) fn is_in(&self, slice: Slice) -> bool {
        slice.has_name(&self.name())
    }
}

/// A case by the part of its name after the scenario.
pub(crate) fn named<'a>(prepared: &'a Prepared, disturbance: &str) -> Case<'a> {
    if let Ok(store_fault) = disturbance.parse() {
        let disturbance = Disturbance::Store(store_fault);
        return Case {
            prepared,
            disturbance,
        };
    }
    let faults: Result<_, _> = disturbance.split('+').map(str::parse).collect();
    let order = || disturbance.parse().map(Disturbance::Concurrent);
    Case {
        prepared,
        disturbance: faults
            .map(Disturbance::Faults)
            .or_else(|_| order())
            .unwrap(),
    }
}

/// Two concurrent runs, in every order.
pub(crate) fn concurrent(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    prepared.iter().flat_map(|prepared| {
        let orders = interleaving::orders(concurrent_applies::turns(prepared)).into_iter();
        let after_planning = |runs| Order {
            runs,
            from_the_start: false,
        };
        orders.map(move |runs| Case {
            prepared,
            disturbance: Disturbance::Concurrent(after_planning(runs)),
        })
    })
}

/// Two concurrent runs, each interrupted by the other at every request.
pub(crate) fn cuts(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    prepared.iter().flat_map(|prepared| {
        interleaving::cuts(prepared.operations.len()).map(move |order| Case {
            prepared,
            disturbance: Disturbance::Concurrent(order),
        })
    })
}

/// Every kind of fault at every request where it applies, and at every operation of a store.
pub(crate) fn singles(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    faults(prepared).chain(store_faults(prepared))
}

fn store_faults(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    prepared.iter().flat_map(|prepared| {
        let operations = 1..=prepared.store_operations;
        operations.flat_map(move |operation| {
            STORE_FAULTS.map(|kind| Case {
                prepared,
                disturbance: Disturbance::Store(StoreFault { operation, kind }),
            })
        })
    })
}

fn faults(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    prepared.iter().flat_map(|prepared| {
        let operations = prepared.operations.iter().enumerate();
        operations.flat_map(move |(index, operation)| {
            let kinds = KINDS
                .iter()
                .filter(|kind| InjectedFault::applies(kind, operation));
            let case = move |kind: &&str| Case {
                prepared,
                disturbance: Disturbance::Faults(vec![InjectedFault::new(index + 1, kind)]),
            };
            kinds.map(case).collect::<Vec<_>>()
        })
    })
}

/// Random cases with several faults each. The same seed gives the same cases.
pub(crate) fn random(
    prepared: &[Prepared],
    count: usize,
    seed: u64,
    runs: u64,
) -> impl Iterator<Item = Case<'_>> + Send {
    (0..runs).map(move |run| {
        let mut rng = fastrand::Rng::with_seed(seed.wrapping_shl(40) ^ run);
        let prepared = &prepared[rng.usize(..prepared.len())];
        let mut faults: Vec<InjectedFault> = Vec::new();
        while faults.len() < count {
            // At least one fault is met.
            let later = if faults.is_empty() { 0 } else { LATER };
            let fault = random_fault(prepared, later, &mut rng);
            // A second interruption would end the process of the tests.
            let is_compatible = |other: &InjectedFault| {
                other.request != fault.request && (!other.interrupts() || !fault.interrupts())
            };
            if faults.iter().all(is_compatible) {
                faults.push(fault);
            }
        }
        faults.sort_by_key(|fault| fault.request);
        let disturbance = Disturbance::Faults(faults);
        Case {
            prepared,
            disturbance,
        }
    })
}

/// A fault at a random request; in two of three cases one of the worst kinds.
fn random_fault(prepared: &Prepared, later: usize, rng: &mut fastrand::Rng) -> InjectedFault {
    loop {
        let request = rng.usize(..prepared.operations.len() + later);
        let kinds: &[&str] = if rng.u8(..3) == 0 { &KINDS } else { &WORST };
        let kind = kinds[rng.usize(..kinds.len())];
        let operation = prepared.operations.get(request);
        if operation.is_none_or(|operation| InjectedFault::applies(kind, operation)) {
            return InjectedFault::new(request + 1, kind);
        }
    }
}
