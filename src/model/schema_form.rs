//! Responsible for the form of generated JSON Schemas: without formats that only Rust knows, which
//! strict validators refuse.

use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

/// The schema of a type, in draft 2020-12.
pub(crate) fn schema_of<T: JsonSchema>() -> Schema {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<T>();
    remove_number_formats(&mut schema);
    schema
}

/// Removes formats such as `uint64`. The bounds of the numbers remain.
pub(crate) fn remove_number_formats(schema: &mut Schema) {
    RecursiveTransform(|schema: &mut Schema| {
        if schema
            .get("format")
            .and_then(Value::as_str)
            .is_some_and(is_number)
        {
            schema.remove("format");
        }
    })
    .transform(schema);
}

fn is_number(format: &str) -> bool {
    ["uint", "int", "double", "float"]
        .iter()
        .any(|prefix| format.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::schema_of;

    #[test]
    fn schema_of_number_has_bounds_and_no_format() {
        let schema = schema_of::<Vec<Option<u64>>>().to_value();
        assert!(schema["items"]["format"].is_null(), "{schema}");
        assert_eq!(schema["items"]["minimum"], 0);
    }
}
