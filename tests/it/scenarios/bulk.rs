//! Tests of customers from tables.

use crate::support::{Output, TestEnv, copy, options};
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
    let removal = removal.exits(0).json();
    let changes = removal["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{removal}");
    assert_eq!(changes[0]["customer"], "globex");
    assert_eq!(changes[0]["action"], "update");
    let listed = run(&["expand", "globex"]);
    listed.exits(64).complains("unknown_selector");
}

#[test]
fn cells_cannot_make_a_reference_nor_leave_its_folder() {
    let project = |token: &str| {
        format!(
            "version: 1
templates:
  one:
    parameters: {{id: {{}}, a: {{}}, b: {{}}}}
    customer:
      name: acme
      connectors:
        - name: GitHub
          type: github
          credentials: {{token: \"{token}\"}}
          replication_config: {{repositories: [a/b], start_date: 2026-01-01T00:00:00Z}}
customers_from: [{{template: one, table: rows.csv}}]
"
        )
    };
    let mut env = TestEnv::with(&project("{{ row.a }}{{ row.b }}"), options());
    env.set("HOME_TOKEN", "value");
    env.write("rows.csv", "id,a,b\nx,$,{env:HOME_TOKEN}\n");
    env.run(&["validate"]).exits(1).says("invalid_cell");
    env.write(
        "airlift.yaml",
        &project("${file:secrets/{{ row.id }}/token}"),
    );
    for id in [".", "..", "\"\""] {
        env.write("rows.csv", &format!("id,a,b\n{id},1,2\n"));
        env.run(&["validate"]).exits(1).says("rows.csv");
    }
    env.write("rows.csv", "id,a,b\nx,1,2\n");
    env.write("secrets/x/token", "value");
    env.run(&["validate"]).exits(0);
}

#[test]
fn table_without_any_known_column_is_refused_without_showing_its_text() {
    let env = TestEnv::with(
        "version: 1
templates: {one: {parameters: {name: {}}, customer: {name: \"{{ row.name }}\"}}}
customers_from: [{template: one, table: secrets/token, format: csv}]
",
        options(),
    );
    env.write("secrets/token", "correct-zebra-lamp\n");
    let output = env.run(&["validate"]);
    output.exits(1).says("unknown_column");
    assert!(!output.to_string().contains("zebra"), "{output}");
}

#[test]
fn templates_have_no_filter_whose_result_is_as_large_as_a_number_says() {
    for expression in [
        "[1]|batch(9000000000)|list|length",
        "row.name|indent(2000000000)",
        "'%2000000000d'|format(1)",
    ] {
        let project = format!(
            "version: 1
templates: {{one: {{parameters: {{name: {{}}}}, customer: {{name: \"{{{{ {expression} }}}}\"}}}}}}
customers_from: [{{template: one, table: rows.csv}}]
"
        );
        let env = TestEnv::with(&project, options());
        env.write("rows.csv", "name\nacme\n");
        env.run(&["validate"]).exits(1).says("invalid_template");
    }
}
