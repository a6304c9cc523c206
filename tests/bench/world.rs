//! Responsible for the state of the benchmark's server: workspaces, connectors, and the responses
//! that show them. Each id contains an index, so that no search is needed.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::HashMap;

pub(crate) const ORGANIZATION: &str = "00000000-0000-4000-8000-000000000000";
const WORKSPACE_PREFIX: &str = "00000000-0000-4000-a000-";
const CONNECTOR_PREFIX: &str = "00000000-0000-4000-b000-";

/// What a request has as its result: a status and a body.
pub(crate) type Response = (u16, String);

#[derive(Default)]
pub(crate) struct World {
    workspaces: Vec<Workspace>,
    by_name: HashMap<String, usize>,
    connectors: Vec<Option<Connector>>,
}

struct Workspace {
    name: String,
    created_at: String,
    connectors: Vec<usize>,
}

struct Connector {
    name: String,
    definition_id: String,
    replication_config: String,
    created_at: String,
    updated_at: String,
}

#[derive(Deserialize)]
struct CreateRequest<'a> {
    workspace_name: Cow<'a, str>,
    name: Cow<'a, str>,
    definition_id: Cow<'a, str>,
    #[serde(borrow)]
    replication_config: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct UpdateRequest<'a> {
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    replication_config: Option<&'a RawValue>,
}

impl World {
    /// A token for the workspace with a name, which this creates if it does not exist.
    pub(crate) fn scoped_token(&mut self, body: &[u8]) -> Response {
        #[derive(Deserialize)]
        struct Body<'a> {
            workspace_name: Cow<'a, str>,
        }
        let Ok(body) = serde_json::from_slice::<Body<'_>>(body) else {
            return invalid();
        };
        let index = self.find_or_create(&body.workspace_name);
        (200, json!({"token": format!("scoped-{index}")}).to_string())
    }

    /// The workspace of a scoped token.
    pub(crate) fn token_info(&self, token: &str) -> Response {
        let index = token
            .strip_prefix("scoped-")
            .and_then(|index| index.parse::<usize>().ok());
        let Some((index, workspace)) = index.and_then(|i| Some((i, self.workspaces.get(i)?)))
        else {
            return (
                403,
                json!({"message": "a scoped token is needed"}).to_string(),
            );
        };
        let body = json!({
            "organization_id": ORGANIZATION,
            "workspace_id": id(WORKSPACE_PREFIX, index),
            "workspace_name": workspace.name,
        });
        (200, body.to_string())
    }

    /// A page of workspaces.
    pub(crate) fn list_workspaces(&self, limit: usize, cursor: usize) -> Response {
        let page = self.workspaces.iter().enumerate().skip(cursor).take(limit);
        let data: Vec<Value> = page.map(|(index, w)| show_workspace(index, w)).collect();
        let end = cursor + data.len();
        let next = (end < self.workspaces.len())
            .then(|| format!("/api/v1/workspaces?limit={limit}&cursor={end}"));
        (200, json!({"next": next, "data": data}).to_string())
    }

    /// The number of workspaces.
    pub(crate) fn stats(&self) -> Response {
        let total = self.workspaces.len();
        let body = json!({"active_count": total, "inactive_count": 0, "total_count": total});
        (200, body.to_string())
    }

    pub(crate) fn workspace(&self, id: &str) -> Response {
        match self.workspace_index(id) {
            Some(index) => {
                let body = show_workspace(index, &self.workspaces[index]);
                (200, body.to_string())
            }
            None => not_found(),
        }
    }

    pub(crate) fn list_connectors(&self, workspace: &str) -> Response {
        let Some(index) = self.workspace_index(workspace) else {
            return not_found();
        };
        let ids = self.workspaces[index].connectors.iter();
        let shown: Vec<String> = ids
            .filter_map(|&id| {
                Some(
                    self.connectors[id]
                        .as_ref()?
                        .show(id, "summarized_source_template"),
                )
            })
            .collect();
        (200, format!(r#"{{"data":[{}]}}"#, shown.join(",")))
    }

    /// The connectors of all workspaces, in pages.
    pub(crate) fn list_credentials(&self, limit: usize, offset: usize) -> Response {
        let all = self.workspaces.iter().enumerate();
        let ids = all.flat_map(|(workspace, entry)| {
            let ids = entry.connectors.iter();
            ids.filter(|id| self.connectors[**id].is_some())
                .map(move |id| (workspace, *id))
        });
        let data: Vec<Value> = ids
            .clone()
            .skip(offset)
            .take(limit)
            .map(|(workspace, connector)| {
                json!({
                    "id": id(CONNECTOR_PREFIX, connector),
                    "workspace_id": id(WORKSPACE_PREFIX, workspace),
                })
            })
            .collect();
        (200, json!({"data": data, "total": ids.count()}).to_string())
    }

    pub(crate) fn create_connector(&mut self, body: &[u8]) -> Response {
        let Ok(body) = serde_json::from_slice::<CreateRequest<'_>>(body) else {
            return invalid();
        };
        let Some(&workspace) = self.by_name.get(body.workspace_name.as_ref()) else {
            return not_found();
        };
        let index = self.connectors.len();
        let created_at = now();
        let connector = Connector {
            name: body.name.into_owned(),
            definition_id: body.definition_id.into_owned(),
            replication_config: body
                .replication_config
                .map_or("{}", RawValue::get)
                .to_owned(),
            updated_at: created_at.clone(),
            created_at,
        };
        let shown = connector.show(index, "source_template");
        self.connectors.push(Some(connector));
        self.workspaces[workspace].connectors.push(index);
        (200, shown)
    }

    pub(crate) fn connector(&self, id: &str) -> Response {
        index_of(CONNECTOR_PREFIX, id)
            .and_then(|index| Some((index, self.connectors.get(index)?.as_ref()?)))
            .map_or_else(not_found, |(index, connector)| {
                (200, connector.show(index, "source_template"))
            })
    }

    pub(crate) fn update_connector(&mut self, id: &str, body: &[u8]) -> Response {
        let Ok(body) = serde_json::from_slice::<UpdateRequest<'_>>(body) else {
            return invalid();
        };
        let index = index_of(CONNECTOR_PREFIX, id);
        let slot = index.and_then(|index| self.connectors.get_mut(index));
        let (Some(index), Some(Some(connector))) = (index, slot) else {
            return not_found();
        };
        if let Some(name) = body.name {
            connector.name = name.into_owned();
        }
        if let Some(config) = body.replication_config {
            config.get().clone_into(&mut connector.replication_config);
        }
        connector.updated_at = now();
        (200, connector.show(index, "source_template"))
    }

    pub(crate) fn delete_connector(&mut self, id: &str) -> Response {
        let slot = index_of(CONNECTOR_PREFIX, id).and_then(|index| self.connectors.get_mut(index));
        match slot.and_then(Option::take) {
            Some(_) => (202, json!({"job_id": ORGANIZATION}).to_string()),
            None => not_found(),
        }
    }

    fn find_or_create(&mut self, name: &str) -> usize {
        if let Some(&index) = self.by_name.get(name) {
            return index;
        }
        let index = self.workspaces.len();
        self.workspaces.push(Workspace {
            name: name.to_owned(),
            created_at: now(),
            connectors: Vec::new(),
        });
        self.by_name.insert(name.to_owned(), index);
        index
    }

    fn workspace_index(&self, id: &str) -> Option<usize> {
        index_of(WORKSPACE_PREFIX, id).filter(|&index| index < self.workspaces.len())
    }
}

