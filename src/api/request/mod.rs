//! Responsible for building requests as plain values: method, path, query, body and idempotency,
//! with the field names of both contracts. Does not send them.

mod consents;
mod tokens;

pub(super) use consents::{
    TemplateOwner, clone_template, delete_oauth_app, initiate_consent, list_templates,
    put_oauth_app,
};
pub(super) use tokens::{
    APPLICATION_TOKEN, application_token, scoped_token, scoped_token_info, widget_token,
};

use super::body::{self, SecretBody};
use super::error::{ApiError, ApiErrorKind};
use super::redaction::Redactor;
use super::resilience::{Idempotency, Priority};
use crate::model::{
    Address, ConnectorBody, ConnectorId, Contract, CustomerPatch, DefinitionId, Entity,
    SecretLookup, Status, WorkspaceId,
};
use bytes::Bytes;
use reqwest::Method;
use serde::Serialize;
use serde_json::{Map, Value};

const WORKSPACES: &str = "/api/v1/workspaces";
const CONNECTORS: &str = "/api/v1/integrations/connectors";

/// A request without its token.
pub(super) struct Request<'a> {
    /// The operation id of the specification.
    pub(super) operation: &'static str,
    /// A customer, a connector, or an id, for logs.
    pub(super) about: String,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Bytes>,
    pub(super) redactor: Redactor<'a>,
    pub(super) idempotency: Idempotency,
    /// Whether the operation can change something remotely.
    pub(super) writes: bool,
    pub(super) priority: Priority,
    /// Whether the operation takes long on the server, so that the longer timeout applies.
    pub(super) slow: bool,
}

impl Request<'_> {
    fn new(operation: &'static str, method: Method, path: String) -> Self {
        Self {
            operation,
            about: String::new(),
            writes: method != Method::GET,
            method,
            path,
            query: Vec::new(),
            body: None,
            redactor: Redactor::default(),
            idempotency: Idempotency::Idempotent,
            priority: Priority::Normal,
            slow: false,
        }
    }

    pub(super) fn get(operation: &'static str, path: impl Into<String>) -> Self {
        Self::new(operation, Method::GET, path.into())
    }

    fn about(mut self, about: &impl ToString) -> Self {
        self.about = about.to_string();
        self
    }

    fn with_json<T: Serialize>(mut self, body: &T) -> Result<Self, ApiError> {
        let bytes = serde_json::to_vec(body)
            .map_err(|_| ApiErrorKind::Setup("the request body cannot be written"))?;
        self.body = Some(bytes.into());
        Ok(self)
    }
}

impl<'a> Request<'a> {
    fn with_secrets(mut self, body: SecretBody<'a>) -> Self {
        self.body = Some(body.bytes);
        self.redactor = body.redactor;
        self
    }
}

/// `list_workspaces`
///
/// With `part`, only workspaces whose names contain it, in any case. Goes first, because each page waits for the page
/// before it.
pub(super) fn list_workspaces(
    limit: u32,
    part: Option<&str>,
    cursor: Option<&str>,
) -> Request<'static> {
    let mut request = Request::get("list_workspaces", WORKSPACES);
    request.priority = Priority::First;
    request.query.push(("limit", limit.to_string()));
    if let Some(part) = part {
        request.query.push(("name_contains", part.to_owned()));
    }
    if let Some(cursor) = cursor {
        request.query.push(("cursor", cursor.to_owned()));
    }
    request
}

/// `get_workspaces_stats`
pub(super) fn workspace_stats() -> Request<'static> {
    Request::get("get_workspaces_stats", format!("{WORKSPACES}/stats"))
}

/// `get_workspaces_workspace_id`
pub(super) fn get_workspace(id: WorkspaceId) -> Request<'static> {
    Request::get("get_workspaces_workspace_id", format!("{WORKSPACES}/{id}")).about(&id)
}

/// `update_workspaces_workspace_id`
pub(super) fn update_workspace(
    id: WorkspaceId,
    patch: &CustomerPatch,
) -> Result<Request<'static>, ApiError> {
    // In `cache_enabled`, null is a value: the workspace inherits the setting.
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<Status>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_enabled: Option<Value>,
    }
    let operation = "update_workspaces_workspace_id";
    let request = Request::new(operation, Method::PUT, format!("{WORKSPACES}/{id}")).about(&id);
    request.with_json(&Body {
        name: patch.name.as_deref(),
        status: patch.status,
        cache_enabled: patch.cache.map(|cache| cache.as_remote().into()),
    })
}

