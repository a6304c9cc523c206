//! Responsible for finding the customer of a request, for faults that affect one customer. Does not check the request.

use axum::http::request::Parts;
use serde_json::Value;
use uuid::Uuid;

use super::backend::Backend;
use super::contract::{Route, decode_query};
use super::execution::bearer;
use super::timestamp::Timestamp;
use super::tokens::Caller;
use super::world::Workspace;

/// The query parameters and body fields that name a workspace.
const NAME_FIELDS: [&str; 3] = ["workspace_name", "external_user_id", "customer_name"];

/// The workspace that a request is about.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct RequestCustomer {
    id: Option<Uuid>,
    /// The name of the workspace. A request can name a workspace that does not exist yet.
    name: Option<String>,
}

impl RequestCustomer {
    /// The customer of a request: the workspace or connector in its path, the workspace in its query or body, or the
    /// workspace of its token.
    pub(crate) fn find(
        backend: &Backend,
        parts: &Parts,
        route: &Route<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Self {
        let query = decode_query(parts.uri.query().unwrap_or_default()).unwrap_or_default();
        let parameter = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, v)| v);
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let path_id = |name: &str| route.path.get(name).and_then(|id| id.parse().ok());
        let connector = path_id("id").and_then(|id| backend.world.connector(id, now));
        let named = NAME_FIELDS.into_iter().find_map(|field| {
            parameter(field)
                .map(String::as_str)
                .or(body[field].as_str())
        });
        let id = path_id("workspace_id")
            .or(connector.map(|connector| connector.workspace_id))
            .or(parameter("workspace_id").and_then(|id| id.parse().ok()));
        match (id, named) {
            (Some(id), _) => backend
                .world
                .workspace(id)
                .map(Self::from)
                .unwrap_or_default(),
            (None, Some(name)) => backend
                .world
                .workspace_named(name)
                .map_or_else(|| Self::new_workspace(name), Self::from),
            (None, None) => Self::of_token(backend, parts, now),
        }
    }

    fn new_workspace(name: &str) -> Self {
        Self {
            id: None,
            name: Some(name.to_owned()),
        }
    }

    fn of_token(backend: &Backend, parts: &Parts, now: Timestamp) -> Self {
        match backend.tokens.identify(bearer(&parts.headers), now) {
            Ok(Caller::Scoped(id)) => backend
                .world
                .workspace(id)
                .map(Self::from)
                .unwrap_or_default(),
            _ => Self::default(),
        }
    }

    /// Whether a text is the name or the id of the workspace.
    pub(crate) fn is_named(&self, text: &str) -> bool {
        self.name.as_deref() == Some(text)
            || self
                .id
                .is_some_and(|id| text.parse().is_ok_and(|text: Uuid| text == id))
    }
}

impl From<&Workspace> for RequestCustomer {
    fn from(workspace: &Workspace) -> Self {
        Self {
            id: Some(workspace.id),
            name: Some(workspace.name.clone()),
        }
    }
}