impl Connector {
    /// `template` is the field's name, which differs between a list and a single connector.
    fn show(&self, index: usize, template: &str) -> String {
        let mut shown = json!({
            "id": id(CONNECTOR_PREFIX, index),
            "name": self.name,
            "entities": null,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        });
        let definition = &self.definition_id;
        shown[template] = json!({
            "id": definition,
            "actor_definition_id": definition,
            "source_definition_id": definition,
        });
        let mut text = shown.to_string();
        if template == "source_template" {
            text.pop();
            text.push_str(",\"replication_config\":");
            text.push_str(&self.replication_config);
            text.push('}');
        }
        text
    }
}

fn show_workspace(index: usize, workspace: &Workspace) -> Value {
    json!({
        "id": id(WORKSPACE_PREFIX, index),
        "name": workspace.name,
        "organization_id": ORGANIZATION,
        "status": "active",
        "cache_enabled": null,
        "tombstone": false,
        "created_at": workspace.created_at,
        "updated_at": workspace.created_at,
    })
}

/// The id of the workspace that was created as the one of this number, from 0. Customers are not
/// created in their order, so that this is the id of some customer of the job.
pub(crate) fn workspace_id(number: usize) -> String {
    id(WORKSPACE_PREFIX, number)
}

fn id(prefix: &str, index: usize) -> String {
    format!("{prefix}{index:012x}")
}

fn index_of(prefix: &str, id: &str) -> Option<usize> {
    usize::from_str_radix(id.strip_prefix(prefix)?, 16).ok()
}

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

fn not_found() -> Response {
    (404, json!({"message": "not found"}).to_string())
}

fn invalid() -> Response {
    (
        422,
        json!({"message": "the body has other fields"}).to_string(),
    )
}
