//! Responsible for consents, for the source templates that they need, and for the organization's own OAuth apps.

use super::error::{ApiError, ApiErrorKind};
use super::reader::Reader;
use super::request::{self, TemplateOwner};
use super::wire::{ConsentUrlResponse, TemplateCreated, TemplateList};
use super::writer::Writer;
use crate::http::is_private;
use crate::model::{DefinitionId, SecretLookup, Settings, TemplateId};
use reqwest::Url;

/// A connector that the vendor creates once its customer consents.
#[derive(Clone, Copy, Debug)]
pub struct ConsentRequest<'a> {
    /// The customer. Its workspace is created if it does not exist.
    pub(crate) customer: &'a str,
    /// The name of the connector.
    pub(crate) name: &'a str,
    /// The type's display name, such as `Zendesk Support`.
    pub(crate) type_name: &'a str,
    /// The source template, if the organization has several for the type.
    pub(crate) template_id: Option<TemplateId>,
    /// Settings without secrets.
    pub(crate) replication_config: Option<&'a Settings>,
    /// Server variables without secrets.
    pub(crate) environment: Option<&'a Settings>,
    /// Where the browser goes after the consent. Only its query survives the round trip.
    pub(crate) redirect_url: &'a str,
}

/// A source template: a connector type that an organization offers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SourceTemplate {
    pub(crate) id: TemplateId,
    pub(crate) name: String,
    pub(crate) definition_id: DefinitionId,
    /// Whether the organization owns it. The vendor owns the others.
    pub(crate) is_own: bool,
}

impl Reader {
    /// The organization's source templates (`list_integrations_templates_sources`).
    pub async fn source_templates(&self) -> Result<Vec<SourceTemplate>, ApiError> {
        let mut templates = self.templates_of(TemplateOwner::Organization).await?;
        templates.retain(|template| template.is_own);
        Ok(templates)
    }

    /// The vendor's source templates (`list_integrations_templates_sources`).
    pub async fn vendor_templates(&self) -> Result<Vec<SourceTemplate>, ApiError> {
        self.templates_of(TemplateOwner::Vendor).await
    }

    async fn templates_of(&self, owner: TemplateOwner) -> Result<Vec<SourceTemplate>, ApiError> {
        let request = request::list_templates(owner);
        let list: TemplateList = self.client.as_application(&request).await?.decode()?;
        Ok(list.templates())
    }
}

impl Writer {
    /// Starts a consent (`create_integrations_connectors_oauth_initiate`), and returns the URL that the
    /// customer opens. Creates the workspace if the customer's name is new.
    pub async fn initiate_consent(&self, consent: &ConsentRequest<'_>) -> Result<String, ApiError> {
        let request = request::initiate_consent(consent)?;
        let answer = self.client.as_application(&request).await?;
        let response: ConsentUrlResponse = answer.decode()?;
        web_address(&response.consent_url)
            .map(String::from)
            .ok_or_else(|| {
                let status = answer.response.status;
                let reason = "the consent URL is not an https URL".to_owned();
                ApiError::new(answer.call, ApiErrorKind::Undecodable { status, reason })
            })
    }

    /// Sets the organization's OAuth app of a type (`update_oauth_credentials`). Sending the same app again changes
    /// nothing.
    pub async fn put_oauth_app(
        &self,
        definition: DefinitionId,
        fields: &Settings,
        secrets: &dyn SecretLookup,
    ) -> Result<(), ApiError> {
        let request = request::put_oauth_app(definition, fields, secrets)?;
        self.client.as_application(&request).await.map(drop)
    }

    /// Removes the organization's OAuth app of a type
    /// (`delete_oauth_credentials_connector_type_connector_type`). Succeeds if there is none.
    pub async fn delete_oauth_app(&self, kind: &str) -> Result<(), ApiError> {
        let request = request::delete_oauth_app(kind);
        self.client.as_application(&request).await.map(drop)
    }

    /// Copies a template into the organization (`create_integrations_templates_sources`).
    pub async fn clone_template(&self, original: TemplateId) -> Result<TemplateId, ApiError> {
        let request = request::clone_template(original)?;
        let created: TemplateCreated = self.client.as_application(&request).await?.decode()?;
        Ok(created.id)
    }
}

/// An encrypted web address, or one of this machine, without user name and password.
fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (is_private(&url) && url.username().is_empty() && url.password().is_none()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::web_address;

    #[test]
    fn web_address_of_unencrypted_or_other_scheme_is_none() {
        assert!(web_address("https://consent.example.com/x?y=1").is_some());
        assert!(web_address("http://127.0.0.1:8700/consent/1").is_some());
        for text in [
            "http://consent.example.com/",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://user:password@example.com/",
            "/relative",
        ] {
            assert!(web_address(text).is_none(), "{text}");
        }
    }
}
