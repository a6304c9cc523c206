//! The shapes of answers. Owns the tolerance: unknown fields are ignored, fields that only
//! newer specifications require are not insisted on. Refuses to quote an answer in an error.

mod texts;

pub(super) use texts::Texts;

use super::{CheckStatus, Connector, Created, Definition, Template, Workspace};
use crate::model::{
    ConnectorId, DefinitionId, Entity, Mode, ObservedConnector, ObservedDetail, ObservedStatus,
    OrganizationId, SecretValue, TemplateId, WorkspaceId,
};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IgnoredAny, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

/// An answer's shape.
pub(super) trait Shape: DeserializeOwned + Texts {
    /// What it is, for messages.
    const KIND: &'static str;
}

/// Decodes an answer; the reason of a failure is a place and an expectation, never content
/// (`serde_json`'s own messages quote what they read).
pub(super) fn decode<T: Shape>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| {
        let what = match error.classify() {
            Category::Io | Category::Eof => "it ends early",
            Category::Syntax => "it is not JSON",
            Category::Data => "its shape differs",
        };
        let missing = missing_field(&error.to_string());
        format!(
            "expected {}, but {what}{missing} at line {} column {}",
            T::KIND,
            error.line(),
            error.column()
        )
    })
}

/// The name of a missing field is our own word, not the server's.
fn missing_field(message: &str) -> String {
    message
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split_once('`'))
        .map(|(name, _)| format!(" (no `{name}`)"))
        .unwrap_or_default()
}

/// A token on its way into memory that is wiped.
pub(super) struct Token(pub(super) SecretValue);

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Token;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a token")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Token, E> {
                if text.is_empty() {
                    return Err(E::custom("an empty token"));
                }
                Ok(Token(SecretValue::new(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// `TokenResponse`
#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    pub(super) access_token: Token,
    #[serde(default)]
    expires_in: Value,
    pub(super) organization_id: Option<OrganizationId>,
}

impl TokenAnswer {
    /// The life in seconds, 900 where the answer does not say; absurd figures are clamped.
    pub(super) fn life(&self) -> f64 {
        let told = self.expires_in.as_f64().or_else(|| {
            let text = self.expires_in.as_str()?;
            text.parse().ok()
        });
        match told {
            Some(seconds) if seconds.is_finite() => seconds.clamp(1.0, 86_400.0),
            _ => 900.0,
        }
    }
}

impl Shape for TokenAnswer {
    const KIND: &'static str = "an application token";
}

/// `ScopedTokenCreateResponse`
#[derive(Deserialize)]
pub(super) struct ScopedAnswer {
    pub(super) token: Token,
}

impl Shape for ScopedAnswer {
    const KIND: &'static str = "a scoped token";
}

/// `ScopedTokenInfoGetResponse`, under its three names.
#[derive(Deserialize)]
pub(super) struct TokenInfo {
    pub(super) organization_id: Option<OrganizationId>,
    pub(super) workspace_id: WorkspaceId,
    workspace_name: Option<String>,
    external_user_id: Option<String>,
    customer_name: Option<String>,
}

impl TokenInfo {
    pub(super) fn name(&self) -> Option<&str> {
        self.workspace_name
            .as_deref()
            .or(self.external_user_id.as_deref())
            .or(self.customer_name.as_deref())
    }
}

impl Shape for TokenInfo {
    const KIND: &'static str = "a scoped token's workspace";
}

/// `WorkspaceGetResponse`
#[derive(Deserialize)]
pub(super) struct WorkspaceAnswer {
    id: WorkspaceId,
    name: String,
    organization_id: Option<OrganizationId>,
    status: String,
    cache_enabled: Option<bool>,
    tombstone: Option<bool>,
    #[serde(default)]
    created_at: Option<String>,
}

impl WorkspaceAnswer {
    /// The workspace, unless it is a tombstone.
    pub(super) fn alive(self) -> Option<Workspace> {
        (self.tombstone != Some(true)).then(|| Workspace {
            id: self.id,
            name: self.name,
            organization_id: self.organization_id,
            status: match self.status.as_str() {
                "active" => ObservedStatus::Active,
                "inactive" => ObservedStatus::Inactive,
                _ => ObservedStatus::Other(self.status),
            },
            cache: self.cache_enabled,
            created_at: self.created_at.unwrap_or_default(),
        })
    }
}

impl Shape for WorkspaceAnswer {
    const KIND: &'static str = "a workspace";
}

/// `WorkspaceListResponse`
#[derive(Deserialize)]
pub(super) struct WorkspacePage {
    pub(super) next: Option<String>,
    pub(super) data: Vec<WorkspaceAnswer>,
}

impl Shape for WorkspacePage {
    const KIND: &'static str = "a page of workspaces";
}

/// `WorkspaceStatsResponse`
#[derive(Deserialize)]
pub(super) struct StatsAnswer {
    pub(super) total_count: u64,
}

impl Shape for StatsAnswer {
    const KIND: &'static str = "the workspace statistics";
}

/// `SummarizedSourceTemplate` and `DetailedSourceTemplate`, which name the definition unlike.
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
pub(super) struct ConnectorAnswer(pub(super) Connector);

#[derive(Deserialize)]
struct ConnectorFields {
    id: ConnectorId,
    name: String,
    summarized_source_template: Option<TemplateSummary>,
    source_template: Option<TemplateSummary>,
    replication_config: Option<Map<String, Value>>,
    entities: Option<Vec<EntityAnswer>>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

impl TryFrom<ConnectorFields> for ConnectorAnswer {
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
            entities: entities.into_iter().map(EntityAnswer::known).collect(),
        });
        Ok(Self(Connector {
            id: fields.id,
            observed: ObservedConnector {
                name: fields.name,
                definition_id,
                kind_name: template.connector_name,
                template_id: template.id,
                created_at: fields.created_at,
                updated_at: fields.updated_at,
                detail,
            },
        }))
    }
}

