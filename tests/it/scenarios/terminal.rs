//! Tests of the output on a terminal, which `script` provides.

use crate::support::{AIRLIFT, Output, PROJECT, TestEnv, isolate, options};
use std::process::Command;
use std::time::Duration;

/// What a command prints on a terminal with these variables. `None` without `script`.
fn on_terminal(env: &TestEnv, line: &str, variables: &[(&str, &str)]) -> Option<String> {
    let mut command = Command::new("script");
    let all = env
        .variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let path = std::env::var("PATH").unwrap();
    let all = all
        .chain([("PATH", path.as_str())])
        .chain(variables.iter().copied());
    isolate(&mut command, env.root(), all);
    command.args(["-qec", &format!("{AIRLIFT} {line}"), "/dev/null"]);
    if Command::new("script").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "script is missing");
        return None;
    }
    let output = Output::run(&mut command, Duration::from_mins(1));
    output.exits(0);
    Some(output.stdout)
}

#[test]
fn terminal_without_control_sequences_gets_none() {
    let env = TestEnv::with(PROJECT, options());
    let Some(text) = on_terminal(&env, "plan", &[("TERM", "xterm")]) else {
        return;
    };
    assert!(text.contains('\u{1b}'), "{text:?}");
    for variables in [
        &[("TERM", "dumb")][..],
        &[],
        &[("TERM", "xterm"), ("CI", "true")],
    ] {
        for line in [
            "plan",
            "plan -vv",
            "validate",
            "explain guard",
            "doctor",
            "--help",
        ] {
            let text = on_terminal(&env, line, variables).unwrap();
            assert!(!text.contains('\u{1b}'), "{line}: {text:?}");
            assert!(!text.replace("\r\n", "").contains('\r'), "{line}: {text:?}");
        }
    }
    let without_color = [("TERM", "xterm"), ("NO_COLOR", "1")];
    let text = on_terminal(&env, "validate", &without_color).unwrap();
    assert!(!text.contains('\u{1b}'), "{text:?}");
}
