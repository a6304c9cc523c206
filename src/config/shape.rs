//! The shape of a file: all structural findings at once, then the typed decode.
//!
//! The schema generated from the raw types finds what is wrong, each thing at its own place. Only
//! a file without findings is decoded by `serde_yaml`, whose errors stop at the first and quote
//! the input. Of a file with findings the sound parts are kept, so that the other checks can add
//! theirs in the same run.

use super::code::Code;
use super::raw::{RawCustomer, RawFile};
use super::source::{Findings, Place, Source};
use super::syntax;
use super::tree::{At, Mark};
use super::visible::{NOT_NAMED, nameable, named};
use crate::catalog::closest;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// A file whose sound parts can be looked at.
#[derive(Debug, Default)]
pub(crate) struct Shaped {
    /// Everything but the customers.
    pub(crate) file: RawFile,
    /// The customers that can be looked at.
    pub(crate) customers: Vec<ShapedCustomer>,
}

/// A customer whose sound parts can be looked at.
#[derive(Debug)]
pub(crate) struct ShapedCustomer {
    /// Its position in the file.
    pub(crate) index: usize,
    pub(crate) raw: RawCustomer,
    /// The positions of the connectors that were kept.
    pub(crate) connectors: Vec<usize>,
}

/// Checks a file's shape and decodes it.
pub(crate) fn shape(source: &Source, findings: &mut Findings) -> Shaped {
    let root = source.root();
    let mut found = 0;
    let Some(mut top) = top_level(root, findings, &mut found) else {
        return Shaped::default();
    };
    let mut wrong = Vec::new();
    if let Some(Value::Array(_)) = top.remove("customers") {
        let places = root.key("customers").items();
        let check = |place: Place<'_>| SCHEMAS.customer.check(&json_of(place), place, findings);
        wrong = places.iter().copied().map(check).collect();
    }
    found += wrong.iter().map(Vec::len).sum::<usize>();
    if found == 0 && !source.text.trim().is_empty() {
        return whole(source, findings);
    }
    let places = root.key("customers").items().into_iter();
    let customers = places.zip(&wrong).enumerate();
    let customers =
        customers.filter_map(|(index, (place, wrong))| customer(index, json_of(place), wrong));
    Shaped {
        customers: customers.collect(),
        file: serde_json::from_value(Value::Object(top)).unwrap_or_default(),
    }
}

fn json_of(place: Place<'_>) -> Value {
    place.at.map_or(Value::Null, At::to_json)
}

/// The typed decode of a file without structural findings.
fn whole(source: &Source, findings: &mut Findings) -> Shaped {
    // A file of comments alone is null to YAML, and an empty file to us.
    let decoded = serde_yaml::from_str::<Option<RawFile>>(&source.text);
    let decoded = match decoded {
        Ok(decoded) => decoded,
        Err(error) => {
            unreadable(source, error.location(), findings);
            return Shaped::default();
        }
    };
    let mut file = decoded.unwrap_or_default();
    let customers = file.customers.take().unwrap_or_default();
    let customers = customers.into_iter().enumerate().map(|(index, raw)| {
        let count = raw.connectors.as_ref().map_or(0, Vec::len);
        ShapedCustomer {
            index,
            raw,
            connectors: (0..count).collect(),
        }
    });
    Shaped {
        customers: customers.collect(),
        file,
    }
}

/// What `serde_yaml` alone refuses. Its own words may quote the input.
fn unreadable(source: &Source, place: Option<serde_yaml::Location>, findings: &mut Findings) {
    let message = "the file cannot be read as configuration";
    let Some(place) = place else {
        return findings.file(&source.name, Code::YamlSyntax, message);
    };
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let mark = Mark {
        line: narrow(place.line()),
        column: narrow(place.column().saturating_sub(1)),
    };
    let defect = syntax::unreadable(&source.text, mark, message);
    findings.span(source, defect.span, defect.code, defect.message, None);
}