/// `delete_workspaces_workspace_id`
pub(super) fn delete_workspace(id: WorkspaceId) -> Request<'static> {
    let path = format!("{WORKSPACES}/{id}");
    let request = Request::new("delete_workspaces_workspace_id", Method::DELETE, path).about(&id);
    Request {
        idempotency: Idempotency::SlowIdempotent,
        slow: true,
        ..request
    }
}

/// `list_integrations_connectors`
pub(super) fn list_connectors(
    contract: Contract,
    workspace: WorkspaceId,
    customer: &str,
) -> Request<'static> {
    let mut request = Request::get("list_integrations_connectors", CONNECTORS).about(&customer);
    request.query.push(match contract {
        Contract::Workspace => ("workspace_id", workspace.to_string()),
        Contract::ExternalUser => ("external_user_id", customer.to_owned()),
    });
    request
}

/// `get_integrations_connectors_id`
pub(super) fn get_connector(id: ConnectorId) -> Request<'static> {
    let path = format!("{CONNECTORS}/{id}");
    Request::get("get_integrations_connectors_id", path).about(&id)
}

/// `get_integrations_connectors_id_inspect`
pub(super) fn inspect_connector(id: ConnectorId) -> Request<'static> {
    let path = format!("{CONNECTORS}/{id}/inspect");
    Request::get("get_integrations_connectors_id_inspect", path).about(&id)
}

/// `create_integrations_connectors_id_check`: checks an existing connector as it is.
pub(super) fn check_existing(id: ConnectorId) -> Result<Request<'static>, ApiError> {
    let path = format!("{CONNECTORS}/{id}/check");
    let operation = "create_integrations_connectors_id_check";
    let request = Request::new(operation, Method::POST, path).about(&id);
    let request = request.with_json(&Map::<String, Value>::new())?;
    Ok(Request {
        slow: true,
        ..request
    })
}

/// `create_integrations_connectors_id_execute`: runs an action that only reads.
pub(super) fn execute(
    id: ConnectorId,
    entity: &str,
    action: &str,
) -> Result<Request<'static>, ApiError> {
    #[derive(Serialize)]
    struct Body<'a> {
        entity: &'a str,
        action: &'a str,
        params: Map<String, Value>,
    }
    let path = format!("{CONNECTORS}/{id}/execute");
    let operation = "create_integrations_connectors_id_execute";
    let request = Request::new(operation, Method::POST, path).about(&id);
    let request = request.with_json(&Body {
        entity,
        action,
        params: Map::new(),
    })?;
    Ok(Request {
        slow: true,
        ..request
    })
}

/// `create_integrations_connectors_check`
pub(super) fn check_connector<'a>(
    contract: Contract,
    customer: &str,
    body: &'a ConnectorBody,
    secrets: &'a dyn SecretLookup,
) -> Result<Request<'a>, ApiError> {
    let path = format!("{CONNECTORS}/check");
    let request = Request::new("create_integrations_connectors_check", Method::POST, path)
        .about(&Address::connector(customer, &body.name));
    let body = body::connector_request(contract, customer, body, secrets)?;
    Ok(Request {
        idempotency: Idempotency::NotIdempotent,
        slow: true,
        ..request.with_secrets(body)
    })
}

/// `create_integrations_connectors`
pub(super) fn create_connector<'a>(
    contract: Contract,
    customer: &str,
    body: &'a ConnectorBody,
    secrets: &'a dyn SecretLookup,
) -> Result<Request<'a>, ApiError> {
    let path = CONNECTORS.to_owned();
    let request = Request::new("create_integrations_connectors", Method::POST, path)
        .about(&Address::connector(customer, &body.name));
    let body = body::connector_request(contract, customer, body, secrets)?;
    Ok(Request {
        idempotency: Idempotency::NotIdempotent,
        slow: true,
        ..request.with_secrets(body)
    })
}

