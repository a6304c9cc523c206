//! Tests of edits: what is not edited keeps its bytes.

use super::{EditStep, NotEditable, WrittenValue, append, remove, set};
use serde_json::{Value, json};

const TEXT: &str = "\
# The customers.
version: 1
customers:
  - name: acme   # the first
    # Its connectors.
    connectors:
      - name: 'Acme GitHub'
        type: github
        credentials: {token: \"${env:TOKEN}\"}
        replication_config:
          start_date: \"2026-01-01\"   # fixed
          repositories:
            - acme/api
            - acme/web
      # The CRM.
      - name: CRM
        type: hubspot
  - {name: globex, connectors: [{name: A, type: x}, {name: B, type: y}]}
";

fn path(steps: &str) -> Vec<EditStep> {
    let step = |step: &str| match step.strip_prefix('@') {
        Some(name) => EditStep::Named(name.to_owned()),
        None => EditStep::Key(step.to_owned()),
    };
    steps.split('/').map(step).collect()
}

fn written(value: Value) -> WrittenValue {
    let items = value.as_array();
    WrittenValue {
        flow: value.to_string(),
        items: items.map(|items| items.iter().map(Value::to_string).collect()),
        value,
    }
}

/// The lines of a text that another one does not have, and the other way round.
fn difference(before: &str, after: &str) -> (Vec<String>, Vec<String>) {
    let missing = |text: &str, from: &str| {
        let lines: Vec<&str> = from.lines().collect();
        text.lines()
            .filter(|line| !lines.contains(line))
            .map(str::to_owned)
            .collect()
    };
    (missing(before, after), missing(after, before))
}

#[test]
fn set_replaces_quoted_and_plain_values_and_keeps_what_follows_them() {
    for (before, after) in [
        ("a: 'it''s #1' # one\n", "a: 2 # one\n"),
        (r#"a: "a \" # b"  # one"#, "a: 2  # one"),
        ("a: x#y # one\nb: 1\n", "a: 2 # one\nb: 1\n"),
        ("{a: x, b: 1} # one\n", "{a: 2, b: 1} # one\n"),
        ("a: 'x'# no comment: 1\n", ""),
        ("a: [x, y] # one\nb: 1\n", "a: 2 # one\nb: 1\n"),
        ("a: {x: y}\nb: 1\n", "a: 2\nb: 1\n"),
        ("a: \"${var.x}\"\n", ""),
    ] {
        let edited = set(before, &path("a"), &written(json!(2)));
        assert_eq!(edited.unwrap_or_default(), after, "{before}");
    }
}

#[test]
fn set_replaces_a_value_and_keeps_the_comment_beside_it() {
    let github = "customers/@acme/connectors/@Acme GitHub";
    let start = path(&format!("{github}/replication_config/start_date"));
    let after = set(TEXT, &start, &written(json!("2026-07-01"))).unwrap();
    assert_eq!(after, TEXT.replace("2026-01-01", "2026-07-01"));
    let name = path(&format!("{github}/name"));
    let after = set(TEXT, &name, &written(json!("GitHub EU"))).unwrap();
    assert_eq!(after, TEXT.replace("'Acme GitHub'", "\"GitHub EU\""));
    let customer = set(
        TEXT,
        &path("customers/@acme/name"),
        &written(json!("acme-2")),
    );
    assert!(
        customer
            .unwrap()
            .contains("- name: \"acme-2\"   # the first")
    );
}

#[test]
fn set_of_a_list_keeps_its_layout() {
    let list = path("customers/@acme/connectors/@Acme GitHub/replication_config/repositories");
    let after = set(TEXT, &list, &written(json!(["acme/api", "acme/new"]))).unwrap();
    assert!(
        after.contains("            - \"acme/api\"\n            - \"acme/new\"\n      # The CRM.")
    );
    let empty = set(TEXT, &list, &written(json!([]))).unwrap();
    assert!(
        empty.contains("          repositories: []\n      # The CRM."),
        "{empty}"
    );
}

#[test]
fn set_of_an_absent_key_adds_it() {
    let after = set(
        TEXT,
        &path("customers/@acme/status"),
        &written(json!("inactive")),
    );
    let (removed, added) = difference(TEXT, &after.unwrap());
    assert_eq!(
        (removed.len(), added),
        (0, vec!["    status: \"inactive\"".to_owned()])
    );
    let after = set(
        TEXT,
        &path("customers/@globex/status"),
        &written(json!("inactive")),
    );
    assert!(
        after
            .unwrap()
            .contains("{name: globex, status: \"inactive\", connectors")
    );
}

#[test]
fn remove_of_an_item_keeps_its_neighbors() {
    let after = remove(TEXT, &path("customers/@acme/connectors/@CRM")).unwrap();
    let (removed, added) = difference(TEXT, &after);
    assert_eq!(removed, ["      - name: CRM", "        type: hubspot"]);
    assert!(added.is_empty());
    let after = remove(TEXT, &path("customers/@globex/connectors/@A")).unwrap();
    assert!(after.contains("connectors: [{name: B, type: y}]"));
    let after = remove(TEXT, &path("customers/@globex/connectors/@B")).unwrap();
    assert!(after.contains("connectors: [{name: A, type: x}]"));
    let last = remove(&after, &path("customers/@globex")).unwrap();
    assert!(last.ends_with("type: hubspot\n"));
    let none = remove(&last, &path("customers/@acme")).unwrap();
    assert!(none.ends_with("customers: []\n"), "{none}");
}

#[test]
fn append_adds_an_item_with_the_indentation_of_the_list() {
    let item =
        "- name: New\n  type: stripe\n  # A remark.\n  credentials: {token: \"${env:NEW}\"}\n";
    let after = append(TEXT, &path("customers/@acme"), "connectors", item).unwrap();
    let added =
        "        type: hubspot\n      - name: New\n        type: stripe\n        # A remark.\n";
    assert!(after.contains(added), "{after}");
    let after = append(TEXT, &path("customers/@globex"), "connectors", item).unwrap();
    assert!(after.contains("{name: B, type: y}, {"), "{after}");
    for without in [
        "customers:\n- name: acme",
        "customers:\n- name: acme\n  connectors: []\n",
    ] {
        let after = append(without, &path("customers/@acme"), "connectors", item).unwrap();
        assert!(
            after.contains("\n  connectors:\n    - name: New\n      type: stripe\n"),
            "{after}"
        );
    }
}

#[test]
fn edit_of_a_shared_anchor_is_refused() {
    let text = "\
customers:
  - name: acme
    connectors:
      - {name: A, replication_config: &shared {start_date: a}}
      - {name: B, replication_config: *shared}
";
    for name in ["A", "B"] {
        let start = format!("customers/@acme/connectors/@{name}/replication_config/start_date");
        let edited = set(text, &path(&start), &written(json!("b")));
        assert_eq!(edited, Err(NotEditable), "{name}");
    }
}
