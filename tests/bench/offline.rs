//! Responsible for comparing `validate` with the YAML library alone, and for measuring `plan` of a project whose
//! customers are all new.

use crate::Args;
use crate::comparison::{Server, airlift, print_line, temporary, this_program};
use crate::measured::{Measured, median, run};
use crate::project::{self, Size};
use std::path::Path;

/// Connectors of each customer.
const CONNECTORS: usize = 10;

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
        "\n| connectors | files | validate | YAML library | ratio | CPU ratio | peak MB / MB | plan | plan CPU | plan peak MB / MB |",
    );
    print_line("|---|---|---|---|---|---|---|---|---|---|");
    for &connectors in &args.validate {
        for layout in [Layout::Many, Layout::One] {
            print_line(&compare(args, connectors, layout));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
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
    let library = || run(this_program().arg("deserialize").arg(directory.path()));
    let (mut validations, mut deserializations, mut plans) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..args.runs {
        validations.push(airlift(&["validate"]));
        deserializations.push(library());
        plans.push(airlift(&["plan", "--format", "json"]));
    }
    let (validate, library, plan) = (
        median(&validations),
        median(&deserializations),
        median(&plans),
    );
    let megabytes = size_of(&directory.path().join("customers")) as f64 / f64::from(1 << 20);
    row((connectors, files), megabytes, [validate, library, plan])
}

fn row(
    (connectors, files): (usize, usize),
    megabytes: f64,
    [validate, library, plan]: [Measured; 3],
) -> String {
    format!(
        "| {connectors}, {megabytes:.1} MB | {files} | {:.2} s | {:.2} s | {:.1} | {:.1} | {:.1} | {:.2} s | {:.2} s | {:.1} |",
        validate.wall,
        library.wall,
        validate.wall / library.wall,
        validate.cpu / library.cpu,
        validate.peak / megabytes,
        plan.wall,
        plan.cpu,
        plan.peak / megabytes,
    )
}

fn size_of(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).expect("the directory can be read");
    let sizes = entries.map(|entry| entry.and_then(|entry| entry.metadata()).map(|m| m.len()));
    sizes
        .sum::<Result<u64, _>>()
        .expect("the files can be read")
}
