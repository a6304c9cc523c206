//! Runs that end in the middle of sending credentials: by force, or as a program that crashes.

use super::echo::Heard;
use super::estate::Estate;
use super::harness::Run;
use super::server::ServerBehavior;
use super::summary::{Summary, tell};
use crate::support::project::AIRLIFT;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

/// A shell that lets a program leave the image of its memory, if it may allow that.
fn dumpable(estate: &Estate, script: &str, arguments: &[&str]) -> Command {
    let script = format!("ulimit -c unlimited 2>/dev/null; {script}");
    let mut shell = Command::new("/bin/sh");
    let shell_arguments = ["-c", &script, AIRLIFT];
    estate.harness.isolate(&mut shell, &[]);
    shell.args(shell_arguments).args(arguments);
    shell
}

/// Ends an apply once the server holds a body with credentials and does not answer.
fn ended(estate: &Estate, signal: Signal) -> Run {
    let arguments = ["apply", "--auto-approve", "-vv"];
    let mut command = dumpable(estate, "exec \"$0\" \"$@\"", &arguments);
    let name = format!("ended by {signal:?}");
    estate
        .harness
        .follow(name, &mut command, ServerBehavior::Silent, |child| {
            if estate.harness.server.count(Heard::carries_credentials) > 0 {
                // Again, until it has ended: the first SIGSEGV only meets the runtime's own handler.
                kill_process(Pid::from_child(child), signal).unwrap();
            }
            false
        })
}

/// An apply that is ended by a signal, and the plan after it, which waits for what was sent.
fn crashed(seed: u64, signal: Signal) -> Summary {
    let mut summary = Summary::default();
    // A server of its own each: what it heard decides when the run ends. No customer exists
    // yet, and making one is a write: the server answers those.
    let estate = Estate::new(7, seed);
    let run = ended(&estate, signal);
    assert_eq!(run.status.signal(), Some(signal.as_raw()), "{}", run.told());
    assert!(!run.status.core_dumped(), "an image of memory");
    summary.check(&estate.search, &run);
    let again = estate
        .harness
        .run(&["plan", "-vv"], &[], ServerBehavior::Fair);
    again.exits(0);
    summary.check(&estate.search, &again);
    summary
}

#[test]
fn a_run_that_ends_while_it_sends_leaves_nothing() {
    let signals = [Signal::KILL, Signal::ABORT, Signal::SEGV];
    let mut summary = Summary::default();
    std::thread::scope(|scope| {
        let runs = [20, 21, 22]
            .into_iter()
            .zip(signals)
            .map(|(seed, signal)| scope.spawn(move || crashed(seed, signal)));
        for run in runs.collect::<Vec<_>>() {
            summary.add(run.join().unwrap());
        }
    });
    summary.ends_clean("ended while sending");
}

/// The same way finds the image of a process that does leave one.
#[test]
fn an_image_of_memory_would_be_found() {
    let estate = Estate::new(7, 30);
    let mut command = dumpable(&estate, "kill -ABRT $$", &[]);
    let run = estate.harness.follow(
        "crashes".to_owned(),
        &mut command,
        ServerBehavior::Fair,
        |_| false,
    );
    assert_eq!(run.status.signal(), Some(Signal::ABORT.as_raw()));
    let files = run
        .places
        .iter()
        .filter(|(place, _)| place.contains("core"));
    let found: usize = files
        .map(|(_, bytes)| estate.search.canaries_in(bytes).len())
        .sum();
    // A system may forbid images, or hand them to a program of its own.
    let kept = run.status.core_dumped() && pattern_is_a_name();
    assert_eq!(kept, found > 0, "{:?}: {found}", run.status);
    tell(&format!(
        "image of memory planted: {kept}, canaries found in it: {found}"
    ));
}

fn pattern_is_a_name() -> bool {
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    pattern.starts_with("core")
}

/// The embedded API as a server of its own: what it says and what it keeps.
#[test]
fn a_served_sandbox_keeps_nothing() {
    let estate = Estate::new(7, 31);
    let line = [
        "sandbox",
        "serve",
        "--port",
        "0",
        "--state",
        "../served.json",
    ];
    let mut serving = estate.harness.command(&line, &[("AIRLIFT_LOG", "trace")]);
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
    // A server cannot tell which settings came from references, so it keeps those.
    let fine = |place: &str, canary: &str| {
        place.contains("served.json") && canary.contains("replication_config")
    };
    for line in [&["apply", "--auto-approve"][..], &["plan", "-vv"]] {
        let run = estate
            .harness
            .run(line, &[("AIRBYTE_API_HOST", address)], ServerBehavior::Fair);
        run.exits(0);
        summary.check_except(&estate.search, &run, &fine);
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let rest = child.wait_with_output().unwrap();
    let mut said = first.into_bytes();
    std::io::Read::read_to_end(&mut out, &mut said).unwrap();
    let mut run = estate.harness.run(&["validate"], &[], ServerBehavior::Fair);
    run.places.extend([
        ("the server's stdout".to_owned(), said),
        ("the server's stderr".to_owned(), rest.stderr),
    ]);
    summary.check_except(&estate.search, &run, &fine);
    summary.ends_clean("a served sandbox");
}
