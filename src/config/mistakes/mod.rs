//! Responsible for what to write in place of a common mistake. Repeats no value of a file, which may
//! be a secret, except for switches and statuses.

mod mask;
mod place;
mod syntax;
#[cfg(test)]
mod tests;
mod variables;

pub(super) use mask::report_mask;
pub(super) use place::of_place;
pub(super) use variables::{IN_REFERENCE, of_column, of_name, of_reference};

use super::code::Code;
use super::yaml::typos::{MASKED, UNQUOTED_BRACES, is_field_without_space};
use crate::catalog::{self, ConnectorType, FieldType};
use crate::model::{Literal, STORES, Setting, names_secret};
use serde_json::{Map, Value};

const SPACE_AFTER_COLON: &str = "write a space after the colon";
const SPACE_AFTER_DASH: &str = "write a space after the dash: `- name: NAME`";

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
        Value::String(text) if expected.starts_with("a whole number") => {
            whole_number(text).map(str::to_owned)
        }
        Value::String(text) if expected.starts_with("true or false") => Some(switch(name?, text)),
        Value::String(text) if expected == "a mapping" && is_field_without_space(text) => {
            Some(SPACE_AFTER_COLON.to_owned())
        }
        Value::String(_) | Value::Bool(_) | Value::Number(_)
            if expected == "a mapping" && name == Some("replication_config") =>
        {
            let help = "write `replication_config: none` if the connector replicates nothing";
            Some(help.to_owned())
        }
        Value::String(_) if expected == "a mapping" && name == Some("credentials") => {
            Some(CREDENTIALS.to_owned())
        }
        Value::Null if expected == "text" => {
            Some("write its value after the colon, or remove the line".to_owned())
        }
        Value::Array(_) if expected == "text" => {
            Some("write one value, without `- ` and brackets".to_owned())
        }
        Value::Array(items) if expected == "a mapping" && name.is_some() => {
            Some(mapping(name?, items))
        }
        Value::String(_) if name.is_none() && list == "entities" => {
            Some("write `- entity: NAME`".to_owned())
        }
        Value::String(_) if name.is_none() => Some("write `- name: NAME`".to_owned()),
        Value::Object(fields)
            if expected.starts_with("a list") && fields.keys().any(|key| key.starts_with('-')) =>
        {
            Some(SPACE_AFTER_DASH.to_owned())
        }
        Value::String(text) if expected.starts_with("a list") => {
            Some(list_of_text(name.unwrap_or_default(), text))
        }
        Value::Object(_) if expected.starts_with("a list") => {
            Some(item(name.unwrap_or_default()).to_owned())
        }
        Value::Null if expected.starts_with("a list") => {
            Some("indent its items below it, or remove the line".to_owned())
        }
        _ => None,
    }
}

/// How to write a text as a whole number.
fn whole_number(text: &str) -> Option<&'static str> {
    if text.parse::<u64>().is_ok() {
        Some("remove the quotes")
    } else {
        text.ends_with('%')
            .then_some("write the number alone; `max_delete_percent` counts in percent")
    }
}

/// How to write the items of a list as a mapping.
fn mapping(name: &str, items: &[Value]) -> String {
    match items {
        [Value::Object(_)] => "remove the `- ` or the brackets: it has fields, no items".to_owned(),
        _ if name == "parameters" => {
            "write a line such as `NAME: {}` for each parameter, without `- ` and brackets"
                .to_owned()
        }
        _ => "write a line `FIELD: VALUE` for each field, without `- ` and brackets".to_owned(),
    }
}

const CREDENTIALS: &str = "write a line for each credential below it, such as `token: \"${env:NAME}\"`; \
                           `airlift types TYPE --example` prints those of a type";

/// How to write a key that holds its value, too.
pub(super) fn of_key(key: &str) -> Option<&'static str> {
    is_field_without_space(key).then_some(SPACE_AFTER_COLON)
}

/// How to write a setting whose value has another type than the `wanted` one.
pub(super) fn of_setting(wanted: FieldType, setting: &Setting) -> Option<&'static str> {
    match (wanted, setting) {
        (FieldType::String, Setting::Literal(Literal::Number(_) | Literal::Boolean(_))) => {
            Some("quote it")
        }
        (FieldType::Array, Setting::Literal(_) | Setting::Secret(_)) => {
            Some("write `[A, B]`, or a line that begins with `- ` for each item")
        }
        (FieldType::Array, Setting::Map(_)) => Some("begin each item with `- `"),
        (FieldType::Object, Setting::Literal(Literal::Text(text)))
            if is_field_without_space(text) =>
        {
            Some(SPACE_AFTER_COLON)
        }
        (FieldType::Boolean, Setting::Literal(Literal::Text(_))) => {
            Some("write `true` or `false`, without quotes")
        }
        (FieldType::Integer | FieldType::Number, Setting::Literal(Literal::Text(text)))
            if text.parse::<f64>().is_ok() =>
        {
            Some("remove the quotes")
        }
        (FieldType::Array | FieldType::Object, Setting::List(_)) | (_, Setting::Map(_)) => None,
        (_, Setting::List(_)) => Some("write one value, without `- ` and brackets"),
        _ => None,
    }
}

