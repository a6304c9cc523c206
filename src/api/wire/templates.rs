//! Responsible for decoding the responses about source templates and consents.

use super::ResponseBody;
use crate::api::SourceTemplate;
use crate::model::{DefinitionId, TemplateId};
use serde::Deserialize;
use serde_json::Value;

/// `OAuthConsentUrlResponse`
#[derive(Deserialize)]
pub(in crate::api) struct ConsentUrlResponse {
    pub(in crate::api) consent_url: String,
}

impl ResponseBody for ConsentUrlResponse {
    const KIND: &'static str = "a consent URL";
}

/// `SourceTemplateListResponse`
#[derive(Deserialize)]
pub(in crate::api) struct TemplateList {
    pub(super) data: Vec<TemplateResponse>,
}

/// `SourceTemplateListItem`
#[derive(Deserialize)]
pub(super) struct TemplateResponse {
    id: TemplateId,
    pub(super) name: String,
    actor_definition_id: DefinitionId,
    /// Null for a template of the vendor.
    #[serde(default = "present")]
    organization_id: Value,
}

/// Older responses lack the field, and list templates of the organization only.
fn present() -> Value {
    Value::Bool(true)
}

impl TemplateList {
    pub(in crate::api) fn templates(self) -> Vec<SourceTemplate> {
        let templates = self.data.into_iter();
        templates
            .map(|template| SourceTemplate {
                id: template.id,
                name: template.name,
                definition_id: template.actor_definition_id,
                is_own: !template.organization_id.is_null(),
            })
            .collect()
    }
}

impl ResponseBody for TemplateList {
    const KIND: &'static str = "a list of source templates";
}

/// `SourceTemplateCreateResponse`
#[derive(Deserialize)]
pub(in crate::api) struct TemplateCreated {
    pub(in crate::api) id: TemplateId,
}

impl ResponseBody for TemplateCreated {
    const KIND: &'static str = "a source template";
}
