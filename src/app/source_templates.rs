//! Responsible for the source templates that the files ask for: compares them with those of the organization, and copies
//! the vendor's.

use super::App;
use crate::failure::Failure;
use crate::model::{DefinitionId, TemplateId, TemplateRule};
use crate::plan::{Plan, Policy, Refusal, TemplateCause, TemplateProblem, source_templates};
use std::collections::{BTreeMap, BTreeSet};

impl App<'_> {
    /// Whether a run plans OAuth apps and source templates: one over all files, and the first of several shards, because
    /// shards run at the same time.
    pub(super) fn plans_organization(&self, policy: &Policy) -> bool {
        let shard = self.invocation.global.shard;
        !policy.is_partial() && shard.is_none_or(|shard| shard.index() == 0)
    }

    /// Adds the copies of source templates to a plan, and the refusals for those that are missing.
    pub(super) async fn plan_source_templates(
        &self,
        plan: &mut Plan,
        policy: &Policy,
    ) -> Result<(), Failure> {
        let desired = &self.project.desired;
        if desired.source_templates.is_empty() {
            return Ok(());
        }
        let own = self.own_templates().await?;
        let (copies, refusals) =
            source_templates(desired, &own, policy.rules.allowed_types.as_ref());
        plan.refusals.extend(refusals);
        if copies.is_empty() {
            return Ok(());
        }
        let vendor = self.connection.session.reader().vendor_templates().await?;
        let offered: BTreeSet<DefinitionId> = vendor.iter().map(|it| it.definition_id).collect();
        for copy in copies {
            if offered.contains(&copy.definition_id) {
                plan.source_templates.push(copy);
            } else {
                plan.refusals.push(Refusal::SourceTemplate(TemplateProblem {
                    kind: copy.kind,
                    cause: TemplateCause::NotOffered,
                }));
            }
        }
        Ok(())
    }

    /// Copies the source templates of a plan, unless someone did meanwhile. One that cannot be copied ends the run before
    /// its first customer.
    pub(super) async fn copy_source_templates(&self, plan: &Plan) -> Result<(), Failure> {
        if plan.source_templates.is_empty() {
            return Ok(());
        }
        let own = self.own_templates().await?;
        let missing = plan.source_templates.iter();
        for copy in missing.filter(|copy| !own.contains_key(&copy.definition_id)) {
            if self.stop.cause().is_some() {
                break;
            }
            self.clone_template(&copy.kind, copy.definition_id).await?;
        }
        Ok(())
    }

    /// Whether the files have the vendor's template of a type copied.
    pub(super) fn copies_template(&self, definition: DefinitionId) -> bool {
        let declared = self.project.desired.source_templates.get(&definition);
        declared.is_some_and(|template| template.rule == TemplateRule::Clone)
    }

    async fn own_templates(&self) -> Result<BTreeMap<DefinitionId, Vec<TemplateId>>, Failure> {
        let mut own: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for template in self.connection.session.reader().source_templates().await? {
            let ids = own.entry(template.definition_id).or_default();
            ids.push(template.id);
        }
        Ok(own)
    }
}
