//! Uses the library's public interface, as another program would.

use crate::support::copy;
use airlift::{Options, Runner};
use std::path::Path;

/// A runner on a copy of the quickstart, with the embedded API.
fn runner(directory: &Path) -> Runner {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy(&root.join("examples/quickstart"), directory);
    let options = Options {
        files: vec![directory.to_owned()],
        sandbox: true,
        ..Options::default()
    };
    Runner::new(&options).unwrap()
}

#[tokio::test]
async fn runner_applies_a_project_once() {
    let directory = tempfile::tempdir().unwrap();
    let runner = runner(directory.path());
    let project = runner.load().unwrap();
    let plan = runner.plan(&project).await.unwrap();
    assert!(plan.has_changes() && !plan.is_refused());
    assert_eq!(plan.deletions(), 0);
    let document: serde_json::Value = serde_json::from_str(&plan.to_json()).unwrap();
    assert_eq!(document["summary"]["add"], 5);
    let report = runner.apply(&project, |_| true).await.unwrap();
    assert!(report.is_complete(), "{}", report.to_json());
    let plan = runner.plan(&project).await.unwrap();
    assert!(!plan.has_changes(), "{}", plan.to_json());
}

#[tokio::test]
async fn runner_without_approval_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let runner = runner(directory.path());
    let project = runner.load().unwrap();
    let failure = runner.apply(&project, |_| false).await.err().unwrap();
    assert_eq!(failure.code, "not_approved");
    let plan = runner.plan(&project).await.unwrap();
    assert!(plan.has_changes());
}

#[test]
fn load_with_errors_names_each() {
    let directory = tempfile::tempdir().unwrap();
    let runner = runner(directory.path());
    std::fs::write(
        directory.path().join("airlift.yaml"),
        "version: 1\nx: 1\ny: 2\n",
    )
    .unwrap();
    let failure = runner.load().err().unwrap();
    assert_eq!(failure.code, "invalid_files");
    assert_eq!(failure.hints.len(), 2, "{:?}", failure.hints);
    assert!(
        failure.hints[0].contains("[unknown_field]"),
        "{:?}",
        failure.hints
    );
}

#[test]
fn runner_with_bad_target_is_a_usage_failure() {
    let options = Options {
        targets: vec![String::new()],
        ..Options::default()
    };
    assert_eq!(Runner::new(&options).err().unwrap().code, "usage");
}
