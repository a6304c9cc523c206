//! Responsible for fields that the schema of a mapping does not have, and for the known ones beside them.

use super::code::Code;
use super::findings::Findings;
use super::mistakes;
use super::origin::Origin;
use super::redaction::named;
use crate::catalog::closest;
use jsonschema::ValidationError;
use serde_json::{Map, Value};

/// Another keyword of the schema object whose keyword failed.
pub(super) fn keyword_beside<'s>(
    schema: &'s Value,
    error: &ValidationError<'_>,
    name: &str,
) -> Option<&'s Value> {
    let keyword = error.schema_path().as_str();
    let parent = keyword.rsplit_once('/').map_or("", |(parent, _)| parent);
    schema.pointer(parent)?.get(name)
}

/// The properties of the schema object whose keyword failed.
pub(super) fn known_fields(schema: &Value, error: &ValidationError<'_>) -> Vec<String> {
    let properties = keyword_beside(schema, error, "properties").and_then(Value::as_object);
    properties
        .map(|map| map.keys().cloned().collect())
        .unwrap_or_default()
}

/// Whether a mapping has an unknown field that probably stands for an absent one, which has a finding of its own then.
pub(super) fn is_mistyped(absent: &Value, mapping: &Value, known: &[String]) -> bool {
    let Some(absent) = absent.as_str() else {
        return false;
    };
    let stands_for = |name: &String| match mistakes::of_place(name, known) {
        Some(help) => help == format!("did you mean `{absent}`?"),
        None => closest(name, known.iter().map(String::as_str)) == Some(absent),
    };
    let mut given = mapping.as_object().into_iter().flat_map(Map::keys);
    given.any(|name| !known.contains(name) && stands_for(name))
}

/// Reports unknown fields of a mapping with its known ones.
pub(super) fn unknown_fields(
    names: &[String],
    (known, mapping): (&[String], &Value),
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    let fields = origin.fields();
    for name in names {
        if findings.is_full() {
            findings.omit();
        } else {
            unknown_field(name, (known, mapping), fields.key(name), findings);
        }
    }
}

fn unknown_field(
    name: &str,
    (known, mapping): (&[String], &Value),
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    // A field that is there already is not the one that was meant.
    let absent = known.iter().filter(|known| mapping.get(known).is_none());
    let near = closest(name, absent.map(String::as_str));
    let place = mistakes::of_place(name, known).map(str::to_owned);
    let place = place.or_else(|| mistakes::of_connector_field(name, mapping));
    let help = match (place, near) {
        (Some(place), _) => place,
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => format!("valid fields: {}", known.join(", ")),
    };
    let message = format!("unknown field {}", named(name));
    findings.at(origin, Code::UnknownField, message, Some(help));
}
