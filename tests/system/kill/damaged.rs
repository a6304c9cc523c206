//! A ledger or a journal that was torn: told, never guessed at, and never a defect.

use super::bench::Bench;
use std::path::PathBuf;

const PLAN: &str = "plan --detailed-exitcode";

/// The one file in a directory of the only organization's ledger that is named so.
fn file(bench: &Bench, is: impl Fn(&str) -> bool) -> PathBuf {
    let organizations = std::fs::read_dir(bench.path(".airlift/ledger")).unwrap();
    let organization = organizations.last().unwrap().unwrap().path();
    let places = [organization.clone(), organization.join("customers")];
    let entries = places
        .iter()
        .flat_map(|place| std::fs::read_dir(place).unwrap());
    let mut paths = entries.map(|entry| entry.unwrap().path());
    paths
        .find(|path| is(path.file_name().unwrap().to_str().unwrap()))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_torn_is_told() {
    let bench = Bench::new(1);
    let running = bench.serve("").await;
    bench.run(&running, "apply --auto-approve").await.exits(0);
    let customer = file(&bench, |name| name.contains(".json"));
    let whole = std::fs::read(&customer).unwrap();
    for part in 0..4 {
        std::fs::write(&customer, &whole[..(whole.len() - 2) * part / 4]).unwrap();
        let plan = bench.run(&running, PLAN).await;
        plan.exits(1);
        plan.complains("error[ledger_failed]");
        let apply = bench.run(&running, "apply --auto-approve").await;
        apply.exits(1);
        apply.complains("error[ledger_failed]");
    }
    std::fs::write(&customer, &whole).unwrap();
    // Of a journal only the last line can be torn, and that one was not acted on.
    let journal = file(&bench, |name| name == "journal.ndjson");
    let whole = std::fs::read(&journal).unwrap();
    assert!(whole.len() > 100);
    for part in 0..4 {
        std::fs::write(&journal, &whole[..(whole.len() - 1) * part / 4]).unwrap();
        bench.run(&running, PLAN).await.exits(0);
    }
    std::fs::write(&journal, [b"{\"seq\":\n", &whole[..]].concat()).unwrap();
    let plan = bench.run(&running, PLAN).await;
    plan.exits(1);
    plan.complains("error[ledger_failed]");
}