/// The file without its customers, which are checked one at a time: the whole of a large file
/// as one JSON value would be many times its size.
fn top_level(
    root: Place<'_>,
    findings: &mut Findings,
    found: &mut usize,
) -> Option<Map<String, Value>> {
    let at = root.at?;
    let mut top = Map::new();
    if at.entries().next().is_none() {
        let kind = match at.to_json() {
            Value::Null | Value::Object(_) => return Some(top),
            other => kind_of(&other),
        };
        let message = format!("a file is a mapping such as `customers: […]`, not {kind}");
        findings.at(root, Code::WrongType, message, None);
        return None;
    }
    for (name, value) in at.entries() {
        // A list stands for itself, empty: what is in it is checked by itself.
        let is_list = name == "customers" && value.items().next().is_some();
        let json = if is_list {
            Value::Array(Vec::new())
        } else {
            value.to_json()
        };
        top.insert(name.to_owned(), json);
    }
    let json = Value::Object(top);
    let wrong = SCHEMAS.file.check(&json, root, findings);
    *found += wrong.len();
    let Value::Object(mut top) = json else {
        return None;
    };
    for path in wrong {
        path.first().map(|name| top.remove(name));
    }
    Some(top)
}

/// What can be looked at of a customer in a file with findings: everything but what is wrong.
fn customer(index: usize, mut json: Value, wrong: &[Vec<String>]) -> Option<ShapedCustomer> {
    let count = json
        .get("connectors")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    let mut kept: Vec<usize> = (0..count).collect();
    for path in wrong {
        match path.as_slice() {
            [] => return None,
            [list, at] if list == "connectors" => kept.retain(|kept| kept.to_string() != *at),
            [list, at, field, ..] if list == "connectors" => {
                let connector = json.pointer_mut(&format!("/connectors/{at}"));
                connector
                    .and_then(Value::as_object_mut)
                    .map(|map| map.remove(field));
                if field == "name" || field == "type" {
                    kept.retain(|kept| kept.to_string() != *at);
                }
            }
            [field, ..] => {
                json.as_object_mut().map(|map| map.remove(field));
            }
        }
    }
    if let Some(list) = json.get_mut("connectors").and_then(Value::as_array_mut) {
        *list = kept
            .iter()
            .filter_map(|at| list.get(*at).cloned())
            .collect();
    } else {
        kept.clear();
    }
    let raw = serde_json::from_value(json).ok()?;
    Some(ShapedCustomer {
        index,
        raw,
        connectors: kept,
    })
}

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| Schemas {
    file: Part::new(schemars_schema::<RawFile>()),
    customer: Part::new(schemars_schema::<RawCustomer>()),
});

