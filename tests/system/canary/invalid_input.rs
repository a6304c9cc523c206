//! Files, stores and settings that are wrong right beside a secret.

use super::estate::Estate;
use super::search::Search;
use super::server::ServerBehavior;
use super::summary::{Summary, tell};
use super::values::{Canary, CanaryGenerator, Shape};
use super::verbs::formats;
use serde_json::json;

/// A project around one line of credentials.
fn around(credentials: &str) -> String {
    format!(
        "version: 1\ncustomers:\n  - name: acme\n    connectors:\n      - name: Hub\n        \
         type: github\n        {credentials}\n"
    )
}

/// Wrong credentials by name, each with a secret in it.
fn credentials(quoted: &str, line: &str) -> Vec<(&'static str, String)> {
    let inner = &quoted[1..quoted.len() - 1];
    vec![
        ("a literal", format!("credentials: {{token: {quoted}}}")),
        ("an open bracket", format!("credentials: {{token: {quoted}")),
        ("an open quote", format!("credentials: {{token: '{line}")),
        ("text for a mapping", format!("credentials: {quoted}")),
        ("a list", format!("credentials: [{quoted}]")),
        (
            "a list in a field",
            format!("credentials: {{token: [{quoted}]}}"),
        ),
        (
            "a mapping in a field",
            format!("credentials: {{token: {{value: {quoted}}}}}"),
        ),
        ("a key", format!("credentials: {{? {quoted} : x}}")),
        (
            "a key with no value",
            format!("credentials: {{{quoted}: }}"),
        ),
        (
            "twice",
            format!("credentials: {{token: {quoted}, token: {quoted}}}"),
        ),
        (
            "part of a reference",
            format!("credentials: {{token: \"${{env:X}}{inner}\"}}"),
        ),
    ]
}

/// The same in stranger ways, and beside the credentials.
fn stranger(value: &str, quoted: &str, line: &str) -> Vec<(&'static str, String)> {
    let block = value.replace('\n', "\n            ");
    let inner = &quoted[1..quoted.len() - 1];
    vec![
        (
            "a reference's store",
            format!("credentials: {{token: \"${{{inner}:X}}\"}}"),
        ),
        (
            "an unknown store",
            format!("credentials: {{token: \"${{op:X}}\", x: {quoted}}}"),
        ),
        ("another field", format!("credentials: {{tokn: {quoted}}}")),
        (
            "a block",
            format!("credentials:\n          token: |\n            {block}\n         x: ["),
        ),
        ("a tag", format!("credentials: {{token: !!int {quoted}}}")),
        (
            "an anchor",
            format!("credentials: {{token: &a {quoted}, more: *b}}"),
        ),
        ("a comment", format!("credentials: {{token: [}} # {line}")),
        ("a tab", format!("credentials:\n\t  token: {quoted}")),
        (
            "a setting",
            format!("replication_config: {{api_token: {quoted}}}"),
        ),
        ("a variable", format!("environment: {{password: {quoted}}}")),
        (
            "a wrong time",
            format!("replication_config: {{start_date: {quoted}}}"),
        ),
        (
            "a method",
            format!("credentials: {{token: \"${{env:X}}\"}}\n        auth: [{quoted}]"),
        ),
    ]
}

/// Wrong files by name.
fn files(value: &str) -> Vec<(&'static str, String)> {
    let quoted = json!(value).to_string();
    let line = value.lines().next().unwrap();
    let mut all = credentials(&quoted, line);
    all.extend(stranger(value, &quoted, line));
    for (_, text) in &mut all {
        *text = around(text);
    }
    all.extend([
        ("a version", format!("version: [{quoted}]\n")),
        ("customers", format!("version: 1\ncustomers: {quoted}\n")),
        ("an unknown key", format!("version: 1\napi_key: {quoted}\n")),
        ("a document", quoted.clone()),
    ]);
    all
}

#[test]
fn what_is_wrong_beside_a_secret_is_told_without_it() {
    let mut summary = Summary::default();
    let mut generator = CanaryGenerator::new(11);
    let mut estate = Estate::new(0, 11);
    let mut count = 0;
    for shape in Shape::ALL {
        let canary = generator.canary("written out", shape);
        let search = Search::new(vec![canary.clone()]);
        for (name, text) in files(&canary.value) {
            count += 1;
            estate.harness.give("project/wrong/airlift.yaml", &text);
            let verb = ["validate", "plan", "apply", "rotate --all", "doctor"][count % 5];
            let format = &formats()[count % formats().len()];
            let line = format!("{verb} -f wrong --format {format} -vv");
            let arguments: Vec<&str> = line.split(' ').collect();
            let run = estate.harness.run(&arguments, &[], ServerBehavior::Fair);
            assert_eq!(run.status.code(), Some(1), "{name}: {}", run.told());
            summary.check(&search, &run);
        }
    }
    tell(&format!("{count} wrong files"));
    summary.ends_clean("wrong files");
}

