//! Responsible for the canary tests of runs that a signal ends while they send credentials, and of
//! `sandbox serve`.

use super::echo::ReceivedRequest;
use super::harness::Run;
use super::project::CanaryProject;
use super::server::ServerBehavior;
use super::summary::{Summary, print_figures};
use crate::support::project::AIRLIFT;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

/// A command that permits core dumps, as far as the system allows.
fn with_core_dumps(project: &CanaryProject, script: &str, arguments: &[&str]) -> Command {
    let script = format!("ulimit -c unlimited 2>/dev/null; {script}");
    let mut shell = Command::new("/bin/sh");
    let shell_arguments = ["-c", &script, AIRLIFT];
    project.harness.isolate(&mut shell, &[]);
    shell.args(shell_arguments).args(arguments);
    shell
}

/// Sends the signal to an apply that waits for the response to a request with credentials.
fn run_until_signal(project: &CanaryProject, signal: Signal) -> Run {
    let arguments = ["apply", "--auto-approve", "-vv"];
    let mut command = with_core_dumps(project, "exec \"$0\" \"$@\"", &arguments);
    let name = format!("ended by {signal:?}");
    project
        .harness
        .follow(name, &mut command, ServerBehavior::NoResponse, |child| {
            if project
                .harness
                .server
                .count(ReceivedRequest::carries_credentials)
                > 0
            {
                // Repeated until the process ends, because the runtime's handler catches the first SIGSEGV.
                kill_process(Pid::from_child(child), signal).unwrap();
            }
            false
        })
}

/// Searches an apply that a signal ends, and the plan after it, which recovers the apply's requests.
fn run_and_recover(seed: u64, signal: Signal) -> Summary {
    let mut summary = Summary::default();
    // Each run has a server of its own, because its requests decide when the signal is sent.
    let project = CanaryProject::new(7, seed);
    let run = run_until_signal(&project, signal);
    assert_eq!(
        run.status.signal(),
        Some(signal.as_raw()),
        "{}",
        run.output()
    );
    assert!(!run.status.core_dumped());
    summary.check(&project.search, &run);
    let again = project
        .harness
        .run(&["plan", "-vv"], &[], ServerBehavior::Normal);
    again.assert_exit_code(0);
    summary.check(&project.search, &again);
    summary
}

#[test]
fn apply_ended_by_signal_while_sending_leaks_nothing() {
    let signals = [Signal::KILL, Signal::ABORT, Signal::SEGV];
    let mut summary = Summary::default();
    std::thread::scope(|scope| {
        let runs = [20, 21, 22]
            .into_iter()
            .zip(signals)
            .map(|(seed, signal)| scope.spawn(move || run_and_recover(seed, signal)));
        for run in runs.collect::<Vec<_>>() {
            summary.add(run.join().unwrap());
        }
    });
    summary.assert_clean("signals while sending");
}

/// The search finds canaries in the core dump of a process that leaves one.
#[test]
fn search_of_core_dump_finds_canaries() {
    let project = CanaryProject::new(7, 30);
    let mut command = with_core_dumps(&project, "kill -ABRT $$", &[]);
    let run = project.harness.follow(
        "crashes".to_owned(),
        &mut command,
        ServerBehavior::Normal,
        |_| false,
    );
    assert_eq!(run.status.signal(), Some(Signal::ABORT.as_raw()));
    let files = run.sinks.iter().filter(|(sink, _)| sink.contains("core"));
    let canaries: usize = files
        .map(|(_, bytes)| project.search.canaries_in(bytes).len())
        .sum();
    // A system may forbid core dumps, or pass them to a program.
    let dumped = run.status.core_dumped() && core_pattern_is_file_name();
    assert_eq!(dumped, canaries > 0, "{:?}: {canaries}", run.status);
    print_figures(&format!(
        "core dump written: {dumped}, canaries found in the core dump: {canaries}"
    ));
}

fn core_pattern_is_file_name() -> bool {
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    pattern.starts_with("core")
}

#[test]
fn sandbox_serve_writes_no_credentials() {
    let project = CanaryProject::new(7, 31);
    let line = [
        "sandbox",
        "serve",
        "--port",
        "0",
        "--state",
        "../served.json",
    ];
    let mut serving = project.harness.command(&line, &[("AIRLIFT_LOG", "trace")]);
    let mut child = serving
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    let address = first
        .split_whitespace()
        .find(|word| word.starts_with("http"));
    let address = address.unwrap().trim_end_matches(';');
    let mut summary = Summary::default();
    // The API returns settings, so the sandbox stores them. It cannot know which ones are secret.
    let is_setting = |sink: &str, origin: &str| {
        sink.contains("served.json") && origin.contains("replication_config")
    };
    for line in [&["apply", "--auto-approve"][..], &["plan", "-vv"]] {
        let run = project.harness.run(
            line,
            &[("AIRBYTE_API_HOST", address)],
            ServerBehavior::Normal,
        );
        run.assert_exit_code(0);
        summary.check_except(&project.search, &run, &is_setting);
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let rest = child.wait_with_output().unwrap();
    let mut stdout = first.into_bytes();
    std::io::Read::read_to_end(&mut out, &mut stdout).unwrap();
    let mut run = project
        .harness
        .run(&["validate"], &[], ServerBehavior::Normal);
    run.sinks.extend([
        ("the server's stdout".to_owned(), stdout),
        ("the server's stderr".to_owned(), rest.stderr),
    ]);
    summary.check_except(&project.search, &run, &is_setting);
    summary.assert_clean("sandbox serve");
}
