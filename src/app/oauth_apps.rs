//! Responsible for the organization's own OAuth apps: plans their changes, asks for their approval, and says which
//! ones were done.

use super::{App, Invocation};
use crate::apply::OauthAppReport;
use crate::cli::{ApprovalArgs, Format};
use crate::failure::{Failure, FailureKind};
use crate::model::LedgerState;
use crate::plan::{OauthAppAction, OauthAppChange, Plan, oauth_app_changes};
use crate::render::{self, wording};
use crate::secrets::{Resolver, compare_oauth_apps};

impl App<'_> {
    /// The changes of the apps. Without a resolver, only literals are compared.
    pub(super) async fn plan_oauth_apps(
        &self,
        recorded: &LedgerState,
        resolver: Option<&Resolver>,
    ) -> Vec<OauthAppChange> {
        let declared = &self.project.desired.oauth_apps;
        let recorded = &recorded.oauth_apps;
        let fingerprinter = &self.fingerprinters.current;
        let changed = compare_oauth_apps(declared, recorded, fingerprinter, resolver).await;
        oauth_app_changes(declared, recorded, &changed)
    }

    /// Asks for the approval of a plan, and once more for its OAuth apps, which concern every customer of the
    /// organization.
    pub(crate) async fn approve(&self, plan: &Plan, approval: ApprovalArgs) -> Result<(), Failure> {
        self.ask_approval("Apply these changes?").await?;
        if plan.oauth_apps.is_empty() || approval.allow_oauth_apps {
            return Ok(());
        }
        self.ask_approval("Change the OAuth apps, which every customer of the organization uses?")
            .await
    }

    /// Says that a saved plan approves no app and no copy of a source template.
    pub(super) fn leave_organization(&self, plan: &Plan) -> Result<(), Failure> {
        let apps = (!plan.oauth_apps.is_empty()).then_some("changes of OAuth apps");
        let templates = (!plan.source_templates.is_empty()).then_some("copies of source templates");
        for left in apps.into_iter().chain(templates) {
            let text = format!("{left} are left for `airlift apply` without a saved plan");
            render::print_note(self.invocation.ui, &text)?;
        }
        Ok(())
    }

    /// Says which apps a run changed. The report has those that it did not change, but events have no other place.
    pub(super) fn note_oauth_apps(&self, apps: &[OauthAppReport]) -> Result<(), Failure> {
        let Invocation { ui, global, .. } = self.invocation;
        for app in apps {
            let what = match app.action {
                OauthAppAction::Set | OauthAppAction::Change => "set",
                OauthAppAction::Remove => "removed",
            };
            let kind = &app.kind;
            match &app.problem {
                None => render::print_note(ui, &format!("the OAuth app of {kind} is {what}"))?,
                Some(problem) if global.format == Format::Events => {
                    let problem = wording::problem(problem);
                    let text = format!("the OAuth app of {kind} is not {what}: {problem}");
                    render::print_note(ui, &text)?;
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// Refuses changes of apps with `--auto-approve` unless `--allow-oauth-apps` approves them.
pub(super) fn check_oauth_apps(plan: &Plan, approval: ApprovalArgs) -> Result<(), Failure> {
    if plan.oauth_apps.is_empty() || !approval.auto_approve || approval.allow_oauth_apps {
        return Ok(());
    }
    let kinds: Vec<&str> = plan
        .oauth_apps
        .iter()
        .map(|change| change.kind.as_str())
        .collect();
    let message = format!(
        "the OAuth apps of {} would change for every customer, and --auto-approve does not approve that",
        kinds.join(", ")
    );
    Err(
        Failure::new(FailureKind::Refused, "oauth_apps_not_allowed", message)
            .hint("approve it with --allow-oauth-apps"),
    )
}
