//! Incomplete ledger files: a run reports them and does not continue without them.

use super::bench::Bench;
use std::path::PathBuf;

const PLAN: &str = "plan --detailed-exitcode";

/// The file with a name in the ledger of the only organization.
fn file(bench: &Bench, is: impl Fn(&str) -> bool) -> PathBuf {
    let organizations = std::fs::read_dir(bench.path(".airlift/ledger")).unwrap();
    let organization = organizations.last().unwrap().unwrap().path();
    let directories = [organization.clone(), organization.join("customers")];
    let entries = directories
        .iter()
        .flat_map(|directory| std::fs::read_dir(directory).unwrap());
    let mut paths = entries.map(|entry| entry.unwrap().path());
    paths
        .find(|path| is(path.file_name().unwrap().to_str().unwrap()))
        .unwrap()
}

fn is_head(name: &str) -> bool {
    name == "head.json"
}

fn is_entry(name: &str) -> bool {
    name.contains(".json") && !is_head(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn ledger_file_incomplete_fails_the_run() {
    let bench = Bench::new(1);
    let running = bench.serve("").await;
    bench.run(&running, "apply --auto-approve").await.exits(0);
    let path = file(&bench, is_head);
    let complete = std::fs::read(&path).unwrap();
    for part in 0..4 {
        std::fs::write(&path, &complete[..(complete.len() - 2) * part / 4]).unwrap();
        let plan = bench.run(&running, PLAN).await;
        plan.exits(1);
        plan.complains("error[ledger_failed]");
        let apply = bench.run(&running, "apply --auto-approve").await;
        apply.exits(1);
        apply.complains("error[ledger_failed]");
    }
    std::fs::write(&path, &complete).unwrap();
    // Only the last line of a journal can be incomplete. Its request was not sent.
    let journal = file(&bench, |name| name == "journal.ndjson");
    let complete = std::fs::read(&journal).unwrap();
    assert!(complete.len() > 100);
    for part in 1..4 {
        let cut = &complete[..complete.len() * part / 4];
        // The last line, and a part of a line.
        let incomplete = cut.rsplit(|byte| *byte == b'\n').next().unwrap();
        std::fs::write(&journal, [&complete[..], incomplete].concat()).unwrap();
        bench.run(&running, PLAN).await.exits(0);
    }
    // The run is complete, so that it cut its own lines off.
    assert_eq!(complete.split(|byte| *byte == b'\n').count(), 3);
    std::fs::write(&journal, [b"{\"seq\":\n", &complete[..]].concat()).unwrap();
    let plan = bench.run(&running, PLAN).await;
    plan.exits(1);
    plan.complains("error[ledger_failed]");
    std::fs::write(&journal, &complete).unwrap();
    // An incomplete entry stops its customer only.
    let path = file(&bench, is_entry);
    let complete = std::fs::read(&path).unwrap();
    for part in 0..4 {
        std::fs::write(&path, &complete[..(complete.len() - 2) * part / 4]).unwrap();
        for command in [PLAN, "apply --auto-approve"] {
            let ran = bench.run(&running, command).await;
            ran.exits(4);
            ran.says("ledger_entry_damaged");
        }
    }
}
