//! Responsible for the sentences about source templates.

use crate::plan::{TemplateCause, TemplateProblem};

/// Why the organization cannot offer a source template, and what to do about it.
pub(super) fn missing(problem: &TemplateProblem) -> String {
    let kind = &problem.kind;
    match &problem.cause {
        TemplateCause::Missing => format!(
            "the organization has no source template for {kind}, and the files require one; write `clone` in place of \
             `require`, or enable the type in the vendor's web app"
        ),
        TemplateCause::NoSuchTemplate(id) => format!(
            "the organization has no source template {id} for {kind}; correct the id in `source_templates`"
        ),
        TemplateCause::Several(ids) => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            format!(
                "the organization has several source templates for {kind}, and its connectors choose none; write the id \
                 of one in `source_templates`: {}",
                ids.join(", ")
            )
        }
        TemplateCause::NotOffered => format!(
            "the vendor has no source template for {kind}, so there is nothing to copy; remove it from `source_templates`"
        ),
        TemplateCause::NotAllowed => format!(
            "the policy file does not allow the type {kind:?}, so its source template is not copied; remove it from \
             `source_templates`, or ask the owner of the policy file"
        ),
    }
}
