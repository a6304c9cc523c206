//! Tests of adoption through a table that a person edits.

use crate::support::{PROJECT, TestEnv, options};
use serde_json::{Value, json};
use std::fs;

fn stripe() -> Value {
    json!({"api_key": "someone's"})
}

/// The files declare what exists, one name is similar, and one name exists twice.
fn made_by_hand() -> TestEnv {
    let env = TestEnv::new();
    let remote = env.remote();
    remote.customer("acme");
    let token = json!({"token": "someone's"});
    remote.connector("acme", "Acme GitHub", "github", &token);
    remote.connector("acme", "Acme GitHub", "github", &token);
    remote.customer("globex");
    remote.connector("globex", "globex stripe", "stripe", &stripe());
    env
}

/// Replaces `no` by `yes` in the row of one object.
fn mark(env: &TestEnv, file: &str, id: &str) {
    let text = fs::read_to_string(env.path(file)).unwrap();
    let rows: Vec<String> = text
        .lines()
        .map(|row| match row.strip_prefix("no,") {
            Some(rest) if row.contains(id) => format!("yes,{rest}"),
            _ => row.to_owned(),
        })
        .collect();
    env.write(file, &(rows.join("\r\n") + "\r\n"));
}

#[test]
fn table_has_exact_likely_and_ambiguous_objects_and_adopts_marked_ones() {
    let env = made_by_hand();
    let path = env.path("matches.csv");
    let path = path.to_str().unwrap();
    let (output, traffic) = env.run_with_traffic(&["adopt", "--out", path]);
    output
        .exits(0)
        .says("Wrote 5 rows to")
        .says("2 exact, 1 likely, 2 ambiguous");
    traffic.assert_only_reads();
    env.run(&["adopt", "--out", path])
        .exits(1)
        .complains("file_exists");

    let world = env.world();
    let id = |customer: &str| {
        world.workspace(customer).unwrap().connectors[0]
            .id
            .to_string()
    };
    mark(&env, "matches.csv", &id("acme"));
    mark(&env, "matches.csv", &id("globex"));
    let (output, traffic) = env.run_with_traffic(&["adopt", path, "--auto-approve"]);
    output.exits(0).says("Adopted: 4.");
    traffic.assert_only_reads();
    assert_eq!(env.world(), world);
    let outputs = env.run(&["outputs", "--format", "json"]).exits(0).json();
    let adopted = &outputs["customers"]["globex"]["connectors"]["Globex Stripe"]["id"];
    assert_eq!(*adopted, id("globex"), "{outputs}");
}

#[test]
fn plan_after_adoption_of_exact_objects_is_empty_and_trust_notices_a_changed_secret() {
    let env = TestEnv::new();
    let remote = env.remote();
    remote.customer("globex");
    remote.connector("globex", "Globex Stripe", "stripe", &stripe());
    let path = env.path("matches.json");
    let path = path.to_str().unwrap();
    let written = env.run(&["adopt", "globex", "--out", path, "--format", "json"]);
    assert_eq!(written.exits(0).json()["exact"], 2);
    let (output, traffic) = env.run_with_traffic(&["adopt", path, "--auto-approve"]);
    output.exits(0);
    traffic.assert_only_reads();
    env.assert_converged(&["--target", "globex"]);
    env.run(&["ledger", "trust", "globex", "--auto-approve"])
        .exits(0);
    env.assert_converged(&["--target", "globex"]);
    env.write("stripe-key", "another-value-of-globex-stripe\n");
    env.run(&["plan", "--target", "globex"])
        .exits(0)
        .says("[secret_rotated]");
}

