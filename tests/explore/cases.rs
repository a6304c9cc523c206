//! Which trials there are: every single fault, two runs in every order, any case by its name, several
//! faults by chance.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::str::FromStr;

use crate::keeper::{MISHAPS, Mishap};
use crate::kinds::{Blow, KINDS, WORST};
use crate::rivals;
use crate::trial::{Prepared, Verdict};
use crate::turns::{self, Order};

/// Faults of several may come so much later than a run without faults ends.
const LATER: usize = 15;

/// A scenario and what goes wrong in it.
pub(crate) struct Case<'a> {
    pub(crate) prepared: &'a Prepared,
    pub(crate) trouble: Trouble,
}

/// One of so many equal shares, always with the same cases in it; written `NUMBER/OF`.
#[derive(Clone, Copy)]
pub(crate) struct Slice {
    pub(crate) number: u64,
    pub(crate) of: u64,
}

impl FromStr for Slice {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (number, of) = text.split_once('/').ok_or(())?;
        let (number, of) = (number.parse().map_err(drop)?, of.parse().map_err(drop)?);
        Ok(Self { number, of })
    }
}

/// What goes wrong.
pub(crate) enum Trouble {
    /// Faults.
    Blows(Vec<Blow>),
    /// Two runs at once, in this order.
    Rivals(Order),
    /// The store of a shared ledger.
    Store(Mishap),
}

impl Case<'_> {
    /// What reruns this case alone.
    pub(crate) fn name(&self) -> String {
        let trouble = match &self.trouble {
            Trouble::Blows(blows) => {
                let blows: Vec<String> = blows.iter().map(ToString::to_string).collect();
                blows.join("+")
            }
            Trouble::Rivals(order) => order.to_string(),
            Trouble::Store(mishap) => mishap.to_string(),
        };
        format!("{}/{trouble}", self.prepared.start.scenario.name)
    }

    /// Tries it.
    pub(crate) fn attempt(&self) -> Verdict {
        match &self.trouble {
            Trouble::Blows(blows) => self.prepared.attempt(blows, None),
            Trouble::Store(mishap) => self.prepared.attempt(&[], Some(mishap)),
            Trouble::Rivals(order) => rivals::attempt(self.prepared, order),
        }
    }

    /// Whether it belongs to a slice.
    pub(crate) fn is_in(&self, slice: Slice) -> bool {
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        hasher.hash_one(self.name()) % slice.of == slice.number
    }
}

/// A case by what follows its scenario's name.
pub(crate) fn named<'a>(prepared: &'a Prepared, trouble: &str) -> Case<'a> {
    if let Ok(mishap) = trouble.parse() {
        let trouble = Trouble::Store(mishap);
        return Case { prepared, trouble };
    }
    let blows: Result<_, _> = trouble.split('+').map(str::parse).collect();
    let order = || trouble.parse().map(Trouble::Rivals);
    Case {
        prepared,
        trouble: blows.map(Trouble::Blows).or_else(|_| order()).unwrap(),
    }
}

/// Two runs at once, in every order.
pub(crate) fn rivals(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    prepared.iter().flat_map(|prepared| {
        let orders = turns::orders(rivals::turns(prepared)).into_iter();
        let after_planning = |doors| Order {
            doors,
            whole: false,
        };
        orders.map(move |doors| Case {
            prepared,
            trouble: Trouble::Rivals(after_planning(doors)),
        })
    })
}

/// Two runs at once, each cut in two at every request.
pub(crate) fn cuts(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    prepared.iter().flat_map(|prepared| {
        turns::cuts(prepared.operations.len()).map(move |order| Case {
            prepared,
            trouble: Trouble::Rivals(order),
        })
    })
}

/// Every kind at every request where it matters, and at every operation of a store.
pub(crate) fn singles(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    blows(prepared).chain(mishaps(prepared))
}

fn mishaps(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    prepared.iter().flat_map(|prepared| {
        let operations = 1..=prepared.kept;
        operations.flat_map(move |operation| {
            MISHAPS.map(|kind| Case {
                prepared,
                trouble: Trouble::Store(Mishap { operation, kind }),
            })
        })
    })
}

fn blows(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    prepared.iter().flat_map(|prepared| {
        let operations = prepared.operations.iter().enumerate();
        operations.flat_map(move |(index, operation)| {
            let kinds = KINDS.iter().filter(|kind| Blow::matters(kind, operation));
            let case = move |kind: &&str| Case {
                prepared,
                trouble: Trouble::Blows(vec![Blow::new(index + 1, kind)]),
            };
            kinds.map(case).collect::<Vec<_>>()
        })
    })
}

/// So many faults at once, in so many cases; the same seed gives the same ones.
pub(crate) fn several(
    prepared: &[Prepared],
    faults: usize,
    seed: u64,
    runs: u64,
) -> impl Iterator<Item = Case<'_>> + Send {
    (0..runs).map(move |run| {
        let mut rng = fastrand::Rng::with_seed(seed.wrapping_shl(40) ^ run);
        let prepared = &prepared[rng.usize(..prepared.len())];
        let mut blows: Vec<Blow> = Vec::new();
        while blows.len() < faults {
            // One of them at least is met.
            let later = if blows.is_empty() { 0 } else { LATER };
            let one = chance(prepared, later, &mut rng);
            // A second interruption ends the process, which is this one here.
            let goes_with = |other: &Blow| {
                other.request != one.request && (!other.interrupts() || !one.interrupts())
            };
            if blows.iter().all(goes_with) {
                blows.push(one);
            }
        }
        blows.sort_by_key(|one| one.request);
        let trouble = Trouble::Blows(blows);
        Case { prepared, trouble }
    })
}

/// Any request up to so many later ones, and in two of three cases one of the worst kinds.
fn chance(prepared: &Prepared, later: usize, rng: &mut fastrand::Rng) -> Blow {
    loop {
        let request = rng.usize(..prepared.operations.len() + later);
        let kinds: &[&str] = if rng.u8(..3) == 0 { &KINDS } else { &WORST };
        let kind = kinds[rng.usize(..kinds.len())];
        let operation = prepared.operations.get(request);
        if operation.is_none_or(|operation| Blow::matters(kind, operation)) {
            return Blow::new(request + 1, kind);
        }
    }
}
