//! Responsible for the request bodies that contain secrets. Writes each body directly into memory
//! that is wiped on drop. The size is counted first, so that the buffer never grows and leaves a
//! copy behind.
//!
//! Does not build a JSON tree, because its strings would not be wiped.

use super::error::{ApiError, ApiErrorKind};
use super::redaction::Redactor;
use crate::model::{
    ConnectorBody, Contract, DefinitionId, Entity, Literal, SecretLookup, SecretRef, SecretValue,
    Setting, Settings,
};
use bytes::Bytes;
use serde::Serialize;
use std::io::{self, Write};
use uuid::Uuid;
use zeroize::Zeroizing;

/// A request body, and the redactor of the secrets in it.
pub(super) struct SecretBody<'a> {
    pub(super) bytes: Bytes,
    pub(super) redactor: Redactor<'a>,
}

/// `TokenRequest`.
pub(super) fn token_request<'a>(
    client_id: &str,
    client_secret: &'a SecretValue,
) -> Result<SecretBody<'a>, ApiError> {
    let bytes = zeroizing(|out| {
        out.write_all(br#"{"client_id":"#)?;
        json(out, client_id)?;
        out.write_all(br#","client_secret":"#)?;
        json(out, client_secret.expose())?;
        out.write_all(b"}")
    })?;
    Ok(SecretBody {
        bytes,
        redactor: Redactor {
            secrets: vec![client_secret.expose()],
            ..Redactor::default()
        },
    })
}

/// `ConnectorSourceCreateRequest`, which `ConnectorSourceCheckConfigRequest` equals.
pub(super) fn connector_request<'a>(
    contract: Contract,
    customer: &str,
    body: &'a ConnectorBody,
    secrets: &'a dyn SecretLookup,
) -> Result<SecretBody<'a>, ApiError> {
    let redactor = redactor(body, secrets)?;
    let bytes = zeroizing(|out| write_connector(out, contract, customer, body, secrets))?;
    Ok(SecretBody { bytes, redactor })
}

/// `OAuthCredentialsRequest`.
pub(super) fn oauth_app_request<'a>(
    definition: DefinitionId,
    fields: &'a Settings,
    secrets: &'a dyn SecretLookup,
) -> Result<SecretBody<'a>, ApiError> {
    let redactor = redactor_of([("credentials", fields)].into_iter(), secrets)?;
    let bytes = zeroizing(|out| {
        out.write_all(br#"{"connector_definition_id":"#)?;
        json(out, &definition)?;
        key(out, "configuration")?;
        write_map(out, fields, secrets)?;
        out.write_all(b"}")
    })?;
    Ok(SecretBody { bytes, redactor })
}

/// Writes the body into memory that is wiped on drop.
fn zeroizing(write: impl Fn(&mut dyn Write) -> io::Result<()>) -> Result<Bytes, ApiError> {
    let owner =
        exact(write).map_err(|_| ApiErrorKind::Setup("the request body cannot be written"))?;
    Ok(Bytes::from_owner(owner))
}

/// Writes twice: once to count the bytes, once into a buffer of exactly that size.
fn exact(write: impl Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut count = Count(0);
    write(&mut count)?;
    let mut out = Zeroizing::new(Vec::with_capacity(count.0));
    write(&mut *out)?;
    Ok(out)
}

struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_connector(
    out: &mut dyn Write,
    contract: Contract,
    customer: &str,
    body: &ConnectorBody,
    secrets: &dyn SecretLookup,
) -> io::Result<()> {
    out.write_all(match contract {
        Contract::Workspace => br#"{"workspace_name":"#.as_slice(),
        Contract::ExternalUser => br#"{"external_user_id":"#,
    })?;
    json(out, customer)?;
    field(out, "name", &body.name)?;
    write_type(out, contract, body)?;
    for (name, block) in body.blocks() {
        key(out, name)?;
        write_map(out, block, secrets)?;
    }
    if let Some(entities) = &body.entities {
        field::<[Entity]>(out, "entities", entities)?;
    }
    out.write_all(b"}")
}

