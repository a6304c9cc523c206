//! Responsible for the organization's own OAuth apps: plans their changes, asks for their approval, and executes them
//! before the steps of customers, whose consents use the apps.

use super::App;
use super::execution::ResolvedSecrets;
use crate::cli::ApprovalArgs;
use crate::failure::{Failure, FailureKind};
use crate::model::{LedgerState, RecordedOauthApp, Setting, Settings};
use crate::plan::{OauthAppChange, Plan, oauth_app_changes};
use crate::render;
use crate::secrets::{Resolver, compare_oauth_apps};
use jiff::Timestamp;
use uuid::Uuid;

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

    /// Says that a saved plan approves no app.
    pub(super) fn leave_oauth_apps(&self, plan: &Plan) -> Result<(), Failure> {
        if plan.oauth_apps.is_empty() {
            return Ok(());
        }
        let text = "changes of OAuth apps are left for `airlift apply` without a saved plan";
        Ok(render::print_note(self.invocation.ui, text)?)
    }

    /// Sets and removes apps. Stops at the first that fails; the next run goes on.
    pub(super) async fn apply_oauth_apps(
        &self,
        plan: &Plan,
        secrets: &ResolvedSecrets,
    ) -> Result<(), Failure> {
        let writer = self.connection.session.writer();
        for change in &plan.oauth_apps {
            let what = match &change.declared {
                None => {
                    writer.delete_oauth_app(&change.kind).await?;
                    self.ledger.record_oauth_app(change.definition_id, None);
                    "removed"
                }
                Some(fields) => {
                    if change
                        .references()
                        .iter()
                        .any(|reference| secrets.missing.contains_key(*reference))
                    {
                        continue;
                    }
                    let record = self.record_of(change, fields, secrets);
                    writer
                        .put_oauth_app(change.definition_id, fields, &secrets.values)
                        .await?;
                    self.ledger
                        .record_oauth_app(change.definition_id, Some(record));
                    "set"
                }
            };
            let text = format!("the OAuth app of {} is {what}", change.kind);
            render::print_note(self.invocation.ui, &text)?;
        }
        Ok(())
    }

    fn record_of(
        &self,
        change: &OauthAppChange,
        fields: &Settings,
        secrets: &ResolvedSecrets,
    ) -> RecordedOauthApp {
        let leaves = fields
            .iter()
            .map(|(name, setting): (_, &Setting)| (name.to_string(), setting));
        RecordedOauthApp {
            kind: change.kind.clone(),
            sent: self.fingerprinters.current.fingerprint_leaves(
                leaves,
                |reference| secrets.values.get(reference).map(AsRef::as_ref),
                Uuid::new_v4().simple().to_string(),
                Timestamp::now().to_string(),
            ),
        }
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
