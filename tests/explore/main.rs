//! The fault explorer: every fault at every request of every scenario, judged by what must hold
//! at every moment and at rest. See CONTRIBUTING for its longer runs.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod bench;
mod canary;
mod crew;
mod estate;
mod history;
mod kinds;
mod outside;
mod project;
mod scenario;
mod still;
mod trial;

use crew::{Case, Tally, work};
use kinds::{Blow, KINDS};
use scenario::Start;
use std::fmt::Write as _;
use std::io::Write as _;
use trial::Prepared;

/// Shown whether or not the harness captures what tests print.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The scenarios, each with what happens when nothing goes wrong.
fn prepared() -> Vec<Prepared> {
    let wanted = std::env::var("AIRLIFT_CASE").unwrap_or_default();
    let wanted = wanted.split('/').next().unwrap_or_default().to_owned();
    let scenarios = estate::scenarios().into_iter();
    let scenarios = scenarios.filter(|one| wanted.is_empty() || one.name == wanted);
    let scenarios: Vec<_> = scenarios.collect();
    std::thread::scope(|scope| {
        let threads: Vec<_> = scenarios
            .into_iter()
            .map(|one| scope.spawn(|| Prepared::of(Start::of(one))))
            .collect();
        threads.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// Every kind at every request where it matters.
fn singles(prepared: &[Prepared]) -> impl Iterator<Item = Case<'_>> + Send {
    prepared.iter().flat_map(|prepared| {
        let operations = prepared.operations.iter().enumerate();
        operations.flat_map(move |(index, operation)| {
            let kinds = KINDS.iter().filter(|kind| Blow::matters(kind, operation));
            let case = move |kind: &&str| Case {
                prepared,
                blows: vec![Blow::new(index + 1, kind)],
            };
            kinds.map(case).collect::<Vec<_>>()
        })
    })
}

fn report(what: &str, prepared: &[Prepared], tally: &Tally) {
    let seconds = tally.took.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = tally.trials as f64 / seconds;
    say(&format!(
        "explore {what}: {} trials ({} met nothing) of {} scenarios and {} kinds, {} requests, \
         {} repeated, {} failed; {seconds:.0} s, {rate:.0} trials/s",
        tally.trials,
        tally.unmet,
        prepared.len(),
        KINDS.len(),
        tally.requests,
        tally.repeats,
        tally.failures.len()
    ));
    let mut text = String::new();
    for (case, verdict) in tally.failures.iter().take(25) {
        let _ = writeln!(text, "{case}\n  {}", verdict.wrong.join("\n  "));
    }
    if let (1, Some(verdict)) = (tally.trials, tally.failures.values().next()) {
        text += &verdict.told;
    }
    assert!(
        tally.failures.is_empty(),
        "{} cases failed\n{text}",
        tally.failures.len()
    );
}

#[test]
fn every_single_fault() {
    let prepared = prepared();
    let wanted = std::env::var("AIRLIFT_CASE").unwrap_or_default();
    let cases = singles(&prepared).filter(|case| case.name().starts_with(&wanted));
    let tally = work(cases);
    report("singles", &prepared, &tally);
}