/// Writes the connector type. The specification requires exactly one of its three fields.
fn write_type(out: &mut dyn Write, contract: Contract, body: &ConnectorBody) -> io::Result<()> {
    if let Some(template) = &body.template_id {
        return field(out, "source_template_id", template);
    }
    match contract {
        Contract::ExternalUser if body.kind.parse::<Uuid>().is_err() => {
            field(out, "connector_type", &body.kind)
        }
        _ => field(out, "definition_id", &body.definition_id),
    }
}

fn write_map(out: &mut dyn Write, fields: &Settings, secrets: &dyn SecretLookup) -> io::Result<()> {
    out.write_all(b"{")?;
    for (index, (name, setting)) in fields.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        json(out, name)?;
        out.write_all(b":")?;
        write_setting(out, setting, secrets)?;
    }
    out.write_all(b"}")
}

fn write_setting(
    out: &mut dyn Write,
    setting: &Setting,
    secrets: &dyn SecretLookup,
) -> io::Result<()> {
    match setting {
        Setting::Literal(value) => json(out, value),
        // `redactor` rejects a body with a missing value before it is written.
        Setting::Secret(reference) => match secrets.value(reference) {
            Some(value) => json(out, value.expose()),
            None => Err(io::ErrorKind::NotFound.into()),
        },
        Setting::Map(fields) => write_map(out, fields, secrets),
        Setting::List(items) => {
            out.write_all(b"[")?;
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.write_all(b",")?;
                }
                write_setting(out, item, secrets)?;
            }
            out.write_all(b"]")
        }
    }
}

fn key(out: &mut dyn Write, name: &str) -> io::Result<()> {
    out.write_all(b",")?;
    json(out, name)?;
    out.write_all(b":")
}

fn field<T: Serialize + ?Sized>(out: &mut dyn Write, name: &str, value: &T) -> io::Result<()> {
    key(out, name)?;
    json(out, value)
}

/// Serializes straight into `out`, because a buffer in between would not be wiped.
fn json<T: Serialize + ?Sized>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}

/// The redactor of all secrets of the body. Fails if a reference has no value or an empty one, so
/// that nothing is sent.
fn redactor<'a>(
    body: &'a ConnectorBody,
    secrets: &'a dyn SecretLookup,
) -> Result<Redactor<'a>, ApiError> {
    redactor_of(body.blocks(), secrets)
}

fn redactor_of<'a>(
    blocks: impl Iterator<Item = (&'static str, &'a Settings)>,
    secrets: &'a dyn SecretLookup,
) -> Result<Redactor<'a>, ApiError> {
    let mut redactor = Redactor::default();
    let mut missing = None;
    for (name, block) in blocks {
        for setting in block.values() {
            setting.leaves("", &mut |_, leaf| match leaf {
                Setting::Secret(reference) => match resolved(secrets, reference) {
                    Some(value) => redactor.secrets.push(value),
                    None => missing = Some(&**reference),
                },
                Setting::Literal(Literal::Text(text)) if name == "credentials" => {
                    redactor.literals.push(text);
                }
                _ => {}
            });
        }
    }
    match missing {
        Some(reference) => Err(ApiErrorKind::Unresolved(Box::new(reference.clone())).into()),
        None => Ok(redactor),
    }
}

/// The value of a reference, unless it is empty.
fn resolved<'a>(secrets: &'a dyn SecretLookup, reference: &SecretRef) -> Option<&'a str> {
    let value = secrets.value(reference)?.expose();
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
pub(super) mod tests {
    use super::{connector_request, exact, write_connector};
    use crate::api::error::ApiErrorKind;
    use crate::model::{
        ConnectorBody, Contract, DefinitionId, Entity, Mode, SecretRef, SecretValue, Setting,
        Settings, TemplateId,
    };
    use serde_json::{Value, json};
    use std::collections::{BTreeMap, BTreeSet};
    use std::io::Write;
    use uuid::Uuid;

