//! Tests of customers from tables.

use crate::support::{Output, copy};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

#[test]
fn bulk_example_is_applied_once_and_a_missing_row_is_a_removal() {
    let dir = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/bulk");
    copy(&example, dir.path());
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_airlift"));
        command
            .env_clear()
            .args(arguments)
            .arg("-f")
            .arg(dir.path());
        Output::run(&mut command, Duration::from_mins(1))
    };
    let first = run(&["apply", "--sandbox", "--auto-approve"]);
    first.exits(0);
    first.ends_with("Apply complete! Resources: 12 added, 0 changed, 0 destroyed.");
    let second = run(&["plan", "--sandbox"]);
    assert!(second.stdout.starts_with("No changes."), "{second}");

    let table = dir.path().join("customers.csv");
    let text = std::fs::read_to_string(&table).unwrap();
    let rows: Vec<&str> = text
        .lines()
        .filter(|row| !row.starts_with("globex"))
        .collect();
    std::fs::write(&table, rows.join("\n")).unwrap();
    let removal = run(&["plan", "--sandbox", "--prune", "--format", "json"]);
    assert!(removal.stdout.contains("\"globex\""), "{removal}");
    let listed = run(&["expand", "globex"]);
    listed.exits(64).complains("unknown_selector");
}
