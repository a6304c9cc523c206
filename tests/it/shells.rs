//! Tests of completions and manual pages.

use crate::support::{AIRLIFT, Output, TestEnv, isolate};
use std::process::Command;
use std::time::Duration;

/// What airlift answers to bash for the last word of a line.
fn candidates(env: &TestEnv, words: &[&str]) -> Vec<String> {
    let index = (words.len() - 1).to_string();
    let mut variables = env.variables.clone();
    for (name, value) in [
        ("COMPLETE", "bash"),
        ("_CLAP_COMPLETE_INDEX", &index),
        ("_CLAP_IFS", "\n"),
    ] {
        variables.insert(name.to_owned(), value.to_owned());
    }
    let mut command = Command::new(AIRLIFT);
    isolate(&mut command, env.root(), &variables)
        .arg("--")
        .args(words);
    let output = Output::run(&mut command, Duration::from_secs(30));
    output.exits(0).stdout.lines().map(str::to_owned).collect()
}

#[test]
fn completions_know_commands_types_topics_and_the_names_of_the_project() {
    let env = TestEnv::new();
    let has = |words: &[&str], word: &str| candidates(&env, words).iter().any(|c| c == word);
    assert!(has(&["airlift", "pl"], "plan"));
    assert!(has(&["airlift", "types", "git"], "github"));
    assert!(has(&["airlift", "explain", "secret_ro"], "secret_rotated"));
    assert!(has(&["airlift", "plan", "--target", "ac"], "acme"));
    assert!(has(
        &["airlift", "token", "scoped", "--customer", "glo"],
        "globex"
    ));
    env.run(&["completions", "bash"]).exits(0).says("COMPLETE=");
}

#[test]
fn version_is_an_option_and_a_command() {
    let env = TestEnv::new();
    let option = env.run(&["--version"]);
    let command = env.run(&["version"]);
    option.exits(0).says("commit: ").says("features: ");
    assert_eq!(command.exits(0).stdout, option.stdout);
    let json = env.run(&["version", "--format", "json"]);
    json.exits(0).json();
}

#[test]
fn manual_has_a_page_for_each_command_and_replaces_nothing_else() {
    let env = TestEnv::new();
    env.run(&["man", "--out", "man1"])
        .exits(0)
        .says("below man1");
    for page in ["airlift.1", "airlift-plan.1", "airlift-ledger-sign.1"] {
        let text = std::fs::read_to_string(env.path("man1").join(page)).unwrap();
        assert!(text.contains(".TH "), "{page}");
    }
    env.run(&["man", "--out", "man1"]).exits(0);
    env.write("man1/airlift.1", "mine");
    env.run(&["man", "--out", "man1"])
        .exits(1)
        .complains("cannot_write");
}
