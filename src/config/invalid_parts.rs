//! Responsible for removing the parts of a value that do not have the form of the schema, so that the rest is still
//! checked.

use super::schema_check::WrongPath;
use serde_json::Value;

/// Whether a path leads to a connector or to a field of a connector.
pub(super) fn is_in_connector(path: &WrongPath) -> bool {
    path.len() > 1 && path.first().is_some_and(|list| list == "connectors")
}

/// The remainder of a path that leads to the connector at `position`.
pub(super) fn below_connector(path: &WrongPath, position: usize) -> Option<&[String]> {
    let at = path.get(1).filter(|_| is_in_connector(path))?;
    (at.parse() == Ok(position)).then(|| path.get(2..).unwrap_or_default())
}

pub(super) fn remove(json: &mut Value, field: Option<&String>) {
    if let (Some(fields), Some(field)) = (json.as_object_mut(), field) {
        fields.remove(field);
    }
}

/// Removes a wrong part of a file without its customers. An error in a template removes only that template.
pub(super) fn remove_from_file(json: &mut Value, path: &[String]) {
    match path {
        [section, name, ..] if section == "templates" => {
            if let Some(templates) = json.get_mut(section) {
                remove(templates, Some(name));
            }
        }
        path => remove(json, path.first()),
    }
}

/// Removes a wrong part of a connector. An error in an optional field of an entity removes only that field.
pub(super) fn remove_from_connector(json: &mut Value, path: &[String]) {
    match path {
        [list, position, field, ..] if list == "entities" && field != "entity" => {
            let position = position.parse::<usize>().unwrap_or(usize::MAX);
            let entity = json.get_mut(list).and_then(|list| list.get_mut(position));
            if let Some(entity) = entity {
                remove(entity, Some(field));
            }
        }
        path => remove(json, path.first()),
    }
}
