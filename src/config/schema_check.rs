//! Responsible for structural findings: checks a value against the schema of the raw types, and
//! reports each error at its own location.

use super::code::Code;
use super::findings::Findings;
use super::mistakes;
use super::origin::Origin;
use super::raw::{RawCustomer, RawFile};
use super::redaction::{NOT_NAMED, did_you_mean, nameable};
use super::unknown_fields::{is_mistyped, keyword_beside, known_fields, unknown_fields};
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use schemars::generate::SchemaSettings;
use serde_json::Value;
use std::sync::LazyLock;

/// The path from the checked value to an invalid part.
pub(super) type WrongPath = Vec<String>;

/// Checks a file without its customers.
pub(super) fn file(json: &Value, origin: Origin<'_>, findings: &mut Findings) -> Vec<WrongPath> {
    SCHEMAS.file.check(json, origin, findings)
}

/// Checks a customer with its connectors.
pub(super) fn customer(
    json: &Value,
    origin: Origin<'_>,
    findings: &mut Findings,
) -> Vec<WrongPath> {
    SCHEMAS.customer.check(json, origin, findings)
}

/// The only field that takes a mapping or a keyword.
const REPLICATION: &str = "replication_config";

/// Any position of a list or key of a mapping, in a path pattern.
const ANY: &str = "*";

/// The paths of whole numbers in a file and in a customer.
const WHOLE_IN_FILE: &[&[&str]] = &[
    &["version"],
    &["guards", "max_deletes"],
    &["guards", "max_delete_percent"],
    &["guards", "max_id_changes"],
    &["environments", ANY, "guards", "max_deletes"],
    &["environments", ANY, "guards", "max_delete_percent"],
    &["environments", ANY, "guards", "max_id_changes"],
];
const WHOLE_IN_CUSTOMER: &[&[&str]] = &[&["connectors", ANY, "credentials_version"]];

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| Schemas {
    file: SchemaPart::new(schemars_schema::<RawFile>(), WHOLE_IN_FILE),
    customer: SchemaPart::new(schemars_schema::<RawCustomer>(), WHOLE_IN_CUSTOMER),
});

