//! Responsible for what to write in place of a common mistake. Repeats no value of a file, which may
//! be a secret, except for switches and statuses.

use super::code::Code;
use serde_json::Value;

/// Words of YAML 1.1 for true and false. YAML 1.2 reads them as text.
const SWITCHES: [(&str, bool); 8] = [
    ("yes", true),
    ("on", true),
    ("y", true),
    ("true", true),
    ("no", false),
    ("off", false),
    ("n", false),
    ("false", false),
];
/// Words for customers that do not sync.
const SUSPENDED: [&str; 8] = [
    "suspended",
    "suspend",
    "disabled",
    "paused",
    "stopped",
    "off",
    "deactivated",
    "archived",
];
/// Words for customers that sync.
const RUNNING: [&str; 4] = ["enabled", "on", "running", "live"];

/// How to write a field whose value has another type than the `expected` one. `name` is absent for an
/// item of `list`.
pub(super) fn of_type(
    name: Option<&str>,
    list: &str,
    expected: &str,
    value: &Value,
) -> Option<String> {
    match value {
        Value::Number(_) | Value::Bool(_) if expected.starts_with("text") => {
            Some("quote it".to_owned())
        }
        Value::String(text)
            if expected.starts_with("a whole number") && text.parse::<u64>().is_ok() =>
        {
            Some("remove the quotes".to_owned())
        }
        Value::String(text) if expected.starts_with("true or false") => Some(switch(name?, text)),
        Value::String(_) if name.is_none() && list == "entities" => {
            Some("write `- entity: NAME`".to_owned())
        }
        Value::String(_) if name.is_none() => Some("write `- name: NAME`".to_owned()),
        Value::Object(_) | Value::String(_) if expected.starts_with("a list") => {
            Some(item(name.unwrap_or_default()).to_owned())
        }
        Value::Null if expected.starts_with("a list") => {
            Some("indent its items below it, or remove the line".to_owned())
        }
        _ => None,
    }
}

fn switch(name: &str, text: &str) -> String {
    let word = text.to_ascii_lowercase();
    let switch = SWITCHES.iter().find(|(switch, _)| *switch == word);
    switch.map_or_else(
        || format!("write `{name}: true` or `{name}: false`"),
        |(_, value)| format!("write `{name}: {value}`"),
    )
}

fn item(name: &str) -> &'static str {
    match name {
        "customers" | "connectors" => {
            "begin each item with `- name: NAME`, and indent its other fields below"
        }
        "entities" => "begin each item with `- entity: NAME`",
        _ => "begin each item with `- `",
    }
}

/// How to write a field whose value has none of several forms.
pub(super) fn of_form(name: &str) -> Option<&'static str> {
    match name {
        "oauth" => Some("write `oauth: {consent: customer}`, or `credentials` in its place"),
        _ => None,
    }
}

/// How to write the value of a field that takes one of a few words.
pub(super) fn of_word(name: &str, word: &str) -> Option<String> {
    let word = word.to_ascii_lowercase();
    let is_among = |words: &[&str]| words.contains(&word.as_str());
    match name {
        "status" if is_among(&SUSPENDED) => {
            Some("write `status: inactive` to suspend the customer".to_owned())
        }
        "status" if is_among(&RUNNING) => Some("write `status: active`".to_owned()),
        _ => None,
    }
}

/// Where a field belongs that is unknown where it stands. `known` are the fields of that place.
pub(super) fn of_place(name: &str, known: &[String]) -> Option<&'static str> {
    let is_here = |field: &str| known.iter().any(|known| known == field);
    match name {
        "connectors" | "region" | "protect" | "labels" if is_here("customers") => {
            Some("it belongs to a customer: indent it as far as the customer's `name`")
        }
        "type" | "credentials" | "environment" | "replication_config" | "entities"
            if !is_here("type") =>
        {
            Some("it belongs to a connector: indent it as far as the connector's `name`")
        }
        "guards" | "include" | "stores" | "secret_policy" | "templates" | "customers_from"
            if is_here("connectors") =>
        {
            Some("it belongs to the project: write it at the start of a line, outside `customers`")
        }
        _ => None,
    }
}

/// What to do about a text that is not valid YAML, or that uses what airlift refuses.
pub(super) fn of_defect(code: Code, message: &str) -> Option<&'static str> {
    match code {
        Code::MergeKey => Some("repeat the fields, or write them once in `templates`"),
        Code::YamlSyntax if message.contains("expected '-' indicator") => Some(
            "this line is indented less than the list above: indent it as far as the other fields of \
             the list's last item",
        ),
        Code::YamlSyntax if message.contains("expected <block end>") => {
            Some("indent this line as far as the other fields of the same item")
        }
        Code::YamlSyntax if message.contains("mapping values are not allowed") => Some(
            "indent the line as far as the line above; quote a value that contains a colon and a space",
        ),
        _ => None,
    }
}

/// How to write the reference that a text was meant to be.
pub(super) fn of_reference(text: &str) -> Option<&'static str> {
    let inner = text.trim();
    if inner.contains("${{") {
        Some(
            "`${{ … }}` is an expression of GitHub Actions, which does not read this file: set a \
             variable in the workflow (`env:`) and write \"${env:NAME}\"",
        )
    } else if inner.contains("{{") {
        Some("`{{ … }}` works only in `templates`: write \"${env:NAME}\" or \"${file:path}\"")
    } else if is_shell_variable(inner) {
        Some("airlift does not expand `$NAME`: write \"${env:NAME}\"")
    } else if inner.starts_with("$(") {
        Some("airlift runs no commands of a file: write \"${env:NAME}\" or \"${file:path}\"")
    } else if inner.starts_with("${env.") || is_braced_variable(inner) {
        Some("write the store and a colon before the name: \"${env:NAME}\"")
    } else {
        None
    }
}

fn is_braced_variable(text: &str) -> bool {
    let inner = text.strip_prefix("${");
    inner
        .and_then(|rest| rest.strip_suffix('}'))
        .is_some_and(is_variable)
}

fn is_shell_variable(text: &str) -> bool {
    text.strip_prefix('$').is_some_and(is_variable)
}

fn is_variable(name: &str) -> bool {
    let starts = |c: char| c.is_ascii_uppercase() || c == '_';
    name.starts_with(starts) && name.chars().all(|c| starts(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{Code, of_defect, of_place, of_reference, of_type, of_word};
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
        assert!(help("include", "a list", json!("x.yaml")).contains("`- `"));
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
    fn of_reference_names_the_other_syntax() {
        for (text, word) in [
            ("${{ secrets.TOKEN }}", "GitHub Actions"),
            ("{{ row.token }}", "templates"),
            ("$ACME_TOKEN", "does not expand"),
            ("${ACME_TOKEN}", "colon"),
            ("${env.ACME_TOKEN}", "colon"),
            ("$(cat token)", "commands"),
        ] {
            let help = of_reference(text).unwrap();
            assert!(
                help.contains(word) && help.contains("${env:NAME}"),
                "{text}: {help}"
            );
        }
        assert_eq!(of_reference("hunter2"), None);
        assert_eq!(
            of_reference("$abc"),
            None,
            "a password can begin with a dollar sign"
        );
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
}
