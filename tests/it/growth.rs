//! Tests that the work of a run is linear in the project: four times as many customers, connectors of one customer,
//! or findings need at most four times as many allocations, with an allowance. Allocations are counted, because times
//! depend on the machine. The run and its API use one thread, so that all work is counted.

use airlift::{Options, Runner};
use allocation_counter::{AllocationInfo, measure};
use std::fmt::Write as _;
use std::path::Path;
use tokio::runtime::{Builder, Runtime};

const SMALL: usize = 60;
const FACTOR: usize = 4;
/// Linear work with rounding: trees and buffers grow in steps.
const ALLOWANCE: f64 = 1.3;

/// The numbers of customers, and of connectors of each.
#[derive(Clone, Copy)]
struct Size {
    customers: usize,
    connectors: usize,
}

/// A project whose connectors have `more` fields.
fn project(size: Size, more: &str) -> String {
    let mut text = "version: 1\ncustomers:\n".to_owned();
    for customer in 0..size.customers {
        writeln!(text, "  - name: c{customer:04}\n    connectors:").unwrap();
        for connector in 0..size.connectors {
            writeln!(
                text,
                "      - {{name: K{connector}, type: stripe, credentials: {{api_key: \"${{file:key}}\"}}{more}}}"
            )
            .unwrap();
        }
    }
    text
}

fn runner(directory: &Path, text: &str) -> Runner {
    std::fs::write(directory.join("airlift.yaml"), text).unwrap();
    std::fs::write(directory.join("key"), "a value").unwrap();
    let options = Options {
        files: vec![directory.to_owned()],
        sandbox: true,
        ..Options::default()
    };
    Runner::new(&options).unwrap()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The allocations of the steps of a project: load, apply of new customers, plan without changes.
fn work(size: Size) -> [(&'static str, AllocationInfo); 3] {
    let (directory, runtime) = (tempfile::tempdir().unwrap(), runtime());
    let runner = runner(directory.path(), &project(size, ""));
    let mut project = None;
    let load = measure(|| project = runner.load().ok());
    let project = project.unwrap();
    let mut report = None;
    let apply = measure(|| report = runtime.block_on(runner.apply(&project, |_| true)).ok());
    assert!(report.unwrap().is_complete());
    let mut plan = None;
    let unchanged = measure(|| plan = runtime.block_on(runner.plan(&project)).ok());
    assert!(!plan.unwrap().has_changes());
    [("load", load), ("apply", apply), ("plan", unchanged)]
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn assert_linear(step: &str, small: &AllocationInfo, large: &AllocationInfo) {
    let counts = [
        ("allocations", small.count_total, large.count_total),
        ("bytes", small.bytes_total, large.bytes_total),
    ];
    for (what, small, large) in counts {
        let growth = large as f64 / small as f64 / FACTOR as f64;
        assert!(growth <= ALLOWANCE, "{step}: {small} {what} became {large}");
    }
}

fn assert_linear_work(small: Size, large: Size) {
    for ((step, small), (_, large)) in work(small).iter().zip(work(large)) {
        assert_linear(step, small, &large);
    }
}

#[test]
fn work_of_many_customers_is_linear() {
    let size = |customers| Size {
        customers,
        connectors: 2,
    };
    assert_linear_work(size(SMALL), size(SMALL * FACTOR));
}

#[test]
fn work_of_many_connectors_of_one_customer_is_linear() {
    let size = |connectors| Size {
        customers: 1,
        connectors,
    };
    assert_linear_work(size(SMALL), size(SMALL * FACTOR));
}

#[test]
fn work_of_many_findings_is_linear() {
    let work = |connectors| {
        let directory = tempfile::tempdir().unwrap();
        let size = Size {
            customers: 1,
            connectors,
        };
        let runner = runner(directory.path(), &project(size, ", typo: 1"));
        let mut failure = None;
        let load = measure(|| failure = runner.load().err());
        assert_eq!(failure.unwrap().code, "invalid_files");
        load
    };
    assert_linear("load", &work(SMALL), &work(SMALL * FACTOR));
}
