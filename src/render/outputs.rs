//! Responsible for the ids of managed objects in the formats of the programs that use them.

use super::sanitize;
use super::view::outputs::{EqualVariable, Outputs};
use super::{Label, Line, Out, Safe};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use thiserror::Error;

/// The largest `ConfigMap` that Kubernetes accepts, in bytes.
const MAX_CONFIG_MAP: usize = 1 << 20;

/// Why outputs cannot be written in a format.
#[derive(Debug, Error)]
pub enum OutputsError {
    /// Two names give the same variable.
    #[error("{} give the same variable {variable}", names.join(" and "))]
    EqualVariables {
        /// The variable.
        variable: String,
        /// The names.
        names: Vec<String>,
    },
    /// Kubernetes would refuse the document.
    #[error("a ConfigMap has at most 1 MiB, and this one would have {0} bytes")]
    TooLarge(usize),
    /// Writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<EqualVariable> for OutputsError {
    fn from(equal: EqualVariable) -> Self {
        Self::EqualVariables {
            variable: equal.variable,
            names: equal.names.into_iter().collect(),
        }
    }
}

/// Writes the ids for people: one line for each object.
pub fn outputs(out: &mut Out<'_>, outputs: &Outputs) -> io::Result<()> {
    let mut is_empty = true;
    for (customer, connector, id) in outputs.rows() {
        is_empty = false;
        let (indent, name) = match connector {
            None => (0, Safe::name(customer)),
            Some(connector) => (2, Safe::name(connector)),
        };
        let line = Line::at(indent).label(Label::Strong, name).text("  ");
        out.line(&line.text(Safe::new(id)))?;
    }
    if is_empty {
        out.say("The ledger records no customer.")?;
    }
    out.flush()
}

/// Writes the ids as an environment file.
///
/// # Errors
///
/// Two names that give the same variable, or a failed write.
pub fn outputs_as_dotenv(out: &mut Out<'_>, outputs: &Outputs) -> Result<(), OutputsError> {
    for (variable, id) in outputs.variables()? {
        out.raw(format!("{variable}={id}\n").as_bytes())?;
    }
    Ok(out.flush()?)
}

/// Writes the ids as YAML, with the fields of the JSON document.
///
/// # Errors
///
/// A failed write.
pub fn outputs_as_yaml(out: &mut Out<'_>, outputs: &Outputs) -> Result<(), OutputsError> {
    let document = serde_json::to_value(outputs).map_err(io::Error::from)?;
    write_yaml(out, &document)
}

/// Writes the ids as a Kubernetes `ConfigMap`: the JSON document, and each id as a variable for
/// `envFrom`.
///
/// # Errors
///
/// Two names that give the same variable, more than Kubernetes accepts, or a failed write.
pub fn outputs_as_config_map(out: &mut Out<'_>, outputs: &Outputs) -> Result<(), OutputsError> {
    let document = serde_json::to_string(outputs).map_err(io::Error::from)?;
    let mut data: BTreeMap<String, &str> = outputs.variables()?;
    data.insert("outputs.json".to_owned(), &document);
    let size = data
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    if size > MAX_CONFIG_MAP {
        return Err(OutputsError::TooLarge(size));
    }
    let config_map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "airlift-outputs"},
        "data": data,
    });
    write_yaml(out, &config_map)
}

/// Writes mappings of texts in block style. Every name and text is quoted, because readers of YAML
/// 1.1 take `yes`, `<<` or `12:30` for something else.
fn write_yaml(out: &mut Out<'_>, document: &Value) -> Result<(), OutputsError> {
    let mut text = String::new();
    write_mapping(&mut text, document, 0);
    out.raw(text.as_bytes())?;
    Ok(out.flush()?)
}

fn write_mapping(text: &mut String, mapping: &Value, indent: usize) {
    for (name, value) in mapping.as_object().into_iter().flatten() {
        let blanks = " ".repeat(indent);
        let name = quoted(&Value::from(name.as_str()));
        match value.as_object() {
            Some(fields) if !fields.is_empty() => {
                text.push_str(&format_args!("{blanks}{name}:\n").to_string());
                write_mapping(text, value, indent + 2);
            }
            _ => {
                let value = quoted(value);
                text.push_str(&format_args!("{blanks}{name}: {value}\n").to_string());
            }
        }
    }
}

