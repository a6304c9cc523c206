//! The fault explorer: injects faults at the requests of every scenario, and checks invariants at every
//! moment and at the end. `cargo test` runs every scenario without faults, every regression, and one
//! slice of 32 of the single faults and of the orders of two applies. CONTRIBUTING describes the rest.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]

mod canary;
mod cases;
mod concurrent_applies;
mod external_change;
mod fault_kinds;
mod faulty_store;
mod history;
mod interleaving;
mod machine;
mod project;
mod regressions;
mod runner;
mod scenario;
mod scenarios;
#[expect(dead_code, reason = "the explorer uses a part of the module")]
#[path = "../support/mod.rs"]
mod support;
mod trial;
mod world_state;

use fault_kinds::KINDS;
use runner::{Summary, work};
use scenario::Start;
use std::io::Write as _;
use support::slice::Slice;
use trial::Prepared;

/// Prints a text, even if the harness captures the output of tests.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// The scenarios, each with the result of a run without faults.
fn prepared(wanted: impl Fn(&str) -> bool) -> Vec<Prepared> {
    let scenarios = scenarios::scenarios().into_iter();
    let scenarios: Vec<_> = scenarios.filter(|scenario| wanted(scenario.name)).collect();
    std::thread::scope(|scope| {
        let prepare = |scenario| scope.spawn(|| Prepared::new(Start::new(scenario)));
        let threads: Vec<_> = scenarios.into_iter().map(prepare).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// A slice of the single faults, one case, or what `AIRLIFT_EXPLORE` names.
#[test]
fn explore() {
    let (case, what) = (variable("AIRLIFT_CASE"), variable("AIRLIFT_EXPLORE"));
    let number = |name: &str, default| variable(name).parse().unwrap_or(default);
    let (runs, seed) = (number("AIRLIFT_RUNS", 10_000), number("AIRLIFT_SEED", 1));
    // An exploration that is requested by name runs every case.
    let slice = match (what.as_str(), std::env::var_os("AIRLIFT_SLICE")) {
        ("", _) | (_, Some(_)) => Slice::from_environment(),
        _ => Slice::WHOLE,
    };
    let (scenario, disturbance) = case.split_once('/').unwrap_or((&case, ""));
    let prepared = prepared(|name| case.is_empty() || name == scenario);
    assert!(!prepared.is_empty(), "no scenario is named {scenario}");
    let summary = match what.as_str() {
        _ if !disturbance.is_empty() => work([cases::named(&prepared[0], disturbance)].into_iter()),
        "" | "singles" => work(cases::singles(&prepared).filter(|case| case.is_in(slice))),
        "concurrent" => work(cases::concurrent(&prepared).filter(|case| case.is_in(slice))),
        "cuts" => work(cases::cuts(&prepared).filter(|case| case.is_in(slice))),
        "pairs" => work(cases::random(&prepared, 2, seed, runs)),
        "triples" => work(cases::random(&prepared, 3, seed, runs)),
        other => {
            panic!("AIRLIFT_EXPLORE={other} is none of singles, concurrent, cuts, pairs, triples")
        }
    };
    let what = match (what.as_str(), case.as_str()) {
        ("" | "singles", "") => "single faults",
        (what, "") => what,
        (_, case) => case,
    };
    report(what, &prepared, &summary);
}

#[test]
fn regressions_hold() {
    let is_named = |name: &str| {
        let mut cases = regressions::REGRESSIONS.iter();
        cases.any(|(_, case)| case.split('/').next() == Some(name))
    };
    let prepared = prepared(is_named);
    let cases = regressions::REGRESSIONS.iter().map(|(_, case)| {
        let (scenario, disturbance) = case.split_once('/').unwrap();
        let mut all = prepared.iter();
        let prepared = all.find(|prepared| prepared.start.scenario.name == scenario);
        cases::named(prepared.unwrap(), disturbance)
    });
    report("regressions", &prepared, &work(cases));
}

#[test]
fn concurrent_applies_hold_invariants() {
    let prepared = prepared(|_| true);
    let slice = Slice::from_environment();
    let all = cases::concurrent(&prepared).count();
    let summary = work(cases::concurrent(&prepared).filter(|case| case.is_in(slice)));
    report(
        &format!("a slice of {all} orders of two applies"),
        &prepared,
        &summary,
    );
    let all = cases::cuts(&prepared).count();
    let summary = work(cases::cuts(&prepared).filter(|case| case.is_in(slice)));
    let what = format!("a slice of {all} cuts of two applies");
    report(&what, &prepared, &summary);
}

#[test]
fn scenario_without_faults_ends_as_expected() {
    for prepared in prepared(|_| true) {
        let scenario = &prepared.start.scenario;
        let name = scenario.name;
        let expected = [scenario.ends, scenario.ends, scenario.plans];
        assert_eq!(prepared.exits, expected, "{name}");
        assert_eq!(
            prepared.final_state.lacks(&scenario.after),
            scenario.lacks,
            "{name}\n{}",
            prepared.final_state
        );
        let operations = &prepared.operations;
        assert!(operations.len() > 4, "{name}: {operations:?}");
    }
}

fn report(what: &str, prepared: &[Prepared], summary: &Summary) {
    say(&format!(
        "explored {what}: {} scenarios, {} kinds, {summary}",
        prepared.len(),
        KINDS.len()
    ));
    let mut text = String::new();
    for (case, verdict) in &summary.failures {
        text = format!("{text}{case}\n  {}\n", verdict.wrong.join("\n  "));
    }
    if let (1, Some(verdict)) = (summary.trials, summary.failures.values().next()) {
        text += &verdict.transcripts.concat();
    }
    assert_eq!(
        summary.failed, 0,
        "run one again with AIRLIFT_CASE='CASE' cargo test --test explore\n{text}"
    );
}
