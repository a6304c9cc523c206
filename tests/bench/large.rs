//! Responsible for large projects: compares `validate` with the YAML library alone, and measures `plan` while all
//! customers are new and when nothing differs.

use crate::Args;
use crate::comparison::{Server, airlift, print_line, temporary, this_program};
use crate::form::Form;
use crate::measured::{Measured, median, run};
use crate::project::{self, Size};
use std::path::Path;

/// Connectors of each customer.
const CONNECTORS: usize = 10;
const PLAN: [&str; 5] = ["plan", "--format", "json", "--parallelism", "50"];
const APPLY: [&str; 4] = ["apply", "--auto-approve", "--parallelism", "50"];

/// The files of a project.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Layout {
    /// Files with ten customers each.
    Many,
    One,
}

/// Prints a table as Markdown.
pub(crate) fn print(args: &Args) {
    print_line(
        "\n| connectors | files | validate | YAML library | ratio | CPU ratio | peak MB / MB | plan, all new | CPU | peak MB / MB | plan, no changes | CPU | peak MB / MB | with `--listing organization` | CPU | peak MB / MB |",
    );
    print_line("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for &connectors in &args.validate {
        for layout in [Layout::Many, Layout::One] {
            print_line(&compare(args, connectors, layout));
        }
    }
}

fn compare(args: &Args, connectors: usize, layout: Layout) -> String {
    let (server, directory) = (Server::start(), temporary());
    let customers = connectors.div_ceil(CONNECTORS);
    let files = match layout {
        Layout::Many => customers.div_ceil(10),
        Layout::One => 1,
    };
    let size = Size {
        customers,
        connectors: CONNECTORS,
        files,
    };
    project::write(directory.path(), size, 0);
    let airlift =
        |arguments: &[&str]| run(airlift(args, &server, directory.path()).args(arguments));
    let several = |run: &dyn Fn() -> Measured| {
        let runs: Vec<Measured> = (0..args.runs).map(|_| run()).collect();
        median(&runs)
    };
    let (mut validations, mut deserializations) = (Vec::new(), Vec::new());
    for _ in 0..args.runs {
        validations.push(airlift(&["validate"]));
        deserializations.push(run(this_program().arg("deserialize").arg(directory.path())));
    }
    let baseline = [median(&validations), median(&deserializations)];
    let new = several(&|| airlift(&PLAN));
    airlift(&[&APPLY, Form::Application.options()].concat());
    // Changes would fail these plans.
    let unchanged = |form: Form| {
        let options = [&PLAN, form.options(), &["--detailed-exitcode"]].concat();
        several(&|| airlift(&options))
    };
    let plans = [new, unchanged(Form::Scoped), unchanged(Form::Organization)];
    let size = size_of(&directory.path().join("customers"));
    row((connectors, files, size), baseline, plans)
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn row(
    (connectors, files, size): (usize, usize, u64),
    [validate, library]: [Measured; 2],
    plans: [Measured; 3],
) -> String {
    let megabytes = size as f64 / f64::from(1 << 20);
    let plans = plans.map(|plan| {
        let (wall, cpu, peak) = (plan.wall, plan.cpu, plan.peak / megabytes);
        format!("{wall:.2} s | {cpu:.2} s | {peak:.1}")
    });
    format!(
        "| {connectors}, {megabytes:.1} MB | {files} | {:.2} s | {:.2} s | {:.1} | {:.1} | {:.1} | {} |",
        validate.wall,
        library.wall,
        validate.wall / library.wall,
        validate.cpu / library.cpu,
        validate.peak / megabytes,
        plans.join(" | "),
    )
}

fn size_of(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).expect("the directory can be read");
    let sizes = entries.map(|entry| entry.and_then(|entry| entry.metadata()).map(|m| m.len()));
    sizes
        .sum::<Result<u64, _>>()
        .expect("the files can be read")
}
