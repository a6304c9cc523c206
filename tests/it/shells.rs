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
fn completions_read_the_project_and_the_environment_that_the_line_names() {
    let env = TestEnv::new();
    env.write(
        "other/airlift.yaml",
        "version: 1\nenvironments:\n  prod: {variables: {S: ''}}\n  test: {variables: {S: -test}}\ncustomers:\n  \
         - name: initech${var.S}\n",
    );
    let of = |words: &[&str]| candidates(&env, words);
    assert_eq!(
        of(&[
            "airlift", "plan", "-f", "other", "--env", "test", "--target", "ini"
        ]),
        ["initech-test"]
    );
    assert_eq!(
        of(&[
            "airlift",
            "--file=other",
            "--env=prod",
            "plan",
            "--target",
            "ini"
        ]),
        ["initech"]
    );
    assert!(of(&["airlift", "plan", "--type", "git"]).contains(&"github".to_owned()));
    assert!(of(&["airlift", "connect", "acme/"]).contains(&"acme/Acme GitHub".to_owned()));
    assert_eq!(of(&["airlift", "apply", "--confirm", "acm"]), ["acme"]);
}

/// What a shell completes with the script of airlift, or `None` without the shell.
fn completed(env: &TestEnv, shell: &str, script: &str) -> Option<String> {
    let bin = env.path("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let _ = std::os::unix::fs::symlink(AIRLIFT, bin.join("airlift"));
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new(shell);
    isolate(&mut command, env.root(), &env.variables)
        .env("PATH", format!("{}:{path}", bin.display()))
        .args(["-c", script]);
    if Command::new(shell).arg("--version").output().is_err() {
        assert!(
            shell != "bash" || std::env::var_os("CI").is_none(),
            "{shell} is missing"
        );
        return None;
    }
    let output = Output::run(&mut command, Duration::from_secs(30));
    Some(output.exits(0).stdout.clone())
}

#[test]
fn completions_of_bash_quote_names_with_blanks() {
    let env = TestEnv::new();
    // The words that bash passes for a line, the last one as the command gets it.
    let complete = |words: &str, last: &str| {
        let script = format!(
            "source <(airlift completions bash); COMP_WORDS=({words}); \
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _airlift airlift {last} ''; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        completed(&env, "bash", &script)
    };
    let Some(unquoted) = complete(r"airlift rotate 'acme/Acme\ G'", r"'acme/Acme\ G'") else {
        return;
    };
    assert_eq!(unquoted, "acme/Acme\\ GitHub\n");
    let quoted = complete(r#"airlift rotate "'acme/Acme G""#, "'acme/Acme G'");
    assert_eq!(quoted.as_deref(), Some("acme/Acme GitHub\n"));
    let option = complete("airlift plan --target = glo", "glo");
    assert_eq!(option.as_deref(), Some("globex\nglobex/Globex\\ Stripe\n"));
}

/// A name may come from a table of others.
#[test]
fn completions_of_bash_run_nothing_that_is_in_a_name() {
    let env = TestEnv::new();
    let name = "evil'; `touch pwned` \"$(touch pwned)\\ ~";
    let text = serde_json::to_string(name).unwrap();
    env.write(
        "airlift.yaml",
        &format!("version: 1\ncustomers:\n  - name: {text}\n"),
    );
    for open in ["\"", "'", ""] {
        let close = open;
        let script = format!(
            "source <(airlift completions bash); COMP_WORDS=(airlift rotate {}); COMP_CWORD=2; \
             _airlift airlift evil ''; eval \"set -- {}${{COMPREPLY[0]}}{}\"; printf '%s' \"$1\"",
            if open == "'" {
                "\"'evil\""
            } else if open == "\"" {
                "'\"evil'"
            } else {
                "evil"
            },
            open.replace('"', "\\\""),
            close.replace('"', "\\\""),
        );
        let Some(completed) = completed(&env, "bash", &script) else {
            return;
        };
        assert_eq!(completed, name, "{script}");
        assert!(!env.path("pwned").exists(), "{script}");
    }
}

#[test]
fn completions_of_zsh_read_words_without_their_quotation_marks() {
    let env = TestEnv::new();
    let script = env.run(&["completions", "zsh"]);
    let script = &script.exits(0).stdout;
    assert!(
        script.contains(r#"-- "${(@Q)words[1,CURRENT-1]}""#),
        "{script}"
    );
    assert!(!script.contains(r#""${words[@]}""#), "{script}");
    // The first completion of a session reads the file, and has to answer, too.
    assert!(
        script.ends_with("    _clap_dynamic_completer_airlift\nfi\n"),
        "{script}"
    );
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
