//! Responsible for decoding the responses about connectors, connector types and templates.

use super::ResponseBody;
use crate::api::{AnsweredSettings, CheckStatus, Connector, Definition, NewConnector};
use crate::model::{
    ConnectorId, DefinitionId, Entity, Mode, ObservedConnector, ObservedDetail, SharedText,
    TemplateId, WorkspaceId,
};
use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny};
use serde_json::{Map, Value};

/// `SummarizedSourceTemplate` and `DetailedSourceTemplate`, which have different names for the
/// definition.
#[derive(Deserialize)]
struct TemplateSummary {
    id: TemplateId,
    actor_definition_id: Option<DefinitionId>,
    source_definition_id: Option<DefinitionId>,
    connector_name: Option<String>,
}

/// `ConnectorSourceListItem` and `ConnectorSourceGetResponse`
#[derive(Deserialize)]
#[serde(try_from = "ConnectorFields")]
pub(in crate::api) struct ConnectorResponse(pub(in crate::api) Connector);

#[derive(Deserialize)]
struct ConnectorFields {
    id: ConnectorId,
    name: String,
    summarized_source_template: Option<TemplateSummary>,
    source_template: Option<TemplateSummary>,
    replication_config: Option<Map<String, Value>>,
    entities: Option<Vec<EntityResponse>>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

impl TryFrom<ConnectorFields> for ConnectorResponse {
    type Error = serde_json::Error;

    fn try_from(fields: ConnectorFields) -> Result<Self, Self::Error> {
        let template = fields
            .summarized_source_template
            .or(fields.source_template)
            .ok_or_else(|| Self::Error::custom("no template"))?;
        let definition_id = template
            .actor_definition_id
            .or(template.source_definition_id)
            .ok_or_else(|| Self::Error::custom("no definition"))?;
        let entities = fields.entities.unwrap_or_default();
        let detail = fields.replication_config.map(|config| ObservedDetail {
            replication_config: config,
            entities: entities.into_iter().map(EntityResponse::known).collect(),
        });
        Ok(Self(Connector {
            id: fields.id,
            observed: ObservedConnector {
                name: fields.name.into(),
                definition_id,
                kind_name: template.connector_name,
                template_id: Some(template.id),
                created_at: fields.created_at.map(SharedText::from),
                updated_at: fields.updated_at.map(SharedText::from),
                detail: detail.map(Box::new),
            },
        }))
    }
}

impl ResponseBody for ConnectorResponse {
    const KIND: &'static str = "a connector";
}

/// `ConnectorInspectResponse`, of which only the workspace is needed. A response without one, or with
/// one that is no id, tells no workspace.
#[derive(Deserialize)]
pub(in crate::api) struct InspectResponse {
    #[serde(default)]
    workspace_id: Value,
}

impl InspectResponse {
    pub(in crate::api) fn workspace(&self) -> Option<WorkspaceId> {
        self.workspace_id.as_str()?.parse().ok()
    }
}

impl ResponseBody for InspectResponse {
    const KIND: &'static str = "an inspected connector";
}

/// `RequestedEntity`
#[derive(Deserialize)]
struct EntityResponse {
    entity: String,
    modes: Option<Vec<String>>,
}

impl EntityResponse {
    /// The entity with the modes that this version knows, sorted.
    fn known(self) -> Entity {
        let modes = self.modes.map(|modes| {
            let mut known: Vec<_> = modes.iter().filter_map(|mode| mode_of(mode)).collect();
            known.sort_unstable();
            known.dedup();
            known
        });
        Entity {
            entity: self.entity,
            modes,
        }
    }
}

fn mode_of(text: &str) -> Option<Mode> {
    match text {
        "read" => Some(Mode::Read),
        "write" => Some(Mode::Write),
        _ => None,
    }
}

/// `ConnectorSourceListResponse`
#[derive(Deserialize)]
pub(in crate::api) struct ConnectorList {
    pub(in crate::api) data: Vec<ConnectorResponse>,
}

impl ResponseBody for ConnectorList {
    const KIND: &'static str = "a list of connectors";
}

/// `OrganizationCredentialsListResponse`. Nothing else in it has a known type.
#[derive(Deserialize)]
pub(in crate::api) struct OrganizationPage {
    pub(in crate::api) data: Vec<OrganizationConnector>,
    pub(in crate::api) total: u64,
}

/// `OrganizationCredential`
#[derive(Deserialize)]
pub(in crate::api) struct OrganizationConnector {
    pub(in crate::api) id: ConnectorId,
    pub(in crate::api) workspace_id: WorkspaceId,
}

impl ResponseBody for OrganizationPage {
    const KIND: &'static str = "a page of the organization's connectors";
}

/// `ConnectorSourceCreateResponse` and `ConnectorSourceUpdateResponse`. Only the id and the times need
/// their types, so that an unexpected field does not hide that the connector was created.
#[derive(Deserialize)]
pub(in crate::api) struct CreateResponse {
    id: ConnectorId,
    #[serde(default)]
    pub(super) created_at: Option<String>,
    #[serde(default)]
    pub(super) updated_at: Option<String>,
    #[serde(default)]
    pub(super) name: Value,
    #[serde(default)]
    pub(super) replication_config: Value,
    #[serde(default)]
    pub(super) entities: Value,
}

impl From<CreateResponse> for NewConnector {
    fn from(response: CreateResponse) -> Self {
        Self {
            id: response.id,
            created_at: response.created_at,
            updated_at: response.updated_at,
            settings: answered_settings(
                &response.name,
                response.replication_config,
                response.entities,
            ),
        }
    }
}

/// The settings of a response, if each of them has its type.
fn answered_settings(
    name: &Value,
    replication_config: Value,
    entities: Value,
) -> Option<AnsweredSettings> {
    let Value::Object(replication_config) = replication_config else {
        return None;
    };
    let entities: Option<Vec<EntityResponse>> = serde_json::from_value(entities).ok()?;
    let entities = entities.unwrap_or_default();
    Some(AnsweredSettings {
        name: name.as_str()?.to_owned(),
        detail: ObservedDetail {
            replication_config,
            entities: entities.into_iter().map(EntityResponse::known).collect(),
        },
    })
}

impl ResponseBody for CreateResponse {
    const KIND: &'static str = "a connector";
}

/// A response to a DELETE, recognized by the one field that each of its formats has
/// (`delete_integrations_connectors_id`, `delete_workspaces_workspace_id`).
#[derive(Deserialize)]
#[serde(untagged)]
pub(in crate::api) enum DeleteResponse {
    Object {
        #[serde(rename = "id")]
        _id: IgnoredAny,
    },
    Time {
        #[serde(rename = "deleted_at")]
        _deleted_at: IgnoredAny,
    },
    Job {
        #[serde(rename = "job_id")]
        _job: IgnoredAny,
    },
}

impl ResponseBody for DeleteResponse {
    const KIND: &'static str = "a deletion";
}

/// `ConnectorSourceCheckConfigResponse`
#[derive(Deserialize)]
pub(in crate::api) struct CheckResponse {
    /// A body without the required id does not come from this operation.
    #[serde(rename = "id")]
    _id: IgnoredAny,
    status: Option<String>,
    error_message: Option<String>,
    failure_reason: Option<FailureReason>,
}

#[derive(Deserialize)]
struct FailureReason {
    external_message: Option<String>,
}

impl CheckResponse {
    pub(in crate::api) fn status(&self) -> CheckStatus {
        match self.status.as_deref() {
            Some("succeeded") => CheckStatus::Succeeded,
            Some("failed") => CheckStatus::Failed,
            Some("pending") => CheckStatus::Pending,
            Some("running") => CheckStatus::Running,
            Some("cancelled") => CheckStatus::Cancelled,
            Some("skipped") => CheckStatus::Skipped,
            Some("inconclusive") | None => CheckStatus::Inconclusive,
            Some(_) => CheckStatus::Other,
        }
    }