fn schemars_schema<T: schemars::JsonSchema>() -> Value {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

struct Schemas {
    file: SchemaPart,
    customer: SchemaPart,
}

struct SchemaPart {
    schema: Value,
    /// Never `None`: a test compiles the generated schemas.
    validator: Option<Validator>,
    /// The path patterns of whole numbers.
    whole_numbers: &'static [&'static [&'static str]],
}

impl SchemaPart {
    fn new(schema: Value, whole_numbers: &'static [&'static [&'static str]]) -> Self {
        let validator = jsonschema::validator_for(&schema).ok();
        Self {
            schema,
            validator,
            whole_numbers,
        }
    }
}

impl SchemaPart {
    /// Adds the structural findings of a value and returns the path of each invalid part.
    fn check(&self, json: &Value, origin: Origin<'_>, findings: &mut Findings) -> Vec<WrongPath> {
        let mut wrong = Vec::new();
        let errors = self.validator.iter();
        for error in errors.flat_map(|validator| validator.iter_errors(json)) {
            self.error(&error, origin, &mut wrong, findings);
        }
        for pattern in self.whole_numbers {
            for path in fractions(json, pattern) {
                let message = format!("{} takes a whole number, not a fraction", label(&path));
                let help = Some("write it without the fraction".to_owned());
                findings.at(descend(origin, &path), Code::WrongType, message, help);
                wrong.push(path);
            }
        }
        wrong
    }

    fn error(
        &self,
        error: &ValidationError<'_>,
        origin: Origin<'_>,
        wrong: &mut Vec<WrongPath>,
        findings: &mut Findings,
    ) {
        let path: WrongPath = error
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
        if self.is_repeated(error) {
            wrong.push(path);
        } else if findings.is_full() {
            findings.omit();
            wrong.push(path);
        } else if unexpected.is_empty() {
            report(error, &path, descend(origin, &path), findings);
            wrong.push(path);
        } else {
            let known = known_fields(&self.schema, error);
            let origin = descend(origin, &path);
            unknown_fields(unexpected, (&known, error.instance()), origin, findings);
        }
    }

    /// Whether another error has a better finding about the same mistake.
    fn is_repeated(&self, error: &ValidationError<'_>) -> bool {
        match error.kind() {
            // A value that is no word of a list fails two keywords.
            ValidationErrorKind::Type { .. } => {
                keyword_beside(&self.schema, error, "enum").is_some()
            }
            ValidationErrorKind::Required { property } => {
                let known = known_fields(&self.schema, error);
                is_mistyped(property, error.instance(), &known)
            }
            _ => false,
        }
    }
}

/// The origin of the part at `path`.
fn descend<'s>(origin: Origin<'s>, path: &[String]) -> Origin<'s> {
    path.iter().fold(origin, |origin, step| match step.parse() {
        Ok(position) => origin.index(position),
        Err(_) => origin.key(step),
    })
}

/// The paths of numbers such as `1.0` in place of a whole number. JSON Schema accepts them as whole
/// numbers and the raw types do not. The schema itself reports any other fraction.
fn fractions(json: &Value, pattern: &[&str]) -> Vec<WrongPath> {
    let Some((step, rest)) = pattern.split_first() else {
        let fraction = json.as_f64().filter(|_| json.is_f64());
        return match fraction {
            Some(number) if number.fract() == 0.0 => vec![Vec::new()],
            _ => Vec::new(),
        };
    };
    let below = |step: &str, value: &Value| -> Vec<WrongPath> {
        fractions(value, rest)
            .into_iter()
            .map(|path| [vec![step.to_owned()], path].concat())
            .collect()
    };
    match json {
        Value::Array(items) if *step == ANY => items
            .iter()
            .enumerate()
            .flat_map(|(position, item)| below(&position.to_string(), item))
            .collect(),
        Value::Object(fields) if *step == ANY => fields
            .iter()
            .flat_map(|(name, field)| below(name, field))
            .collect(),
        Value::Object(fields) => fields
            .get(*step)
            .map_or_else(Vec::new, |field| below(step, field)),
        _ => Vec::new(),
    }
}

fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// The list that the end of a path is in.
fn list_of(path: &[String]) -> &str {
    let is_position = |step: &&String| step.bytes().all(|byte| byte.is_ascii_digit());
    let list = path.iter().rev().find(|step| !is_position(step));
    list.map_or("customers", String::as_str)
}

/// The last field of a path, if the path does not end in a list.
fn last_field(path: &[String]) -> Option<&str> {
    let is_position = |step: &str| step.bytes().all(|byte| byte.is_ascii_digit());
    let last = path.last().map(String::as_str);
    last.filter(|step| !is_position(step))
}

/// The last field of a path for a message, with its position if it is in a list.
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

fn report(
    error: &ValidationError<'_>,
    path: &[String],
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    let label = &label(path);
    let kind = kind_of(error.instance());
    let (code, message) = match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            (Code::MissingField, format!("missing field `{name}`"))
        }
        ValidationErrorKind::Type { kind: expected } if last_field(path) != Some(REPLICATION) => {
            let expected = expected_types(expected);
            let message = format!("{label} takes {expected}, not {kind}");
            let help =
                mistakes::of_type(last_field(path), list_of(path), &expected, error.instance());
            return findings.at(origin, Code::WrongType, message, help);
        }
        ValidationErrorKind::Enum { options } => {
            let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
            let field = last_field(path).unwrap_or_default();
            return one_of(options, (field, error.instance()), label, origin, findings);
        }
        ValidationErrorKind::Maximum { limit } => {
            (Code::InvalidValue, format!("{label} is at most {limit}"))
        }
        ValidationErrorKind::Minimum { limit } => {
            (Code::InvalidValue, format!("{label} is at least {limit}"))
        }
        // The only pattern is the keyword of `replication_config`.
        ValidationErrorKind::Type { .. } | ValidationErrorKind::Pattern { .. } => {
            let message = format!("{label} takes a mapping or `none`, not {kind}");
            let help = mistakes::of_type(last_field(path), "", "a mapping", error.instance());
            return findings.at(origin, Code::WrongType, message, help);
        }
        // The raw types use no other keyword.
        _ => {
            let help = last_field(path).and_then(mistakes::of_form);
            let message = format!("this value of {label} is invalid");
            let help = help.map(str::to_owned);
            return findings.at(origin, Code::InvalidValue, message, help);
        }
    };
    findings.at(origin, code, message, None);
}

fn one_of(
    options: &[Value],
    (field, value): (&str, &Value),
    label: &str,
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    let shown = |option: &Value| {
        option
            .as_str()
            .map_or_else(|| option.to_string(), str::to_owned)
    };
    let words: Vec<String> = options.iter().filter(|o| !o.is_null()).map(shown).collect();
    let text = value.as_str();
    let help = text.and_then(|text| {
        mistakes::of_word(field, text)
            .or_else(|| did_you_mean(text, words.iter().map(String::as_str)))
    });
    let message = format!("{label} takes one of {}", words.join(", "));
    findings.at(origin, Code::InvalidValue, message, help);
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

/// A value's type, for messages that must not contain the value.
pub(super) fn kind_of(value: &Value) -> &'static str {
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
    fn generated_schemas_compile() {
        assert!(SCHEMAS.file.validator.is_some() && SCHEMAS.customer.validator.is_some());
    }
}
