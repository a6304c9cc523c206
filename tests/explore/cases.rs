//! Which trials there are: every single fault, two runs in every order, any case by its name, several
//! faults by chance.

use crate::concurrent_applies;
use crate::fault_kinds::{InjectedFault, KINDS, WORST};
use crate::faulty_store::{STORE_FAULTS, StoreFault};
use crate::interleaving::{self, Order};
use crate::support::tier::Slice;
use crate::trial::{Prepared, Verdict};

/// Faults of several may come so much later than a run without faults ends.
const LATER: usize = 15;

/// A scenario and what goes wrong in it.
pub(crate) struct Case<'a> {
    pub(crate) prepared: &'a Prepared,
    pub(crate) trouble: Trouble,
}

/// What goes wrong.
pub(crate) enum Trouble {
    /// Faults.
    Faults(Vec<InjectedFault>),
    /// Two runs at once, in this order.
    Concurrent(Order),
    /// The store of a shared ledger.
    Store(StoreFault),
}

impl Case<'_> {
    /// What reruns this case alone.
    pub(crate) fn name(&self) -> String {
        let trouble = match &self.trouble {
            Trouble::Faults(faults) => {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                faults.join("+")
            }
            Trouble::Concurrent(order) => order.to_string(),
            Trouble::Store(store_fault) => store_fault.to_string(),
        };
        format!("{}/{trouble}", self.prepared.start.scenario.name)
    }

    /// Tries it.
    pub(crate) fn attempt(&self) -> Verdict {
        match &self.trouble {
            Trouble::Faults(faults) => self.prepared.attempt(faults, None),
            Trouble::Store(store_fault) => self.prepared.attempt(&[], Some(store_fault)),
            Trouble::Concurrent(order) => concurrent_applies::attempt(self.prepared, order),
        }
    }

    /// Whether it belongs to a slice.
    pub(crate) fn is_in(&self, slice: Slice) -> bool {
        slice.has_name(&self.name())
    }
}

/// A case by what follows its scenario's name.
pub(crate) fn named<'a>(prepared: &'a Prepared, trouble: &str) -> Case<'a> {
    if let Ok(store_fault) = trouble.parse() {
        let trouble = Trouble::Store(store_fault);
        return Case { prepared, trouble };
    }
    let faults: Result<_, _> = trouble.split('+').map(str::parse).collect();
    let order = || trouble.parse().map(Trouble::Concurrent);
    Case {
        prepared,
        trouble: faults.map(Trouble::Faults).or_else(|_| order()).unwrap(),
    }
}

/// Two runs at once, in every order.
pub(crate) fn rivals(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    prepared.iter().flat_map(|prepared| {
        let orders = interleaving::orders(concurrent_applies::turns(prepared)).into_iter();
        let after_planning = |doors| Order {
            doors,
            whole: false,
        };
        orders.map(move |doors| Case {
            prepared,
            trouble: Trouble::Concurrent(after_planning(doors)),
        })
    })
}

/// Two runs at once, each cut in two at every request.
pub(crate) fn cuts(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    prepared.iter().flat_map(|prepared| {
        interleaving::cuts(prepared.operations.len()).map(move |order| Case {
            prepared,
            trouble: Trouble::Concurrent(order),
        })
    })
}

/// Every kind at every request where it matters, and at every operation of a store.
pub(crate) fn singles(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    faults(prepared).chain(store_faults(prepared))
}

fn store_faults(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    prepared.iter().flat_map(|prepared| {
        let operations = 1..=prepared.kept;
        operations.flat_map(move |operation| {
            STORE_FAULTS.map(|kind| Case {
                prepared,
                trouble: Trouble::Store(StoreFault { operation, kind }),
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
                .filter(|kind| InjectedFault::matters(kind, operation));
            let case = move |kind: &&str| Case {
                prepared,
                trouble: Trouble::Faults(vec![InjectedFault::new(index + 1, kind)]),
            };
            kinds.map(case).collect::<Vec<_>>()
        })
    })
}

/// So many faults at once, in so many cases; the same seed gives the same ones.
pub(crate) fn several(
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
            // One of them at least is met.
            let later = if faults.is_empty() { 0 } else { LATER };
            let one = chance(prepared, later, &mut rng);
            // A second interruption ends the process, which is this one here.
            let goes_with = |other: &InjectedFault| {
                other.request != one.request && (!other.interrupts() || !one.interrupts())
            };
            if faults.iter().all(goes_with) {
                faults.push(one);
            }
        }
        faults.sort_by_key(|one| one.request);
        let trouble = Trouble::Faults(faults);
        Case { prepared, trouble }
    })
}

/// Any request up to so many later ones, and in two of three cases one of the worst kinds.
fn chance(prepared: &Prepared, later: usize, rng: &mut fastrand::Rng) -> InjectedFault {
    loop {
        let request = rng.usize(..prepared.operations.len() + later);
        let kinds: &[&str] = if rng.u8(..3) == 0 { &KINDS } else { &WORST };
        let kind = kinds[rng.usize(..kinds.len())];
        let operation = prepared.operations.get(request);
        if operation.is_none_or(|operation| InjectedFault::matters(kind, operation)) {
            return InjectedFault::new(request + 1, kind);
        }
    }
}