/// JSON on one line, which is YAML, with dangerous characters escaped.
fn quoted(value: &Value) -> String {
    let mut text = String::new();
    for character in value.to_string().chars() {
        if sanitize::is_dangerous(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                text.push_str(&format_args!("\\u{unit:04x}").to_string());
            }
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{OutputsError, outputs_as_config_map, outputs_as_dotenv, outputs_as_yaml};
    use crate::model::{
        Applied, ConnectorEntry, ConnectorId, CustomerEntry, DefinitionId, LedgerState,
        OrganizationId, WorkspaceId,
    };
    use crate::render::{Color, Out, Outputs};
    use uuid::Uuid;

    fn connector(id: u128) -> ConnectorEntry {
        ConnectorEntry {
            id: ConnectorId(Uuid::from_u128(id)),
            definition_id: DefinitionId(Uuid::from_u128(0xd)),
            template_id: None,
            sent: None,
            credentials_version: None,
            applied: Applied::default(),
            updated_at: None,
            write: None,
        }
    }

    fn ledger(names: &[&str]) -> Outputs {
        let customer = CustomerEntry {
            name: "acme-corp".to_owned(),
            connectors: names
                .iter()
                .zip(1..)
                .map(|(name, id)| ((*name).into(), connector(id).into()))
                .collect(),
            ..CustomerEntry::default()
        };
        let mut recorded = LedgerState::default();
        let id = WorkspaceId(Uuid::from_u128(0xa));
        recorded.customers.insert(id, customer);
        Outputs::new(OrganizationId(Uuid::nil()), &recorded)
    }

    fn written(write: impl Fn(&mut Out<'_>) -> Result<(), OutputsError>) -> String {
        let mut bytes = Vec::new();
        write(&mut Out::new(&mut bytes, 80, Color::Off)).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn outputs_as_variables_have_plain_names() {
        let outputs = ledger(&["Acme: GitHub", "Zo\u{eb} CRM"]);
        let text = written(|out| outputs_as_dotenv(out, &outputs));
        assert_eq!(
            text,
            "AIRLIFT_CONNECTOR_ACME_CORP__ACME_GITHUB=00000000-0000-0000-0000-000000000001\n\
             AIRLIFT_CONNECTOR_ACME_CORP__ZO_CRM=00000000-0000-0000-0000-000000000002\n\
             AIRLIFT_WORKSPACE_ACME_CORP=00000000-0000-0000-0000-00000000000a\n"
        );
    }

    #[test]
    fn outputs_whose_names_give_one_variable_are_refused() {
        let outputs = ledger(&["a b", "a-b"]);
        let mut bytes = Vec::new();
        let mut out = Out::new(&mut bytes, 80, Color::Off);
        let error = outputs_as_dotenv(&mut out, &outputs)
            .unwrap_err()
            .to_string();
        assert!(error.contains("acme-corp/a b and acme-corp/a-b"), "{error}");
    }

    #[test]
    fn outputs_as_yaml_quote_every_name() {
        let outputs = ledger(&["<<", "yes", "12:30", "a\u{202e}b\u{1f600}"]);
        let yaml = written(|out| outputs_as_yaml(out, &outputs));
        for name in ["\"<<\":", "\"yes\":", "\"12:30\":", "\"a\\u202eb"] {
            assert!(yaml.contains(name), "{yaml}");
        }
        let read: serde_json::Value = serde_yaml::from_str(&yaml).unwrap();
        assert_eq!(read, serde_json::to_value(&outputs).unwrap());
    }

    #[test]
    fn outputs_as_yaml_and_config_map_hold_the_json_document() {
        let outputs = ledger(&["Acme: GitHub\nx: y"]);
        let expected = serde_json::to_value(&outputs).unwrap();
        let yaml = written(|out| outputs_as_yaml(out, &outputs));
        let read: serde_json::Value = serde_yaml::from_str(&yaml).unwrap();
        assert_eq!(read, expected);
        let yaml = written(|out| outputs_as_config_map(out, &outputs));
        let read: serde_json::Value = serde_yaml::from_str(&yaml).unwrap();
        let document = read["data"]["outputs.json"].as_str().unwrap();
        let document: serde_json::Value = serde_json::from_str(document).unwrap();
        assert_eq!(document, expected);
    }
}