/// Stores that hold the secret and cannot give it.
fn stores(estate: &mut Estate, canary: &Canary) -> Vec<&'static str> {
    let value = &canary.value;
    let quoted = json!(value).to_string();
    let harness = &mut estate.harness;
    harness.give("project/secrets/bad.json", &format!("{{\"k\": {quoted}, x"));
    harness.give(
        "project/secrets/list.json",
        &format!("{{\"k\": [{quoted}]}}"),
    );
    harness.give(
        "project/secrets/bad.yaml",
        &format!("k: [{quoted}\nx: y\n  z"),
    );
    harness.give(
        "project/secrets/twice.yaml",
        &format!("k: {quoted}\nk: {quoted}\n"),
    );
    harness.give(
        "project/secrets/bad.env",
        &format!("k=\"{}\\q\n{value}", &value[..4]),
    );
    harness.give("project/secrets/control", &format!("{value}\u{7}"));
    harness.vault.keep("canaries", "k", value);
    let script = harness.path("home/bin/fails").display().to_string();
    let told = value.replace('\'', r"'\''");
    harness.give(
        "home/bin/fails",
        &format!("#!/bin/sh\necho '{told}'\necho '{told}' >&2\nexit 3\n"),
    );
    let config = json!({"exec": {"fails": {"argv": [script]}}}).to_string();
    harness.give("home/.config/airlift/config.yaml", &config);
    vec![
        "${env:NOT_SET}",
        "${file:secrets/bad.json#k}",
        "${file:secrets/bad.json#other}",
        "${file:secrets/list.json#k}",
        "${file:secrets/bad.yaml#k}",
        "${file:secrets/twice.yaml#k}",
        "${file:secrets/bad.env#k}",
        "${file:secrets/control}",
        "${vault:kv/canaries#other}",
        "${vault:kv/nothing#k}",
        "${exec:fails}",
        "${exec:unknown}",
    ]
}

#[test]
fn a_store_that_fails_is_told_of_without_what_it_holds() {
    let mut summary = Summary::default();
    let mut estate = Estate::new(0, 12);
    for shape in [Shape::Plain, Shape::Quoted, Shape::Lines, Shape::Unicode] {
        let canary = CanaryGenerator::new(12).canary("a failing store", shape);
        let references = stores(&mut estate, &canary);
        let mut canaries = estate.search.canaries.clone();
        canaries.push(canary);
        let search = Search::new(canaries);
        for reference in references {
            let text = around(&format!("credentials: {{token: \"{reference}\"}}"))
                + "stores: [env, file, vault, exec]\n";
            // Beside the secrets, which are below the project.
            estate.harness.give("project/failing.yaml", &text);
            let arguments = ["apply", "-f", "failing.yaml", "--auto-approve", "-vv"];
            let run = estate.harness.run(&arguments, &[], ServerBehavior::Fair);
            run.exits(11);
            summary.check(&search, &run);
            let run =
                estate
                    .harness
                    .run(&["doctor", "-f", "failing.yaml"], &[], ServerBehavior::Fair);
            summary.check(&search, &run);
        }
    }
    summary.ends_clean("failing stores");
}

/// Arguments and variables.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);

/// Addresses that hold a password, in the settings and on the command line.
#[test]
fn addresses_are_shown_without_their_passwords() {
    let mut summary = Summary::default();
    let estate = Estate::new(7, 13);
    let password = &estate.canary("the proxy's password").value;
    let address = |host: &str| format!("http://user:{password}@{host}");
    let (dead, odd) = (address("127.0.0.1:9"), address("[nonsense"));
    let own =
        |place: &str, canary: &str| place == "command line" && canary.starts_with("the proxy");
    let https = dead.replace("http:", "https:");
    let cases: [Case<'_>; 6] = [
        (
            &["plan", "-vv", "--proxy", &dead],
            &[("AIRBYTE_API_HOST", "https://api.example")],
        ),
        (
            &["plan", "-vv", "--proxy", &odd],
            &[("AIRBYTE_API_HOST", "https://api.example")],
        ),
        (&["apply", "--proxy", &dead, "--no-such-flag"], &[]),
        (&["plan", "-vv"], &[("AIRBYTE_API_HOST", &https)]),
        (&["doctor"], &[("AIRBYTE_API_HOST", &https)]),
        (
            &["apply", "--auto-approve", "-vv"],
            &[("VAULT_ADDR", &https)],
        ),
    ];
    for (arguments, variables) in cases {
        let run = estate
            .harness
            .run(arguments, variables, ServerBehavior::Fair);
        assert_ne!(run.status.code(), Some(0), "{}", run.told());
        summary.check_except(&estate.search, &run, &own);
    }
    summary.ends_clean("addresses with passwords");
}
