//! Responsible for the canary tests of every command in every format, at every verbosity, against a
//! server with every behavior.
//!
//! A slice is a share of the combinations. Each slice runs every line at least once and uses every
//! behavior. `AIRLIFT_EXHAUSTIVE=1` runs all combinations.

use super::commands::{COMMANDS, CommandKind, VERBOSITIES, arguments, formats};
use super::project::CanaryProject;
use super::server::ServerBehavior;
use super::summary::{Summary, print_figures};
use crate::support::slice::Slice;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Enough connectors for two secrets in each store.
const CONNECTORS: usize = 7;

fn lines(kind: CommandKind) -> impl Iterator<Item = &'static str> {
    COMMANDS
        .iter()
        .filter(move |case| case.kind == kind)
        .flat_map(|case| case.lines)
        .copied()
}

/// The indexes of the format and the verbosity of a combination.
fn combination(number: usize) -> (usize, usize) {
    let formats = formats().len();
    (number % formats, number / formats % VERBOSITIES.len())
}

/// The number of combinations of a format and a verbosity.
fn combinations() -> usize {
    formats().len() * VERBOSITIES.len()
}

/// Runs one part of the lines against a server with one behavior.
///
/// The first part starts with an empty world, the others with a successful apply. Each line runs once
/// for each of `turns`, and adjacent lines differ in format and verbosity.
fn run_part(number: usize, behavior: ServerBehavior, part: usize, turns: &[usize]) -> Summary {
    let seed = number * PARTS + part;
    let project = CanaryProject::new(CONNECTORS, seed as u64);
    let (mut summary, formats) = (Summary::default(), formats());
    if part > 0 {
        let arguments = arguments("apply --auto-approve", &formats[0], &VERBOSITIES[0]);
        let run = project
            .harness
            .run(&arguments, VERBOSITIES[0].variables, ServerBehavior::Normal);
        summary.check(&project.search, &run);
    }
    let all: Vec<_> = lines(CommandKind::Client).enumerate().collect();
    let part_length = all.len().div_ceil(PARTS);
    for (at, line) in all.into_iter().skip(part * part_length).take(part_length) {
        for turn in turns {
            let (format, verbosity) = combination(number * 5 + at + turn);
            let verbosity = &VERBOSITIES[verbosity];
            let arguments = arguments(line, &formats[format], verbosity);
            let run = project
                .harness
                .run(&arguments, verbosity.variables, behavior);
            summary.check(&project.search, &run);
        }
    }
    summary
}

/// Runs every line at one verbosity, in the slice's formats, against a normal server.
fn run_verbosity(number: usize, slice: Slice) -> Summary {
    let project = CanaryProject::new(CONNECTORS, 100 + number as u64);
    let (mut summary, verbosity) = (Summary::default(), &VERBOSITIES[number]);
    let lines = lines(CommandKind::Offline).chain(lines(CommandKind::Client));
    for (at, line) in lines.enumerate() {
        for (n, format) in formats().iter().enumerate() {
            let combination = number * formats().len() + n;
            if !slice.has_index(at + combination, combinations()) {
                continue;
            }
            let arguments = arguments(line, format, verbosity);
            let run = project
                .harness
                .run(&arguments, verbosity.variables, ServerBehavior::Normal);
            assert_ne!(run.status.code(), Some(70), "{number}: {}", run.output());
            summary.check(&project.search, &run);
        }
    }
    summary
}

/// The number of parts of the lines. Each part has a project of its own.
const PARTS: usize = 4;

/// The number of threads. It exceeds the number of cores, because most runs against a faulty server
/// wait for retries.
const THREADS: usize = 20;

/// Runs the jobs on several threads and adds up their totals.
fn run_in_parallel(jobs: usize, run_job: impl Fn(usize) -> Summary + Sync) -> Summary {
    let (next, total) = (AtomicUsize::new(0), Mutex::new(Summary::default()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= jobs {
                        break;
                    }
                    total.lock().unwrap().add(run_job(number));
                }
            });
        }
    });
    total.into_inner().unwrap()
}

#[test]
fn server_behavior_of_every_kind_leaks_nothing() {
    let count = ServerBehavior::ALL.len();
    let (slice, jobs) = (Slice::from_environment(), count * PARTS);
    let summary = run_in_parallel(jobs, |job| {
        // Adjacent jobs have different behaviors, so that slow ones run on different threads.
        let (part, number) = (job / count, job % count);
        // Each slice has turns of every behavior and every part.
        let turns: Vec<usize> = (0..combinations())
            .filter(|turn| slice.has_index(turn + job, slice.of))
            .collect();
        if turns.is_empty() {
            return Summary::default();
        }
        run_part(number, ServerBehavior::ALL[number], part, &turns)
    });
    print_figures(&format!(
        "{count} behaviors, {} lines",
        lines(CommandKind::Client).count()
    ));
    summary.assert_clean("every behavior");
}

#[test]
fn output_in_every_format_and_verbosity_leaks_nothing() {
    let summary = run_in_parallel(VERBOSITIES.len(), |number| {
        run_verbosity(number, Slice::from_environment())
    });
    print_figures(&format!(
        "{} commands, {} lines, {} formats, {} verbosities",
        COMMANDS.len(),
        lines(CommandKind::Client)
            .chain(lines(CommandKind::Offline))
            .count(),
        formats().len(),
        VERBOSITIES.len()
    ));
    summary.assert_clean("every format at every verbosity");
}
