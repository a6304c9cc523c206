//! Tests of what to write in place of a common mistake.

use super::{Code, of_defect, of_place, of_time, of_type, of_word};
use serde_json::json;

#[test]
fn of_type_says_how_to_write_switches_and_lists() {
    let help = |name, expected, value| of_type(Some(name), "", expected, &value).unwrap();
    let protect = |word| help("protect", "true or false", json!(word));
    assert_eq!(protect("Yes"), "write `protect: true`");
    assert_eq!(protect("off"), "write `protect: false`");
    assert_eq!(
        protect("hunter2"),
        "write `protect: true` or `protect: false`"
    );
    let list = help("connectors", "a list", json!({"GitHub": {}}));
    assert!(list.contains("`- name: NAME`"), "{list}");
    let list = |name, text: &str| help(name, "a list", json!(text));
    assert_eq!(
        list("include", "a/*.yaml, b.yaml"),
        "write `include: [a/*.yaml, b.yaml]`"
    );
    assert_eq!(list("stores", "env vault"), "write `stores: [env, vault]`");
    for name in ["include", "stores", "enum"] {
        let help = list(name, "hunter2");
        assert!(help.contains(&format!("`{name}: [A, B]`")), "{help}");
    }
    let item = |list| of_type(None, list, "a mapping", &json!("acme")).unwrap();
    assert_eq!(item("customers"), "write `- name: NAME`");
    assert_eq!(item("entities"), "write `- entity: NAME`");
}

#[test]
fn of_word_knows_other_words_for_statuses() {
    let help = of_word("status", "Suspended").unwrap();
    assert!(help.contains("`status: inactive`"), "{help}");
    assert_eq!(
        of_word("status", "enabled").unwrap(),
        "write `status: active`"
    );
    assert_eq!(of_word("region", "suspended"), None);
}

#[test]
fn of_place_names_where_the_field_belongs() {
    let fields =
        |names: &[&str]| -> Vec<String> { names.iter().map(ToString::to_string).collect() };
    let project = fields(&["version", "customers", "guards"]);
    let customer = fields(&["name", "connectors", "status"]);
    assert!(
        of_place("connectors", &project)
            .unwrap()
            .contains("customer")
    );
    assert!(
        of_place("credentials", &customer)
            .unwrap()
            .contains("connector")
    );
    assert!(of_place("guards", &customer).unwrap().contains("project"));
    assert_eq!(of_place("tokens", &project), None);
}

#[test]
fn of_defect_says_what_to_write_for_merge_keys_and_indentation() {
    assert!(of_defect(Code::MergeKey, "").unwrap().contains("templates"));
    let message = "this is not valid YAML: mapping values are not allowed in this context";
    assert!(
        of_defect(Code::YamlSyntax, message)
            .unwrap()
            .contains("indent")
    );
    assert_eq!(
        of_defect(Code::YamlSyntax, "this bracket is not closed"),
        None
    );
}

#[test]
fn of_place_in_a_template_names_its_customer() {
    let template = ["parameters".to_owned(), "customer".to_owned()];
    let help = of_place("connectors", &template).unwrap();
    assert!(help.contains("below `customer:`"), "{help}");
    let customer = ["name".to_owned(), "labels".to_owned(), "status".to_owned()];
    assert_eq!(of_place("tags", &customer), Some("did you mean `labels`?"));
}

#[test]
fn of_type_of_a_list_leads_to_a_mapping() {
    let help = |name, value| of_type(Some(name), "", "a mapping", &value).unwrap();
    assert!(help("base", json!([{"customer": {}}])).starts_with("remove the `- `"));
    let both = help("base", json!([{"name": "a"}, {"type": "b"}]));
    assert!(both.starts_with("write a line `FIELD: VALUE`"), "{both}");
    assert!(help("parameters", json!(["a", "b"])).contains("`NAME: {}`"));
}

#[test]
fn of_time_says_what_a_time_lacks() {
    assert!(of_time("2026-01-31").unwrap().contains("T00:00:00Z"));
    assert!(of_time("2026-01-31 00:00:00").unwrap().contains("between"));
    assert!(of_time("2026-01-31T00:00:00").unwrap().contains("zone"));
    for other in ["01/02/2026", "", "é", "2026-01-31T00:00:00+99:99"] {
        assert_eq!(of_time(other), None, "{other}");
    }
}

#[test]
fn of_place_translates_words_of_other_tools() {
    let fields = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let file: Vec<String> = fields(&["customers", "guards"]);
    let customer: Vec<String> = fields(&["name", "connectors", "status"]);
    let connector: Vec<String> = fields(&["name", "type"]);
    assert_eq!(
        of_place("tenants", &file),
        Some("did you mean `customers`?")
    );
    assert_eq!(of_place("source", &connector), Some("did you mean `type`?"));
    for (name, known, word) in [
        ("enabled", &customer, "status: inactive"),
        ("delete", &customer, "--prune"),
        ("enabled", &connector, "--prune"),
        ("description", &customer, "comment"),
        ("wave", &customer, "--waves"),
        ("workspace_id", &customer, "airlift adopt"),
        ("id", &connector, "airlift adopt"),
    ] {
        let help = of_place(name, known).unwrap_or_default();
        assert!(help.contains(word), "{name}: {help}");
    }
    assert_eq!(of_place("enabled", &file), None);
    for (name, word) in [
        ("client_secret", "AIRBYTE_CLIENT_SECRET"),
        ("ledger", "option"),
        ("defaults", "templates"),
        ("$schema", "yaml-language-server"),
    ] {
        let help = of_place(name, &file).unwrap_or_default();
        assert!(help.contains(word), "{name}: {help}");
    }
}
