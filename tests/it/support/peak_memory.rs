//! Responsible for measuring the memory of a run.

use super::{TestEnv, follow};
use std::time::Duration;

/// Runs a command. Returns its exit code and its largest resident memory, in KiB.
pub(crate) fn peak_memory(env: &TestEnv, arguments: &[&str]) -> (Option<i32>, u64) {
    let mut command = env.command(arguments);
    let mut peak = 0;
    let output = follow(&mut command, Duration::from_mins(1), |child| {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let words = line.and_then(|line| line.split_whitespace().next());
        peak = peak.max(words.and_then(|words| words.parse().ok()).unwrap_or(0));
    });
    assert!(peak > 0, "the memory of the run was read");
    (output.status.code(), peak)
}
