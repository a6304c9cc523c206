//! Responsible for the source templates that consents need: whether the organization has them, and copies of the
//! vendor's.

use super::{Cloning, Templates};
use crate::api::SourceTemplate;
use crate::app::App;
use crate::failure::Failure;
use crate::model::{
    DefinitionId, DesiredConnector, HealthCheck, LockUnpoisoned as _, TemplateId, first_names,
};
use crate::plan::Waiting;
use crate::render;
use std::collections::BTreeMap;

const SUBJECT: &str = "consents";

impl App<'_> {
    /// Requires that the organization has the source template that a consent needs, or copies the vendor's.
    pub(super) async fn require_template(
        &self,
        declared: &DesiredConnector,
        definition: DefinitionId,
        templates: &Templates,
    ) -> Result<(), Failure> {
        if self.find_template(declared, definition).await?.is_some() {
            return Ok(());
        }
        if templates.cloning == Cloning::Refused && !self.copies_template(definition) {
            return Err(missing(declared));
        }
        let mut copied = templates.copied.lock().await;
        // Another consent may have copied it meanwhile, and a list may lag behind.
        if !copied.contains(&definition)
            && self.find_template(declared, definition).await?.is_none()
        {
            let change = self.clone_template(&declared.kind.name, definition).await?;
            copied.insert(definition);
            templates.changes.lock_unpoisoned().push(change);
        }
        Ok(())
    }

    /// The source template of the organization that a consent uses, if there is one.
    async fn find_template(
        &self,
        declared: &DesiredConnector,
        definition: DefinitionId,
    ) -> Result<Option<TemplateId>, Failure> {
        let own = self.connection.session.reader().source_templates().await?;
        template_of(&own, declared, definition)
    }

    /// Copies the vendor's template, and returns this change in words.
    pub(in crate::app) async fn clone_template(
        &self,
        kind: &str,
        definition: DefinitionId,
    ) -> Result<String, Failure> {
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
        Ok(text)
    }

    /// Checks that the organization has the source templates of the connectors that wait for a consent.
    pub(in crate::app) async fn check_templates(&self, waiting: &[Waiting]) -> Vec<HealthCheck> {
        if waiting.is_empty() {
            return Vec::new();
        }
        let own = match self.connection.session.reader().source_templates().await {
            Ok(own) => own,
            Err(error) => return vec![warning(&[], &error.into())],
        };
        let mut by_problem: BTreeMap<String, (Failure, Vec<String>)> = BTreeMap::new();
        for Waiting {
            address,
            definition_id,
            ..
        } in waiting
        {
            let Ok(declared) = self.consenting(address) else {
                continue;
            };
            let problem = match template_of(&own, declared, *definition_id) {
                Ok(Some(_)) => continue,
                Ok(None) => missing(declared),
                Err(problem) => problem,
            };
            let entry = by_problem.entry(problem.message.clone());
            let (_, names) = entry.or_insert_with(|| (problem, Vec::new()));
            names.push(address.to_string());
        }
        if by_problem.is_empty() {
            let detail = "the organization has the source templates of the waiting connectors";
            return vec![HealthCheck::ok(SUBJECT, detail)];
        }
        let problems = by_problem.into_values();
        problems
            .map(|(problem, names)| warning(&names, &problem))
            .collect()
    }
}

/// The template among the organization's own that a consent uses, if there is one. Fails if `template_id` names another
/// one, and if it names none of several.
fn template_of(
    own: &[SourceTemplate],
    declared: &DesiredConnector,
    definition: DefinitionId,
) -> Result<Option<TemplateId>, Failure> {
    let of_type = own.iter();
    let of_type: Vec<&SourceTemplate> = of_type
        .filter(|template| template.definition_id == definition)
        .collect();
    let kind = &declared.kind.name;
    match (declared.template_id, of_type.as_slice()) {
        (Some(id), templates) if templates.iter().any(|template| template.id == id) => Ok(Some(id)),
        (Some(id), _) => {
            let message = format!("the organization has no source template {id} for {kind}");
            Err(Failure::error("template_missing", message)
                .hint("correct `template_id`, or remove it"))
        }
        (None, [template]) => Ok(Some(template.id)),
        (None, []) => Ok(None),
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

fn missing(declared: &DesiredConnector) -> Failure {
    let kind = &declared.kind.name;
    let message = format!("the organization has no source template for {kind}");
    Failure::error("template_missing", message).hint(
        "`airlift connect --clone-template` copies the vendor's template into the organization, and so does \
         `airlift apply` for types with `clone` in `source_templates`",
    )
}

fn warning(names: &[String], problem: &Failure) -> HealthCheck {
    let Failure { code, message, .. } = problem;
    let subject = match names {
        [] => String::new(),
        names => format!("{}: ", first_names(names)),
    };
    let detail = format!("{subject}{message} [{code}]");
    HealthCheck::warn(SUBJECT, detail, &problem.next_steps().join("; "))
}