/// `update_integrations_connectors_id`
pub(super) fn update_connector(
    id: ConnectorId,
    name: Option<&str>,
    replication_config: Option<&Map<String, Value>>,
    entities: Option<&[Entity]>,
) -> Result<Request<'static>, ApiError> {
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        replication_config: Option<&'a Map<String, Value>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        entities: Option<&'a [Entity]>,
    }
    let path = format!("{CONNECTORS}/{id}");
    let request = Request::new("update_integrations_connectors_id", Method::PUT, path).about(&id);
    let request = request.with_json(&Body {
        name,
        replication_config,
        entities,
    })?;
    Ok(Request {
        slow: true,
        ..request
    })
}

/// `delete_integrations_connectors_id`
pub(super) fn delete_connector(id: ConnectorId) -> Request<'static> {
    let path = format!("{CONNECTORS}/{id}");
    Request::new("delete_integrations_connectors_id", Method::DELETE, path).about(&id)
}

/// `list_integrations_definitions_sources`
pub(super) fn list_definitions(name: Option<&str>) -> Request<'static> {
    let path = "/api/v1/integrations/definitions/sources";
    let mut request = Request::get("list_integrations_definitions_sources", path);
    request
        .query
        .extend(name.map(|name| ("name", name.to_owned())));
    request
}

/// `get_integrations_definitions_sources_id`
pub(super) fn get_definition(id: DefinitionId) -> Request<'static> {
    let path = format!("/api/v1/integrations/definitions/sources/{id}");
    Request::get("get_integrations_definitions_sources_id", path).about(&id)
}

#[cfg(test)]
mod tests {
    use super::{
        Request, delete_workspace, list_connectors, list_workspaces, update_connector,
        update_workspace,
    };
    use crate::api::resilience::Idempotency;
    use crate::model::{Cache, ConnectorId, Contract, CustomerPatch, Entity, Status, WorkspaceId};
    use serde_json::{Map, json};
    use uuid::Uuid;

    fn body(request: &Request<'_>) -> String {
        String::from_utf8(request.body.as_ref().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn update_workspace_sends_only_changed_fields() {
        let id = WorkspaceId(Uuid::nil());
        let patch = CustomerPatch {
            cache: Some(Cache::Inherit),
            ..CustomerPatch::default()
        };
        assert_eq!(
            body(&update_workspace(id, &patch).unwrap()),
            r#"{"cache_enabled":null}"#
        );
        let patch = CustomerPatch {
            name: Some("b".into()),
            status: Some(Status::Inactive),
            cache: None,
        };
        assert_eq!(
            body(&update_workspace(id, &patch).unwrap()),
            r#"{"name":"b","status":"inactive"}"#
        );
    }

    #[test]
    fn update_connector_sends_only_changed_fields() {
        let id = ConnectorId(Uuid::nil());
        let config = Map::from_iter([("k".to_owned(), json!(1))]);
        let entity = Entity {
            entity: "e".into(),
            modes: None,
        };
        let request = update_connector(id, None, Some(&config), Some(&[entity])).unwrap();
        assert_eq!(
            body(&request),
            r#"{"replication_config":{"k":1},"entities":[{"entity":"e"}]}"#
        );
        let request = update_connector(id, Some("n"), None, Some(&[])).unwrap();
        assert_eq!(body(&request), r#"{"name":"n","entities":[]}"#);
    }

    #[test]
    fn list_connectors_names_the_workspace_by_contract() {
        let id = WorkspaceId(Uuid::nil());
        let query = |contract| list_connectors(contract, id, "a&b").query;
        assert_eq!(
            query(Contract::Workspace),
            [("workspace_id", Uuid::nil().to_string())]
        );
        assert_eq!(
            query(Contract::ExternalUser),
            [("external_user_id", "a&b".to_owned())]
        );
        let page = list_workspaces(100, None, Some("c==")).query;
        assert_eq!(
            page,
            [("limit", "100".to_owned()), ("cursor", "c==".to_owned())]
        );
    }

    #[test]
    fn delete_workspace_is_slow_and_idempotent() {
        let request = delete_workspace(WorkspaceId(Uuid::nil()));
        assert_eq!(request.idempotency, Idempotency::SlowIdempotent);
    }
}
