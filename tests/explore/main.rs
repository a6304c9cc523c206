//! The fault explorer: faults at the requests of every scenario, judged by what must hold at every
//! moment and at rest. `cargo test` runs every scenario without faults, every regression, and one
//! slice of 32 of the single faults and of the orders of two applies; CONTRIBUTING has the rest.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod bench;
mod canary;
mod cases;
mod concurrent_applies;
mod estate;
mod external_change;
mod fault_kinds;
mod faulty_store;
mod history;
mod interleaving;
mod project;
mod regressions;
mod runner;
mod scenario;
#[expect(dead_code, reason = "explores in this process and needs a part of it")]
#[path = "../support/mod.rs"]
mod support;
mod trial;
mod world_state;

use fault_kinds::KINDS;
use runner::{Summary, work};
use scenario::Start;
use std::io::Write as _;
use support::tier::Slice;
use trial::Prepared;

/// Shown whether or not the harness captures what tests print.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// The scenarios, each with what happens when nothing goes wrong.
fn prepared(wanted: impl Fn(&str) -> bool) -> Vec<Prepared> {
    let scenarios = estate::scenarios().into_iter();
    let scenarios: Vec<_> = scenarios.filter(|one| wanted(one.name)).collect();
    std::thread::scope(|scope| {
        let prepare = |one| scope.spawn(|| Prepared::of(Start::of(one)));
        let threads: Vec<_> = scenarios.into_iter().map(prepare).collect();
        threads.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// A slice of the single faults, one case, or what `AIRLIFT_EXPLORE` names.
#[test]
fn explore() {
    let (case, what) = (variable("AIRLIFT_CASE"), variable("AIRLIFT_EXPLORE"));
    let number = |name: &str, default| variable(name).parse().unwrap_or(default);
    let (runs, seed) = (number("AIRLIFT_RUNS", 10_000), number("AIRLIFT_SEED", 1));
    // What is asked for by its name is explored whole.
    let slice = match (what.as_str(), std::env::var_os("AIRLIFT_SLICE")) {
        ("", _) | (_, Some(_)) => Slice::from_environment(),
        _ => Slice::WHOLE,
    };
    let (scenario, trouble) = case.split_once('/').unwrap_or((&case, ""));
    let prepared = prepared(|name| case.is_empty() || name == scenario);
    assert!(!prepared.is_empty(), "no scenario is named {scenario}");
    let summary = match what.as_str() {
        _ if !trouble.is_empty() => work([cases::named(&prepared[0], trouble)].into_iter()),
        "" | "singles" => work(cases::singles(&prepared).filter(|one| one.is_in(slice))),
        "rivals" => work(cases::rivals(&prepared).filter(|one| one.is_in(slice))),
        "cuts" => work(cases::cuts(&prepared).filter(|one| one.is_in(slice))),
        "pairs" => work(cases::several(&prepared, 2, seed, runs)),
        "triples" => work(cases::several(&prepared, 3, seed, runs)),
        other => panic!("AIRLIFT_EXPLORE={other} is none of singles, rivals, cuts, pairs, triples"),
    };
    let what = match (what.as_str(), case.as_str()) {
        ("" | "singles", "") => "single faults",
        (what, "") => what,
        (_, case) => case,
    };
    report(what, &prepared, &summary);
}

#[test]
fn what_failed_once_holds() {
    let is_named = |name: &str| {
        let mut cases = regressions::REGRESSIONS.iter();
        cases.any(|(_, case)| case.split('/').next() == Some(name))
    };
    let prepared = prepared(is_named);
    let cases = regressions::REGRESSIONS.iter().map(|(_, case)| {
        let (scenario, trouble) = case.split_once('/').unwrap();
        let mut all = prepared.iter();
        let start = all.find(|one| one.start.scenario.name == scenario);
        cases::named(start.unwrap(), trouble)
    });
    report("what failed once", &prepared, &work(cases));
}

#[test]
fn two_applies_at_once() {
    let prepared = prepared(|_| true);
    let slice = Slice::from_environment();
    let all = cases::rivals(&prepared).count();
    let summary = work(cases::rivals(&prepared).filter(|one| one.is_in(slice)));
    report(
        &format!("a slice of {all} orders of two applies"),
        &prepared,
        &summary,
    );
    let all = cases::cuts(&prepared).count();
    let summary = work(cases::cuts(&prepared).filter(|one| one.is_in(slice)));
    let what = format!("a slice of {all} cuts of two applies");
    report(&what, &prepared, &summary);
}

#[test]
fn without_faults_each_scenario_ends_as_it_should() {
    for one in prepared(|_| true) {
        let scenario = &one.start.scenario;
        let name = scenario.name;
        let expected = [scenario.ends, scenario.ends, scenario.plans];
        assert_eq!(one.exits, expected, "{name}");
        assert_eq!(
            one.rest.lacks(&scenario.after),
            scenario.lacks,
            "{name}\n{}",
            one.rest
        );
        assert!(one.operations.len() > 4, "{name}: {:?}", one.operations);
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
        text += &verdict.told.concat();
    }
    assert_eq!(
        summary.failed, 0,
        "one again: AIRLIFT_CASE='CASE' cargo test --test explore\n{text}"
    );
}