    /// The server's explanation of a failed check.
    pub(in crate::api) fn message(&self) -> Option<&str> {
        let reason = self.failure_reason.as_ref();
        self.error_message
            .as_deref()
            .or_else(|| reason?.external_message.as_deref())
    }
}

impl ResponseBody for CheckResponse {
    const KIND: &'static str = "a check's result";
}

/// `ConnectorExecuteResponse`, without the records.
#[derive(Deserialize)]
pub(in crate::api) struct ExecuteResponse {
    status: String,
}

impl ExecuteResponse {
    pub(in crate::api) fn has_succeeded(&self) -> bool {
        self.status == "success"
    }
}

impl ResponseBody for ExecuteResponse {
    const KIND: &'static str = "an action's result";
}

/// `SourceDefinitionListResponse`
#[derive(Deserialize)]
pub(in crate::api) struct DefinitionList {
    pub(super) definitions: Vec<DefinitionResponse>,
}

#[derive(Deserialize)]
pub(super) struct DefinitionResponse {
    #[serde(rename = "sourceDefinitionId")]
    id: Option<String>,
    pub(super) name: String,
}

impl DefinitionList {
    /// The definitions with a valid source id.
    pub(in crate::api) fn definitions(self) -> Vec<Definition> {
        let known = |definition: DefinitionResponse| {
            Some(Definition {
                id: definition.id?.parse().ok()?,
                name: definition.name,
            })
        };
        self.definitions.into_iter().filter_map(known).collect()
    }
}

impl ResponseBody for DefinitionList {
    const KIND: &'static str = "a list of definitions";
}

/// `SourceDefinitionResponse`
#[derive(Deserialize)]
pub(in crate::api) struct DefinitionDetail {
    pub(in crate::api) definition: SpecifiedDefinition,
}

/// `ConnectorDefinition`
#[derive(Deserialize)]
pub(in crate::api) struct SpecifiedDefinition {
    #[serde(default)]
    pub(in crate::api) spec: Value,
}

impl ResponseBody for DefinitionDetail {
    const KIND: &'static str = "a definition";
}
