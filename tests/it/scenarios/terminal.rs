//! Tests of the output on a terminal, which `script` provides.

use crate::support::{AIRLIFT, Output, PROJECT, TestEnv, faulty, isolate, options};
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

#[test]
fn log_of_an_apply_has_a_line_for_each_step_unless_it_is_quiet() {
    let apply = |more: &[&str]| {
        let env = TestEnv::new();
        let output = env.run(&[&["apply", "--auto-approve"], more].concat());
        output.exits(0);
        output
    };
    let output = apply(&[]);
    for step in ["acme", "acme/Acme GitHub", "globex/Globex Stripe"] {
        let line = output
            .stderr
            .lines()
            .find(|line| line.starts_with(&format!("done: create {step} in ")));
        assert!(
            line.is_some_and(|line| line.contains(" s, id ")),
            "{output}"
        );
    }
    let quiet = apply(&["--quiet"]);
    assert!(!quiet.stderr.contains("done:"), "{quiet}");
    quiet.says("Apply complete!");
}

#[test]
fn lines_in_a_pipe_are_not_wrapped() {
    let mut env = TestEnv::new();
    let longest = |env: &TestEnv| {
        let text = env.run(&["explain", "rotation"]);
        let lengths = text.stdout.lines().map(|line| line.chars().count());
        lengths.max().unwrap()
    };
    assert!(longest(&env) > 120);
    env.set("COLUMNS", "60");
    assert!(longest(&env) <= 60);
}

#[test]
fn color_follows_the_flag_then_the_environment() {
    let mut env = TestEnv::new();
    let is_colored = |env: &TestEnv, more: &[&str]| {
        let output = env.run(&[&["plan"], more].concat());
        output.exits(0).stdout.contains('\u{1b}')
    };
    assert!(!is_colored(&env, &[]));
    assert!(is_colored(&env, &["--color", "always"]));
    env.set("FORCE_COLOR", "1");
    assert!(is_colored(&env, &[]));
    assert!(!is_colored(&env, &["--color", "never"]));
    assert!(!is_colored(&env, &["--no-color"]));
    env.set("NO_COLOR", "1");
    assert!(!is_colored(&env, &[]));
    assert!(is_colored(&env, &["--color", "always"]));
}

#[test]
#[cfg(unix)]
fn approval_with_y_is_asked_for_once_more() {
    let apply = |answers: &str| {
        let env = TestEnv::new();
        let mut command = Command::new("sh");
        let path = std::env::var("PATH").unwrap();
        let variables = env.variables.iter();
        let variables = variables.map(|(name, value)| (name.as_str(), value.as_str()));
        let all = variables.chain([("PATH", path.as_str()), ("TERM", "dumb")]);
        let line = format!("printf '{answers}' | script -qec '{AIRLIFT} apply' /dev/null");
        isolate(&mut command, env.root(), all).args(["-c", &line]);
        Output::run(&mut command, Duration::from_mins(1))
    };
    if Command::new("script").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "script is missing");
        return;
    }
    let approved = apply("y\\nyes\\n");
    approved
        .exits(0)
        .says("Type the whole word `yes`")
        .says("Apply complete!");
    apply("y\\ny\\n").exits(8).says("not_approved");
    let refused = apply("no\\n");
    refused.exits(8);
    assert!(!refused.stdout.contains("whole word"), "{refused}");
}

#[test]
#[cfg(unix)]
fn bar_leaves_columns_for_the_ctrl_c_of_the_keyboard_and_is_cleared_before_the_message() {
    if Command::new("script").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "script is missing");
        return;
    }
    let env = TestEnv::with(
        PROJECT,
        faulty("create_integrations_connectors:*:delay@2500"),
    );
    let mut command = Command::new("sh");
    let path = std::env::var("PATH").unwrap();
    let variables = env.variables.iter();
    let variables = variables.map(|(name, value)| (name.as_str(), value.as_str()));
    let all = variables.chain([("PATH", path.as_str()), ("TERM", "xterm")]);
    let line = format!(
        "(sleep 1.5; printf '\\003'; sleep 2) | script -qec 'exec {AIRLIFT} apply --auto-approve' /dev/null"
    );
    isolate(&mut command, env.root(), all).args(["-c", &line]);
    let output = Output::run(&mut command, Duration::from_mins(1));
    output.exits(8);
    let text = &output.stdout;
    let frames = text
        .split(['\r', '\n'])
        .filter(|line| line.contains("Applying ["));
    let widths: Vec<usize> = frames
        .map(|frame| console_width(frame.split("^C").next().unwrap()))
        .collect();
    assert!(!widths.is_empty(), "{output}");
    // `script` has no size, so that a line has 80 columns.
    assert!(widths.iter().all(|width| *width <= 77), "{widths:?}");
    let (before, _) = text.split_once("Stopping after").unwrap();
    let (_, cleared) = before.rsplit_once("Applying [").unwrap();
    assert!(
        cleared.contains("^C") && !cleared.contains('\n'),
        "{cleared:?}"
    );
    assert!(cleared.contains("\u{1b}[2K"), "{cleared:?}");
}

/// The columns of a text without its control sequences.
fn console_width(text: &str) -> usize {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().chars().count();
    let rest = parts.filter_map(|part| part.split_once(|end: char| end.is_ascii_alphabetic()));
    first + rest.map(|(_, text)| text.chars().count()).sum::<usize>()
}

#[test]
fn lock_timeout_waits_for_the_other_run() {
    let env = TestEnv::with(PROJECT, faulty("list_workspaces:1:delay@4000"));
    let first = env.spawn(&["apply", "--auto-approve"]);
    env.wait_for("the first request", |env| !env.traffic().0.is_empty());
    env.run(&["apply", "--auto-approve"])
        .exits(1)
        .complains("error[ledger_locked]")
        .complains("--lock-timeout");
    env.run(&["apply", "--auto-approve", "--lock-timeout", "30"])
        .exits(0)
        .complains("waiting up to 30 s: another run uses this ledger (held ");
    assert!(first.wait_with_output().unwrap().status.success());
}