    pub(in crate::api) fn settings(value: Value) -> Option<Settings> {
        match Setting::from(value) {
            Setting::Map(fields) => Some(fields),
            _ => None,
        }
    }

    pub(in crate::api) fn github() -> ConnectorBody {
        ConnectorBody {
            name: "Acme GitHub".into(),
            kind: "github".into(),
            definition_id: DefinitionId(Uuid::from_u128(7)),
            template_id: None,
            readable: BTreeSet::new(),
            credentials: settings(json!({"token": {"$secret": "${env:T}"}})),
            credentials_version: Some(3),
            environment: None,
            replication_config: None,
            entities: None,
        }
    }

    pub(in crate::api) fn secrets(value: &str) -> BTreeMap<SecretRef, SecretValue> {
        let reference = "${env:T}".parse().unwrap();
        BTreeMap::from([(reference, SecretValue::new(value.into()))])
    }

    fn sent(contract: Contract, body: &ConnectorBody) -> String {
        let secrets = secrets("s\"é\n");
        let request = connector_request(contract, "acme", body, &secrets).unwrap();
        String::from_utf8(request.bytes.to_vec()).unwrap()
    }

    #[test]
    fn connector_request_under_either_contract_has_exact_bytes() {
        assert_eq!(
            sent(Contract::Workspace, &github()),
            r#"{"workspace_name":"acme","name":"Acme GitHub","definition_id":"00000000-0000-0000-0000-000000000007","credentials":{"token":"s\"é\n"}}"#
        );
        assert_eq!(
            sent(Contract::ExternalUser, &github()),
            r#"{"external_user_id":"acme","name":"Acme GitHub","connector_type":"github","credentials":{"token":"s\"é\n"}}"#
        );
    }

    #[test]
    fn connector_request_keeps_types_of_all_settings() {
        let body = ConnectorBody {
            template_id: Some(TemplateId(Uuid::from_u128(9))),
            environment: settings(json!({})),
            replication_config: settings(
                json!({"a": [1, null, {"b": 2.5}], "t": {"$secret": "${env:T}"}}),
            ),
            entities: Some(vec![Entity {
                entity: "issues".into(),
                modes: Some(vec![Mode::Read]),
            }]),
            ..github()
        };
        for contract in [Contract::Workspace, Contract::ExternalUser] {
            let sent: Value = serde_json::from_str(&sent(contract, &body)).unwrap();
            assert_eq!(sent["source_template_id"], json!(Uuid::from_u128(9)));
            assert!(sent.get("definition_id").is_none() && sent.get("connector_type").is_none());
            assert_eq!(sent["environment"], json!({}));
            assert_eq!(
                sent["replication_config"],
                json!({"a": [1, null, {"b": 2.5}], "t": "s\"é\n"})
            );
            assert_eq!(
                sent["entities"],
                json!([{"entity": "issues", "modes": ["read"]}])
            );
        }
    }

    #[test]
    fn connector_request_with_definition_id_as_type_sends_definition_id() {
        let body = ConnectorBody {
            kind: Uuid::from_u128(7).to_string().into(),
            ..github()
        };
        let sent = sent(Contract::ExternalUser, &body);
        assert!(sent.contains(r#""definition_id":"00000000-0000-0000-0000-000000000007""#));
    }

    #[test]
    fn body_buffer_has_exact_capacity() {
        let secrets = secrets(&"quoted \" and long ".repeat(1000));
        let body = github();
        let write = |out: &mut dyn Write| {
            write_connector(out, Contract::Workspace, "acme", &body, &secrets)
        };
        let bytes = exact(write).unwrap();
        assert_eq!(bytes.len(), bytes.capacity());
        assert!(bytes.len() > 18_000);
    }

    #[test]
    fn connector_request_with_missing_or_empty_secret_fails() {
        for secrets in [BTreeMap::new(), secrets("")] {
            let body = github();
            let result = connector_request(Contract::Workspace, "acme", &body, &secrets);
            let error = result.err().unwrap();
            assert!(matches!(error.kind(), ApiErrorKind::Unresolved(_)));
        }
    }
}