/// Where a field of a connector belongs that stands beside the block of fields it is in.
pub(super) fn of_connector_field(name: &str, connector: &Value) -> Option<String> {
    let kind = connector
        .get("type")
        .or_else(|| connector.get("connector_type"));
    let kind = catalog::find(kind?.as_str()?);
    let is_block = connector.get(name).is_some_and(Value::is_object);
    if let Some(block) = of_block(kind, connector.get(name)?).filter(|_| is_block) {
        return Some(match connector.get(block) {
            Some(_) => format!("its fields belong to `{block}`: move them there"),
            None => format!("did you mean `{block}`?"),
        });
    }
    let block = block_of(kind?, name)?;
    Some(match connector.get(block) {
        Some(Value::Null) => format!("it belongs to `{block}`: indent it further than that line"),
        Some(_) => format!("it belongs to `{block}`: move it there"),
        None => {
            format!("it belongs to `{block}`: write that line before it, and indent it further")
        }
    })
}

/// Where a field of a connector belongs that its block does not have.
pub(super) fn of_other_block(kind: &ConnectorType, name: &str) -> Option<String> {
    let block = block_of(kind, name)?;
    Some(format!("it belongs to `{block}`: move it there"))
}

/// The block that the fields of an unknown block belong to.
pub(super) fn of_block(kind: Option<&ConnectorType>, block: &Value) -> Option<&'static str> {
    let names = || block.as_object().into_iter().flat_map(Map::keys);
    let of_type = kind.and_then(|kind| names().find_map(|name| block_of(kind, name)));
    of_type.or_else(|| {
        names()
            .any(|name| names_secret(name))
            .then_some("credentials")
    })
}

/// The block of a connector that has a field.
fn block_of(kind: &ConnectorType, name: &str) -> Option<&'static str> {
    let mut methods = kind.methods.iter();
    if methods.any(|method| method.fields.contains_key(name)) {
        Some("credentials")
    } else if kind.replication_config.contains_key(name) {
        Some("replication_config")
    } else if kind.variables.contains_key(name) {
        Some("environment")
    } else {
        None
    }
}

/// How to complete a time.
pub(super) fn of_time(text: &str) -> Option<&'static str> {
    let form: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '9' } else { c })
        .collect();
    match form.split_at_checked(10)? {
        ("9999-99-99", "") => Some("add the time and the zone: `T00:00:00Z`"),
        ("9999-99-99", " 99:99:99" | " 99:99:99Z") => {
            Some("write `T` between the date and the time, and the zone `Z` at the end")
        }
        ("9999-99-99", "T99:99:99" | "T99:99") => {
            Some("write the seconds, and the zone `Z` at the end")
        }
        _ => None,
    }
}

fn switch(name: &str, text: &str) -> String {
    of_switch(text).map_or_else(
        || format!("write `{name}: true` or `{name}: false`"),
        |value| format!("write `{name}: {value}`"),
    )
}

/// The value that a word for true or false stands for.
pub(super) fn of_switch(text: &str) -> Option<bool> {
    let word = text.to_ascii_lowercase();
    let switch = SWITCHES.iter().find(|(switch, _)| *switch == word);
    switch.map(|(_, value)| *value)
}

/// How to write a text as a list. Shows only names of built-in stores and patterns of `include`, which are no secrets.
fn list_of_text(name: &str, text: &str) -> String {
    let words: Vec<&str> = text
        .split([',', ' '])
        .filter(|word| !word.is_empty())
        .collect();
    let is_known = match name {
        "stores" => words.iter().all(|word| STORES.contains(word)),
        "include" => words.iter().all(|word| is_yaml_pattern(word)),
        _ => false,
    };
    match name {
        "include" | "stores" if is_known && !words.is_empty() => {
            format!("write `{name}: [{}]`", words.join(", "))
        }
        "include" | "stores" | "unchecked_secrets" | "allow" | "enum" | "modes" => {
            format!("write `{name}: [A, B]`, or a line that begins with `- ` for each item")
        }
        _ => item(name).to_owned(),
    }
}

fn is_yaml_pattern(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-./*".contains(c);
    let stem = word.strip_suffix(".yaml");
    stem.is_some_and(|stem| stem.chars().all(is_part))
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
        "protect" | "cache" if SWITCHES.iter().any(|(switch, _)| *switch == word) => {
            Some(switch(name, &word))
        }
        _ => None,
    }
}

/// What to do about a text that is not valid YAML, or that uses what airlift refuses.
pub(super) fn of_defect(code: Code, message: &str) -> Option<&'static str> {
    match code {
        Code::MergeKey => Some("repeat the fields, or write them once in `templates`"),
        Code::DuplicateKey if message.contains("`name`") => Some(
            "begin another item of the list with `- name: NAME`, or remove one of the two lines",
        ),
        Code::DuplicateKey => Some("remove one of the two"),
        Code::IgnoredDirective => Some("remove the line"),
        Code::MultipleDocuments => {
            Some("move the document into a file of its own, or remove the line")
        }
        Code::ComplexKey if message == UNQUOTED_BRACES => {
            Some("quote the value: \"{{ row.COLUMN }}\"")
        }
        Code::ComplexKey => Some(
            "write the key as plain text; quote a key or a value that begins with a bracket, a brace or `*`",
        ),
        Code::YamlTag => Some("remove the tag; a secret is a reference such as \"${env:NAME}\""),
        Code::InvalidValue if message == MASKED => Some(mask::WITHOUT),
        Code::TypographicQuotes => Some(
            "write straight quotation marks or none; write \"“…”\" if the marks belong to the text",
        ),
        Code::BadAlias => Some(
            "quote the value if the `*` belongs to it; an alias needs its anchor `&NAME` further above",
        ),
        Code::YamlSyntax => syntax::of_syntax(message),
        _ => None,
    }
}