#[test]
fn connector_with_no_in_its_row_is_not_adopted_with_its_customer() {
    let env = TestEnv::new();
    let remote = env.remote();
    remote.customer("globex");
    remote.connector("globex", "Globex Stripe", "stripe", &stripe());
    let path = env.path("matches.csv");
    let path = path.to_str().unwrap();
    env.run(&["adopt", "globex", "--out", path]).exits(0);
    let rows = fs::read_to_string(path).unwrap();
    let unmarked: Vec<String> = rows
        .lines()
        .map(|row| match row.strip_prefix("yes,") {
            Some(rest) if row.contains("Stripe") => format!("no,{rest}"),
            _ => row.to_owned(),
        })
        .collect();
    env.write("matches.csv", &unmarked.join("\n"));
    env.run(&["adopt", path, "--auto-approve"])
        .exits(0)
        .says("Adopted: 1.");
    let outputs = env.run(&["outputs", "--format", "json"]).exits(0).json();
    let globex = &outputs["customers"]["globex"];
    assert!(globex["workspace_id"].is_string(), "{outputs}");
    assert_eq!(
        globex["connectors"]["Globex Stripe"],
        Value::Null,
        "{outputs}"
    );
}

#[test]
fn connector_with_yes_below_a_customer_with_no_is_refused() {
    let env = TestEnv::new();
    let remote = env.remote();
    remote.customer("globex");
    remote.connector("globex", "Globex Stripe", "stripe", &stripe());
    let path = env.path("matches.csv");
    let path = path.to_str().unwrap();
    env.run(&["adopt", "globex", "--out", path]).exits(0);
    let table = fs::read_to_string(path).unwrap();
    let rows = || table.lines();
    let is_customer = |row: &&str| row.contains(",globex,,");
    let unmarked = rows().map(|row| match row.strip_prefix("yes,") {
        Some(rest) if is_customer(&row) => format!("no,{rest}"),
        _ => row.to_owned(),
    });
    let removed = rows().filter(|row| !is_customer(row)).map(str::to_owned);
    for rows in [unmarked.collect::<Vec<_>>(), removed.collect()] {
        env.write("matches.csv", &rows.join("\n"));
        env.run(&["adopt", path, "--auto-approve"])
            .exits(64)
            .complains("bad_adoption_table")
            .complains("globex/Globex Stripe")
            .complains("not its customer globex");
    }
    // The customer is in the ledger, so its row is not needed.
    env.run(&["adopt", "globex", "--auto-approve"]).exits(0);
    env.run(&["adopt", path, "--auto-approve"]).exits(0);
}

#[test]
fn cells_that_a_spreadsheet_would_run_are_escaped_and_read_back() {
    let project = PROJECT.replace("- name: globex\n", "- name: \"=globex\"\n");
    let env = TestEnv::with(&project, options());
    env.remote().customer("=globex");
    let path = env.path("matches.csv");
    let path = path.to_str().unwrap();
    env.run(&["adopt", "--out", path]).exits(0);
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(",'=globex,"), "{text}");
    env.run(&["adopt", path, "--auto-approve"])
        .exits(0)
        .says("Adopted: 1.");
}

#[test]
fn wrong_table_is_refused_by_row_and_column() {
    let env = made_by_hand();
    let path = env.path("matches.csv");
    let path = path.to_str().unwrap();
    let id = "6f1d3c52-8a0e-4b7d-9c11-000000000001";
    for (text, part) in [
        ("adopt,customer\nyes,acme\n".to_owned(), "row 2"),
        (
            format!("adopt,customer,id\nperhaps,acme,{id}\n"),
            "row 2, column adopt",
        ),
        (
            "adopt,customer,id\nyes,acme,7\n".to_owned(),
            "row 2, column id",
        ),
        (
            format!("adopt,customer,id\nno,acme,{id}\nyes,,{id}\n"),
            "row 3, column customer",
        ),
        (
            format!("adopt,customer,id\nyes,acme,{id}\nyes,globex,{id}\n"),
            "row 3, column id",
        ),
        (format!("adopt,customer,id\nno,acme,{id}\n"), "marks no row"),
    ] {
        env.write("matches.csv", &text);
        let (output, traffic) = env.run_with_traffic(&["adopt", path, "--auto-approve"]);
        output
            .exits(64)
            .complains("bad_adoption_table")
            .complains(part);
        traffic.assert_only_reads();
    }
    let unknown = format!("adopt,customer,id\nyes,acme,{id}\n");
    env.write("matches.csv", &unknown);
    env.run(&["adopt", path, "--auto-approve"])
        .exits(1)
        .complains("not_adoptable");
}
