//! Every verb in every format, at every level of talk, against a server in every behavior.
//!
//! Without `AIRLIFT_CANARIES=all` the behavior, the format and the level of a line are not combined
//! in full: each line meets every behavior, and every format at every level.

use super::estate::Estate;
use super::server::ServerBehavior;
use super::summary::{Summary, tell};
use super::verbs::{Kind, LEVELS, TABLE, Verb, formats, line};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Two for each store.
const CONNECTORS: usize = 7;

fn lines(kind: Kind) -> impl Iterator<Item = &'static str> {
    let of = move |verb: &&Verb| verb.kind == kind;
    TABLE.iter().filter(of).flat_map(|verb| verb.lines).copied()
}

/// One line against one behavior: every combination, or one that differs from its neighbours'.
fn combinations(number: usize) -> Vec<(usize, usize)> {
    let (formats, levels) = (formats().len(), LEVELS.len());
    if std::env::var("AIRLIFT_CANARIES").is_ok_and(|how| how == "all") {
        let each = |format| (0..levels).map(move |level| (format, level));
        return (0..formats).flat_map(each).collect();
    }
    vec![(number % formats, number / formats % levels)]
}

/// A quarter of the lines, against a server in one behavior: the first ones from an empty world on,
/// the others after an apply that went through.
fn behavior(number: usize, behavior: ServerBehavior, part: usize) -> Summary {
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
        for (format, level) in combinations(number * 5 + at) {
            let level = &LEVELS[level];
            let arguments = line(text, &formats[format], level);
            let run = estate.harness.run(&arguments, level.variables, behavior);
            summary.check(&estate.search, &run);
        }
    }
    summary
}

/// Every line in every format at every level, with nothing wrong.
fn levels(part: usize, parts: usize) -> Summary {
    let estate = Estate::new(CONNECTORS, 100 + part as u64);
    let (mut summary, formats) = (Summary::default(), formats());
    let all = lines(Kind::Offline).chain(lines(Kind::Remote));
    for text in all {
        for (at, level) in LEVELS.iter().enumerate().skip(part).step_by(parts) {
            let format = &formats;
            for format in format {
                let arguments = line(text, format, level);
                let run = estate
                    .harness
                    .run(&arguments, level.variables, ServerBehavior::Fair);
                assert_ne!(run.status.code(), Some(70), "{at}: {}", run.told());
                summary.check(&estate.search, &run);
            }
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
fn no_mood_of_the_server_draws_a_secret_out() {
    let count = ServerBehavior::ALL.len();
    let summary = side_by_side(count * PARTS, |piece| {
        // Neighbours are of other behaviors, so that those that wait do not wait behind each other.
        let (part, number) = (piece / count, piece % count);
        behavior(number, ServerBehavior::ALL[number], part)
    });
    tell(&format!(
        "{count} behaviors, {} lines",
        lines(Kind::Remote).count()
    ));
    summary.ends_clean("every behavior");
}

#[test]
fn no_format_and_no_level_shows_a_secret() {
    let summary = side_by_side(LEVELS.len(), |part| levels(part, LEVELS.len()));
    tell(&format!(
        "{} verbs, {} lines, {} formats, {} levels",
        TABLE.len(),
        lines(Kind::Remote).chain(lines(Kind::Offline)).count(),
        formats().len(),
        LEVELS.len()
    ));
    summary.ends_clean("every format at every level");
}