fn schemars_schema<T: schemars::JsonSchema>() -> Value {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

struct Schemas {
    file: Part,
    customer: Part,
}

struct Part {
    schema: Value,
    /// Generated schemas are valid; a test compiles them.
    validator: Option<Validator>,
}

impl Part {
    fn new(schema: Value) -> Self {
        let validator = jsonschema::validator_for(&schema).ok();
        Self { schema, validator }
    }
}

impl Part {
    /// Adds the structural findings of a value, and gives the path of each part that is wrong.
    fn check(&self, json: &Value, place: Place<'_>, findings: &mut Findings) -> Vec<Vec<String>> {
        let mut wrong = Vec::new();
        for error in self
            .validator
            .iter()
            .flat_map(|validator| validator.iter_errors(json))
        {
            let path: Vec<String> = error
                .instance_path()
                .as_str()
                .split('/')
                .skip(1)
                .map(unescape)
                .collect();
            let unexpected = match error.kind() {
                ValidationErrorKind::AdditionalProperties { unexpected } => unexpected.as_slice(),
                _ => &[],
            };
            let below = |name: &String| path.iter().cloned().chain([name.clone()]).collect();
            wrong.extend(unexpected.iter().map(below));
            if findings.full() {
                findings.omit();
                wrong.push(path);
                continue;
            }
            let at = path.iter().fold(place, |place, step| match step.parse() {
                Ok(position) => place.index(position),
                Err(_) => place.key(step),
            });
            if !unexpected.is_empty() {
                unknown_fields(
                    unexpected,
                    &known_fields(&self.schema, &error),
                    at,
                    findings,
                );
                continue;
            }
            report(&error, &label(&path), at, findings);
            wrong.push(path);
        }
        wrong
    }
}

fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// The properties that the schema names beside the keyword that failed.
fn known_fields(schema: &Value, error: &ValidationError<'_>) -> Vec<String> {
    let keyword = error.schema_path().as_str();
    let parent = keyword.rsplit_once('/').map_or("", |(parent, _)| parent);
    let properties = schema
        .pointer(parent)
        .and_then(|schema| schema.get("properties"));
    let properties = properties.and_then(Value::as_object);
    properties
        .map(|map| map.keys().cloned().collect())
        .unwrap_or_default()
}

fn unknown_fields(names: &[String], known: &[String], at: Place<'_>, findings: &mut Findings) {
    let fields = at.fields();
    for name in names {
        if findings.full() {
            findings.omit();
        } else {
            unknown_field(name, known, fields.key(name), findings);
        }
    }
}

fn unknown_field(name: &str, known: &[String], at: Place<'_>, findings: &mut Findings) {
    let near = closest(name, known.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    };
    let message = format!("unknown field {}", named(name));
    findings.at(at, Code::UnknownField, message, Some(help));
}

/// The field at the end of a path for a message, with its position where it is in a list.
fn label(path: &[String]) -> String {
    let is_position = |step: &&String| step.bytes().all(|byte| byte.is_ascii_digit());
    let positions = path.iter().rev().take_while(is_position).count();
    let (path, positions) = path.split_at(path.len() - positions);
    let Some(name) = path.last() else {
        return "a customer".to_owned();
    };
    if !nameable(name) {
        return NOT_NAMED.to_owned();
    }
    let positions: Vec<String> = positions.iter().map(|at| format!("[{at}]")).collect();
    format!("`{name}{}`", positions.concat())
}

fn report(error: &ValidationError<'_>, label: &str, at: Place<'_>, findings: &mut Findings) {
    let kind = kind_of(error.instance());
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            findings.at(
                at,
                Code::MissingField,
                format!("missing field `{name}`"),
                None,
            );
        }
        ValidationErrorKind::Type { kind: expected } => {
            let expected = expected_types(expected);
            let message = format!("{label} takes {expected}, not {kind}");
            let number = matches!(error.instance().as_ref(), Value::Number(_) | Value::Bool(_));
            let text = expected.starts_with("text");
            let help = (number && text).then(|| "quote it".to_owned());
            findings.at(at, Code::WrongType, message, help);
        }
        ValidationErrorKind::Enum { options } => {
            let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
            one_of(options, error.instance(), label, at, findings);
        }
        ValidationErrorKind::Maximum { limit } => {
            findings.at(
                at,
                Code::InvalidValue,
                format!("{label} is at most {limit}"),
                None,
            );
        }
        ValidationErrorKind::Minimum { limit } => {
            findings.at(
                at,
                Code::InvalidValue,
                format!("{label} is at least {limit}"),
                None,
            );
        }
        // The raw types use no other keyword; a new one would be told without its particulars.
        _ => findings.at(
            at,
            Code::InvalidValue,
            format!("this value of {label} is not possible"),
            None,
        ),
    }
}

fn one_of(options: &[Value], value: &Value, label: &str, at: Place<'_>, findings: &mut Findings) {
    let shown = |option: &Value| {
        option
            .as_str()
            .map_or_else(|| option.to_string(), str::to_owned)
    };
    let words: Vec<String> = options.iter().filter(|o| !o.is_null()).map(shown).collect();
    let near = value
        .as_str()
        .and_then(|text| closest(text, words.iter().map(String::as_str)));
    let help = near.map(|near| format!("did you mean `{near}`?"));
    let message = format!("{label} takes one of {}", words.join(", "));
    findings.at(at, Code::InvalidValue, message, help);
}

fn expected_types(expected: &TypeKind) -> String {
    let words = |name: &str| match name {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a mapping",
        _ => "nothing",
    };
    match expected {
        TypeKind::Single(kind) => words(&kind.to_string()).to_owned(),
        TypeKind::Multiple(kinds) => {
            let names = kinds.iter().map(|kind| words(&kind.to_string()));
            names
                .filter(|name| *name != "nothing")
                .collect::<Vec<_>>()
                .join(" or ")
        }
    }
}

/// A value's type, for messages that must not tell the value.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use super::SCHEMAS;

    #[test]
    fn the_generated_schemas_compile() {
        assert!(SCHEMAS.file.validator.is_some() && SCHEMAS.customer.validator.is_some());
    }
}
