//! Responsible for every command in every format, at every verbosity, against a server with every
//! behavior.
//!
//! A slice takes a share of the combinations. Each slice runs every line once, and meets every
//! behavior; `AIRLIFT_EXHAUSTIVE=1` combines all of them.

use super::estate::Estate;
use super::server::ServerBehavior;
use super::summary::{Summary, tell};
use super::verbs::{Kind, LEVELS, TABLE, Verb, formats, line};
use crate::support::tier::Slice;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Two for each store.
const CONNECTORS: usize = 7;

fn lines(kind: Kind) -> impl Iterator<Item = &'static str> {
    let of = move |verb: &&Verb| verb.kind == kind;
    TABLE.iter().filter(of).flat_map(|verb| verb.lines).copied()
}

/// A format and a level by the number of their combination.
fn combination(number: usize) -> (usize, usize) {
    let formats = formats().len();
    (number % formats, number / formats % LEVELS.len())
}

/// How many combinations of a format and a level there are.
fn combinations() -> usize {
    formats().len() * LEVELS.len()
}

/// A quarter of the lines, against a server with one behavior: the first ones from an empty world
/// on, the others after an apply that went through. A line has another combination than its
/// neighbors, and as many of them as there are `turns`.
fn behavior(number: usize, behavior: ServerBehavior, part: usize, turns: &[usize]) -> Summary {
    let seed = number * PARTS + part;
    let estate = Estate::new(CONNECTORS, seed as u64);
    let (mut summary, formats) = (Summary::default(), formats());
    if part > 0 {
        let arguments = line("apply --auto-approve", &formats[0], &LEVELS[0]);
        let run = estate
            .harness
            .run(&arguments, LEVELS[0].variables, ServerBehavior::Fair);
        summary.check(&estate.search, &run);
    }
    let all: Vec<_> = lines(Kind::Remote).enumerate().collect();
    let each = all.len().div_ceil(PARTS);
    for (at, text) in all.into_iter().skip(part * each).take(each) {
        for turn in turns {
            let (format, level) = combination(number * 5 + at + turn);
            let level = &LEVELS[level];
            let arguments = line(text, &formats[format], level);
            let run = estate.harness.run(&arguments, level.variables, behavior);
            summary.check(&estate.search, &run);
        }
    }
    summary
}

/// Every line in formats of the slice at one level, with nothing wrong.
fn level(number: usize, slice: Slice) -> Summary {
    let estate = Estate::new(CONNECTORS, 100 + number as u64);
    let (mut summary, level) = (Summary::default(), &LEVELS[number]);
    let lines = lines(Kind::Offline).chain(lines(Kind::Remote));
    for (at, text) in lines.enumerate() {
        for (n, format) in formats().iter().enumerate() {
            let combination = number * formats().len() + n;
            if !slice.has_index(at + combination, combinations()) {
                continue;
            }
            let arguments = line(text, format, level);
            let run = estate
                .harness
                .run(&arguments, level.variables, ServerBehavior::Fair);
            assert_ne!(run.status.code(), Some(70), "{number}: {}", run.told());
            summary.check(&estate.search, &run);
        }
    }
    summary
}

/// The lines of a behavior are shared out among so many estates.
const PARTS: usize = 4;

/// Pieces at a time: more than there are cores, because a run against a server in a bad behavior
/// mostly waits.
const SIDE_BY_SIDE: usize = 20;

/// Does the pieces side by side.
fn side_by_side(pieces: usize, piece: impl Fn(usize) -> Summary + Sync) -> Summary {
    let (next, total) = (AtomicUsize::new(0), Mutex::new(Summary::default()));
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= pieces {
                        break;
                    }
                    total.lock().unwrap().add(piece(number));
                }
            });
        }
    });
    total.into_inner().unwrap()
}

#[test]
fn no_server_behavior_draws_a_secret_out() {
    let count = ServerBehavior::ALL.len();
    let (slice, pieces) = (Slice::from_environment(), count * PARTS);
    let summary = side_by_side(pieces, |piece| {
        // Neighbours are of other behaviors, so that those that wait do not wait behind each other.
        let (part, number) = (piece / count, piece % count);
        let turns: Vec<usize> = (0..combinations())
            .filter(|turn| slice.has_index(turn * pieces + piece, slice.of))
            .collect();
        if turns.is_empty() {
            return Summary::default();
        }
        behavior(number, ServerBehavior::ALL[number], part, &turns)
    });
    tell(&format!(
        "{count} behaviors, {} lines",
        lines(Kind::Remote).count()
    ));
    summary.ends_clean("every behavior");
}

#[test]
fn no_format_and_no_level_shows_a_secret() {
    let summary = side_by_side(LEVELS.len(), |number| {
        level(number, Slice::from_environment())
    });
    tell(&format!(
        "{} verbs, {} lines, {} formats, {} levels",
        TABLE.len(),
        lines(Kind::Remote).chain(lines(Kind::Offline)).count(),
        formats().len(),
        LEVELS.len()
    ));
    summary.ends_clean("every format at every level");
}
