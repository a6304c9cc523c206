//! Two hundred connectors of every type: what a whole run leaves, and what a second one sends.

use super::echo::Heard;
use super::estate::Estate;
use super::harness::Run;
use super::server::ServerBehavior;
use super::summary::{Summary, tell};
use super::verbs::{Kind, LEVELS, TABLE, formats, line};
use std::collections::BTreeSet;

const CONNECTORS: usize = 200;

/// Bytes of the bodies that hold a connector's canary, and how many requests change a connector.
fn sent(estate: &Estate, heard: &[Heard]) -> (usize, usize) {
    let own = |canary: &usize| {
        estate.search.canaries[*canary]
            .place
            .starts_with("customer-")
    };
    let holds = |one: &&Heard| estate.search.canaries_in(&one.body).iter().any(own);
    let bytes = heard.iter().filter(holds).map(|one| one.body.len()).sum();
    let writes = heard.iter().filter(|one| one.is_write()).count();
    (bytes, writes)
}

/// A body holds the canaries of the one connector that it is about, and no other's.
fn assert_each_its_own(estate: &Estate, heard: &[Heard]) {
    for one in heard.iter().filter(|one| one.carries_credentials()) {
        let body = one.json();
        let (customer, name) = (&body["workspace_name"], &body["name"]);
        let owner = format!(
            "{}/{}: ",
            customer.as_str().unwrap(),
            name.as_str().unwrap()
        );
        for canary in estate.search.canaries_in(&one.body) {
            let place = &estate.search.canaries[canary].place;
            assert!(place.starts_with(&owner), "{place} was sent for {owner}");
        }
    }
}

fn run(estate: &Estate, text: &str, format: &str, summary: &mut Summary) -> Run {
    let level = &LEVELS[4];
    let arguments = line(text, format, level);
    let run = estate
        .harness
        .run(&arguments, level.variables, ServerBehavior::Fair);
    summary.check(&estate.search, &run);
    run
}

#[test]
fn two_hundred_connectors_leave_nothing() {
    let estate = Estate::new(CONNECTORS, 200);
    let mut summary = Summary::default();
    let first = run(&estate, "apply --auto-approve", "text", &mut summary);
    first.exits(0);
    let heard = estate.harness.server.heard();
    assert_each_its_own(&estate, &heard);
    let arrived: BTreeSet<usize> = heard
        .iter()
        .filter(|one| one.path().ends_with("/connectors"))
        .flat_map(|one| estate.search.canaries_in(&one.body))
        .collect();
    assert_eq!(arrived.len(), estate.secrets, "every secret was sent");
    let (bytes, _) = sent(&estate, &heard);
    assert!(bytes > 100_000, "the count sees what is sent: {bytes}");
    let second = run(&estate, "apply --auto-approve", "json", &mut summary);
    second.exits(0);
    let heard = estate.harness.server.heard();
    let again = sent(&estate, &heard);
    assert_eq!(again, (0, 0), "{}", second.told());
    for verb in TABLE.iter().filter(|verb| verb.kind == Kind::Remote) {
        for format in formats() {
            run(&estate, verb.lines[0], &format, &mut summary);
        }
    }
    tell(&format!(
        "{} connectors, {} secrets: first apply sent {bytes} bytes of bodies with credentials, \
         the second {}",
        estate.connectors, estate.secrets, again.0
    ));
    summary.ends_clean("every verb over two hundred connectors");
}