impl Shape for ConnectorAnswer {
    const KIND: &'static str = "a connector";
}

/// `RequestedEntity`
#[derive(Deserialize)]
struct EntityAnswer {
    entity: String,
    modes: Option<Vec<String>>,
}

impl EntityAnswer {
    /// With the modes that this version knows, sorted.
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
pub(super) struct ConnectorList {
    pub(super) data: Vec<ConnectorAnswer>,
}

impl Shape for ConnectorList {
    const KIND: &'static str = "a list of connectors";
}

/// `ConnectorSourceCreateResponse` and `ConnectorSourceUpdateResponse`, of which only the id
/// and the times are needed: a connector that exists is not lost over an odd field.
#[derive(Deserialize)]
pub(super) struct CreatedAnswer {
    id: ConnectorId,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
}

impl From<CreatedAnswer> for Created {
    fn from(answer: CreatedAnswer) -> Self {
        Self {
            id: answer.id,
            created_at: answer.created_at,
            updated_at: answer.updated_at,
        }
    }
}

impl Shape for CreatedAnswer {
    const KIND: &'static str = "a connector";
}

/// What every form of an answer to a DELETE has one of (`delete_integrations_connectors_id`,
/// `delete_workspaces_workspace_id`).
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum GoneAnswer {
    /// What was deleted.
    Of {
        #[serde(rename = "id")]
        _id: IgnoredAny,
    },
    /// When.
    At {
        #[serde(rename = "deleted_at")]
        _at: IgnoredAny,
    },
    /// What deletes it.
    By {
        #[serde(rename = "job_id")]
        _job: IgnoredAny,
    },
}

impl Shape for GoneAnswer {
    const KIND: &'static str = "a deletion";
}

/// `ConnectorSourceCheckConfigResponse`
#[derive(Deserialize)]
pub(super) struct CheckAnswer {
    /// Required, so an answer without it is none.
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

impl CheckAnswer {
    pub(super) fn status(&self) -> CheckStatus {
        match self.status.as_deref() {
            Some("succeeded") => CheckStatus::Succeeded,
            Some("failed") => CheckStatus::Failed,
            Some("pending") => CheckStatus::Pending,
            Some("running") => CheckStatus::Running,
            Some("cancelled") => CheckStatus::Cancelled,
            Some("skipped") => CheckStatus::Skipped,
            // Null tells nothing, either.
            Some("inconclusive") | None => CheckStatus::Inconclusive,
            Some(_) => CheckStatus::Other,
        }
    }

    /// The server's words about a failure.
    pub(super) fn message(&self) -> Option<&str> {
        let reason = self.failure_reason.as_ref();
        self.error_message
            .as_deref()
            .or_else(|| reason?.external_message.as_deref())
    }
}

impl Shape for CheckAnswer {
    const KIND: &'static str = "a check's result";
}

/// `SourceDefinitionListResponse`
#[derive(Deserialize)]
pub(super) struct DefinitionList {
    definitions: Vec<DefinitionAnswer>,
}

#[derive(Deserialize)]
struct DefinitionAnswer {
    #[serde(rename = "sourceDefinitionId")]
    id: Option<String>,
    name: String,
}

impl DefinitionList {
    /// Those that have a source's id.
    pub(super) fn definitions(self) -> Vec<Definition> {
        let known = |answer: DefinitionAnswer| {
            Some(Definition {
                id: answer.id?.parse().ok()?,
                name: answer.name,
            })
        };
        self.definitions.into_iter().filter_map(known).collect()
    }
}

impl Shape for DefinitionList {
    const KIND: &'static str = "a list of definitions";
}

/// `SourceTemplateListResponse`
#[derive(Deserialize)]
pub(super) struct TemplateList {
    pub(super) data: Vec<Template>,
}

impl Shape for TemplateList {
    const KIND: &'static str = "a list of templates";
}
