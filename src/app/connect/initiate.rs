//! Responsible for starting a consent: the source template and the type's name that it needs, and the request.

use super::{Cloning, Templates, already_connected, recorded_at};
use crate::api::{ApiError, ConsentRequest, Definition, SourceTemplate};
use crate::app::App;
use crate::failure::Failure;
use crate::model::{Address, ConnectorId, DefinitionId, DesiredConnector};
use crate::render;

impl App<'_> {
    /// Starts the consent to a declared connector, and returns the address of the vendor's page. `replaces` is the
    /// connector that the ledger must record now.
    pub(super) async fn initiate(
        &self,
        address: &Address,
        replaces: Option<ConnectorId>,
        redirect_url: &str,
        templates: &Templates,
    ) -> Result<String, Failure> {
        let declared = self.consenting(address)?;
        let recorded = self.ledger.load().await?;
        if recorded_at(&recorded, address) != replaces {
            return Err(already_connected(address));
        }
        self.check_rules(address, declared, replaces).await?;
        let definition = self.definition_of(declared).await?;
        self.require_template(declared, definition.id, templates)
            .await?;
        let writer = self.connection.session.writer();
        let consent = ConsentRequest {
            customer: &address.customer,
            name: address.connector.as_deref().unwrap_or_default(),
            type_name: &definition.name,
            template_id: declared.template_id,
            replication_config: declared.replication_config.as_ref(),
            environment: declared.environment.as_ref(),
            redirect_url,
        };
        let url = writer
            .initiate_consent(&consent)
            .await
            .map_err(not_started)?;
        self.refuse_echo(&url)?;
        Ok(url)
    }

    /// Refuses an address that repeats a secret of this run, because browsers and their history get it.
    fn refuse_echo(&self, url: &str) -> Result<(), Failure> {
        let mut shown = url.to_owned();
        if self.connection.session.redact(&mut shown) {
            let message = "the API's consent URL repeats a secret of this run, so it is not opened";
            return Err(Failure::error("remote_failed", message).hint(
                "check that AIRBYTE_API_HOST is the API's own address, and tell the vendor",
            ));
        }
        Ok(())
    }

    /// The definition of a declared type.
    async fn definition_of(&self, declared: &DesiredConnector) -> Result<Definition, Failure> {
        let reader = self.connection.session.reader();
        let name = &declared.kind.name;
        let is_declared = |definition: &Definition| match declared.kind.definition_id {
            Some(id) => id == definition.id,
            None => definition.name.to_lowercase().replace([' ', '_'], "-") == **name,
        };
        let mut definitions = reader.definitions(None).await?.into_iter();
        definitions.find(is_declared).ok_or_else(|| {
            Failure::error("unknown_type", format!("the API has no type {name}"))
                .hint("`airlift types` lists the types")
        })
    }

    /// Requires that the organization has the source template that a consent needs, or copies the vendor's.
    async fn require_template(
        &self,
        declared: &DesiredConnector,
        definition: DefinitionId,
        templates: &Templates,
    ) -> Result<(), Failure> {
        if self.has_template(declared, definition).await? {
            return Ok(());
        }
        let kind = &declared.kind.name;
        if templates.cloning == Cloning::Refused {
            let message = format!("the organization has no source template for {kind}");
            return Err(Failure::error("template_missing", message)
                .hint("--clone-template copies the vendor's template into the organization"));
        }
        let mut copied = templates.copied.lock().await;
        // Another consent may have copied it meanwhile, and a list may lag behind.
        if !copied.contains(&definition) && !self.has_template(declared, definition).await? {
            self.clone_template(kind, definition).await?;
            copied.insert(definition);
        }
        Ok(())
    }

    /// Whether the organization has the source template that a consent needs. Fails if `template_id` names another
    /// one, and if it names none of several.
    async fn has_template(
        &self,
        declared: &DesiredConnector,
        definition: DefinitionId,
    ) -> Result<bool, Failure> {
        let reader = self.connection.session.reader();
        let is_of_type = |template: &SourceTemplate| template.definition_id == definition;
        let mut own = reader.source_templates().await?;
        own.retain(is_of_type);
        let kind = &declared.kind.name;
        match (declared.template_id, own.as_slice()) {
            (Some(id), templates) if templates.iter().any(|template| template.id == id) => Ok(true),
            (Some(id), _) => {
                let message = format!("the organization has no source template {id} for {kind}");
                Err(Failure::error("template_missing", message)
                    .hint("correct `template_id`, or remove it"))
            }
            (None, [_]) => Ok(true),
            (None, []) => Ok(false),
            (None, several) => {
                let ids: Vec<String> = several
                    .iter()
                    .map(|template| format!("{} ({})", template.id, template.name))
                    .collect();
                let message = format!("the organization has several source templates for {kind}");
                Err(Failure::error("template_ambiguous", message).hint(format!(
                    "write one of these as `template_id`: {}",
                    ids.join(", ")
                )))
            }
        }
    }

    async fn clone_template(&self, kind: &str, definition: DefinitionId) -> Result<(), Failure> {
        let offered = self.connection.session.reader().vendor_templates().await?;
        let mut offered = offered.into_iter();
        let Some(original) = offered.find(|template| template.definition_id == definition) else {
            let message = format!("the vendor offers no source template for {kind}");
            return Err(Failure::error("template_missing", message)
                .hint("enable the connector in the vendor's web app"));
        };
        let writer = self.connection.session.writer();
        let id = writer.clone_template(original.id).await?;
        let text = format!("copied the vendor's source template for {kind}: {id}");
        // The template is copied, even if the note cannot be written.
        let _ = render::print_note(self.invocation.ui, &text);
        Ok(())
    }
}

/// The vendor hides this operation in its newest documentation, so a 404 may mean that it moved.
fn not_started(error: ApiError) -> Failure {
    let is_missing = error.is_not_found();
    let failure = Failure::from(error);
    if is_missing {
        failure.hint("the API may no longer offer consents at this path: ask the vendor, or look for a newer airlift")
    } else {
        failure
    }
}
