//! Responsible for starting a consent: the type's name that it needs, and the request.

use super::{Templates, already_connected, recorded_at};
use crate::api::{ApiError, ConsentRequest, Definition, repeats};
use crate::app::App;
use crate::catalog::{is_secret, normalized};
use crate::failure::Failure;
use crate::model::{Address, ConnectorId, DefinitionId, DesiredConnector, SecretRef, Setting};
use std::collections::BTreeSet;

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
        let known = self
            .check_consent(address, declared, replaces, &recorded)
            .await?;
        let definition = self.definition_of(declared).await?;
        self.require_template(declared, definition.id, templates)
            .await?;
        self.require_recorded(&address.customer, known, templates)
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
        self.refuse_echo(&url, definition.id).await?;
        Ok(url)
    }

    /// Refuses an address that repeats a secret of this run or of the type's OAuth app, because browsers and their
    /// history get it. A secret that cannot be read here is not recognized.
    async fn refuse_echo(&self, url: &str, definition: DefinitionId) -> Result<(), Failure> {
        let app = self.project.desired.oauth_apps.get(&definition);
        let fields = app.into_iter().flat_map(|app| app.fields.iter());
        let references: BTreeSet<SecretRef> = fields
            // An address of a consent contains the id of the app.
            .filter(|(name, _)| is_secret(name, None))
            .filter_map(|(_, field)| match field {
                Setting::Secret(reference) => Some(SecretRef::clone(reference)),
                _ => None,
            })
            .collect();
        let (values, _unreadable) = self.secrets.resolve_all(&references).await;
        let mut shown = url.to_owned();
        if self.connection.session.redact(&mut shown)
            || repeats(url, values.values().map(AsRef::as_ref))
        {
            let message = "the API's consent URL repeats a secret, so it is not opened";
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
            None => normalized(&definition.name) == normalized(name),
        };
        let mut definitions = reader.definitions(None).await?.into_iter();
        definitions.find(is_declared).ok_or_else(|| {
            Failure::error("unknown_type", format!("the API has no type {name}"))
                .hint("`airlift types` lists the types")
        })
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
