//! Responsible for executing the changes of the organization's own OAuth apps, one after the other. A change that fails
//! stops neither the next one nor the steps of customers.

use super::{Context, OauthAppReport, Outcome, StepError, StepProblem, StopCause};
use crate::api::Effect;
use crate::model::{RecordedOauthApp, Setting, Settings};
use crate::plan::{OauthAppChange, Plan};

/// Sets and removes the apps of a plan, and returns one report for each.
pub async fn apply_oauth_apps(plan: &Plan, context: &Context<'_>) -> Vec<OauthAppReport> {
    let mut reports = Vec::new();
    for change in &plan.oauth_apps {
        let error = context.change_oauth_app(change).await.err();
        match error.as_ref().and_then(|error| error.stop) {
            // The API may refuse apps only.
            None | Some(StopCause::Forbidden) => {}
            Some(cause) => context.stop.request(cause),
        }
        reports.push(report(change, error));
    }
    reports
}

impl Context<'_> {
    async fn change_oauth_app(&self, change: &OauthAppChange) -> Result<(), StepError> {
        if self.stop.cause().is_some() {
            return Err(StepError::new(Outcome::NotAttempted, StepProblem::RunEnded));
        }
        self.ledger.check_lock()?;
        let record = match &change.declared {
            None => {
                self.writer.delete_oauth_app(&change.kind).await?;
                None
            }
            Some(fields) => {
                self.require_values(change)?;
                Some(self.put_oauth_app(change, fields).await?)
            }
        };
        self.ledger.record_oauth_app(change.definition_id, record);
        Ok(())
    }

    /// Sets an app. The ledger records an app whose request has an unknown outcome without fingerprints, so that the
    /// next run sends every field again, or removes the app.
    async fn put_oauth_app(
        &self,
        change: &OauthAppChange,
        fields: &Settings,
    ) -> Result<RecordedOauthApp, StepError> {
        let mut record = self.record_of(change, fields);
        let sent = self
            .writer
            .put_oauth_app(change.definition_id, fields, self.secrets)
            .await;
        let Err(error) = sent else {
            return Ok(record);
        };
        if error.effect() == Effect::Unknown {
            record.sent.fingerprints.clear();
            self.ledger
                .record_oauth_app(change.definition_id, Some(record));
        }
        Err(error.into())
    }

    /// Refuses an app with a secret that could not be resolved.
    fn require_values(&self, change: &OauthAppChange) -> Result<(), StepError> {
        let references = change.references();
        let mut reasons = references.into_iter().filter_map(|it| self.missing.get(it));
        reasons.next().map_or(Ok(()), |reason| {
            let reason = reason.clone();
            let problem = StepProblem::SecretUnresolved { reason };
            Err(StepError::new(Outcome::Blocked, problem))
        })
    }

    fn record_of(&self, change: &OauthAppChange, fields: &Settings) -> RecordedOauthApp {
        let leaves = fields
            .iter()
            .map(|(name, setting): (_, &Setting)| (name.to_string(), setting));
        RecordedOauthApp {
            kind: change.kind.clone(),
            sent: self.fingerprinter.fingerprint_sent(leaves, |reference| {
                self.secrets.get(reference).map(AsRef::as_ref)
            }),
        }
    }
}

fn report(change: &OauthAppChange, error: Option<StepError>) -> OauthAppReport {
    let outcome = error.as_ref().map(|error| error.outcome);
    let (problem, request) =
        error.map_or((None, None), |error| (Some(error.problem), error.request));
    OauthAppReport {
        kind: change.kind.clone(),
        action: change.action,
        outcome: outcome.unwrap_or(Outcome::Succeeded),
        problem,
        request,
    }
}
