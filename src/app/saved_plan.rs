//! Responsible for the content of saved plans, for the checks of a saved plan before it is used, and
//! for reducing a plan made now to what a saved plan approved.

use super::commit::commit;
use super::execution::ResolvedSecrets;
use super::plan_files::{check_signature, not_authentic, stale};
use super::{App, Shown, check_guards};
use crate::apply::ApplyReport;
use crate::cli::{ApplyArgs, OnStale, PlanSource, PlanningArgs, SaveArgs, SelectionArgs};
use crate::failure::{Failure, FailureKind};
use crate::model::{Address, LedgerState, SecretRef};
use crate::plan::{ApprovedPart, Plan, Resolution, approved_part};
use crate::render::{self, Safe, ndjson};
use crate::saved_plan::{Declarations, PLANNER, PlanOptions, ReadPlan, SavedPlan};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

impl App<'_> {
    /// The content of a saved plan.
    pub(super) async fn content(
        &self,
        plan: &Plan,
        options: PlanOptions,
        args: &SaveArgs,
    ) -> Result<SavedPlan, Failure> {
        let now = Timestamp::now();
        let hours = SignedDuration::from_hours(args.valid_for.into());
        let expires_at = now.checked_add(hours).unwrap_or(Timestamp::MAX);
        let salt = Uuid::new_v4().simple().to_string();
        let secrets = if plan.resolution == Resolution::NotTried {
            BTreeMap::new()
        } else {
            self.fingerprints(plan, &salt).await
        };
        Ok(SavedPlan {
            airlift: env!("CARGO_PKG_VERSION").to_owned(),
            planner: PLANNER,
            origin: self.origin.clone(),
            created_at: seconds(now),
            expires_at: seconds(expires_at),
            commit: commit(self.invocation, &self.project.root),
            options,
            declarations: Declarations::new(&self.project.desired, plan),
            salt,
            secrets,
            plan: plan.clone(),
        })
    }

    /// Keyed fingerprints of the values that a plan sends. The values were read for the plan
    /// already.
    async fn fingerprints(&self, plan: &Plan, salt: &str) -> BTreeMap<String, String> {
        let (values, _unresolved) = self.secrets.resolve_all(&plan.sent_references()).await;
        let fingerprinter = &self.fingerprinters.current;
        plan.sent_references()
            .iter()
            .filter_map(|reference| {
                let value = values.get(reference)?;
                let fingerprint = fingerprinter.fingerprint_of_reference(salt, reference, value);
                Some((reference.to_string(), fingerprint))
            })
            .collect()
    }

    /// Executes what a saved plan approved and what still fits. Returns that plan and the report.
    pub(super) async fn apply_saved_plan(
        &self,
        source: &PlanSource,
        args: &ApplyArgs,
    ) -> Result<(Plan, ApplyReport), Failure> {
        let saved = self.usable_plan(source, args).await?;
        ndjson::plan_id(self.invocation.ui, &saved.id);
        check_guards(&saved.content.plan, Shown::Nothing)?;
        let planning = planning_of(&saved.content, &args.planning)?;
        let mut planned = self.plan(&planning).await?;
        self.leave_organization(&planned.plan)?;
        let part = self.approved_part(&saved.content, &planned.plan, &planned.recorded);
        check_guards(&part.plan, Shown::Nothing)?;
        let secrets = self.resolve(&part.plan, args.execution).await?;
        let part = self.without_changed_secrets(&saved.content, part, &secrets);
        if part.plan.has_changes() {
            self.show_plan_before_execution(&part.plan, args.execution)?;
        } else {
            let counts = (part.satisfied.len(), part.stale.len());
            render::nothing_to_apply(self.invocation.ui, counts)?;
        }
        self.check_stale(&part, args.on_stale)?;
        planned.plan = part.plan;
        planned.saved = Some(saved.id);
        let waves = self.rollout(&planned, &args.waves)?;
        let report = self
            .apply(&planned, &secrets, args.execution, waves.as_ref())
            .await?;
        Ok((
            planned.plan,
            report.with_skipped(part.stale, part.satisfied),
        ))
    }

    /// Reads a saved plan, and refuses one that was altered, or is for another API or organization.
    pub(super) async fn authentic_plan(&self, source: &PlanSource) -> Result<ReadPlan, Failure> {
        let saved = self.read_source(source).await?;
        self.check_target(&saved.content)?;
        if saved.is_authentic(&self.authenticator) {
            Ok(saved)
        } else {
            Err(not_authentic())
        }
    }

    /// Reads a saved plan as [`Self::authentic_plan`] does, and refuses one that is not the expected
    /// one, is no longer valid, or lacks the signature of an allowed signer.
    pub(super) async fn usable_plan(
        &self,
        source: &PlanSource,
        args: &ApplyArgs,
    ) -> Result<ReadPlan, Failure> {
        let saved = self.authentic_plan(source).await?;
        if let Some(signer) = check_signature(&saved, args.allowed_signers.as_deref())? {
            render::print_note(
                self.invocation.ui,
                &format!("the plan is signed by {signer}"),
            )?;
        }
        let expected = args.expect.as_deref();
        if expected.is_some_and(|id| !id.eq_ignore_ascii_case(&saved.id)) {
            let message = format!(
                "the file has plan {}, and --expect names another one; it takes all 64 digits",
                saved.id
            );
            return Err(
                Failure::new(FailureKind::Refused, "plan_unexpected", message)
                    .hint("apply the file of the approved plan, or review and approve this one"),
            );
        }
        if saved.content.is_expired(Timestamp::now()) {
            let message = format!("the plan expired at {}", saved.content.expires_at);
            return Err(stale("plan_expired", message));
        }
        Ok(saved)
    }

    fn check_target(&self, content: &SavedPlan) -> Result<(), Failure> {
        let organization = content.plan.organization_id;
        let environment = &self.project.desired.environment;
        if content.plan.environment != *environment {
            let message = format!(
                "the plan is for {}, and this run is for {}",
                environment_text(content.plan.environment.as_deref()),
                environment_text(environment.as_deref())
            );
            return Err(
                Failure::new(FailureKind::Authentication, "plan_of_other_target", message)
                    .hint("choose the environment of the plan with --env, or plan again"),
            );
        }
        if organization == self.connection.organization && content.origin == self.origin {
            return Ok(());
        }
        let message = format!(
            "the plan is for organization {organization} at {}, and this run is for {} at {}",
            content.origin, self.connection.organization, self.origin
        );
        let kind = FailureKind::Authentication;
        Err(Failure::new(kind, "plan_of_other_target", message)
            .hint("apply the plan with the credentials that it was made with, or plan again"))
    }

    /// Reduces a plan made now to what a saved plan approved.
    pub(super) fn approved_part(
        &self,
        saved: &SavedPlan,
        present: &Plan,
        recorded: &LedgerState,
    ) -> ApprovedPart {
        let desired = &self.project.desired;
        let has_same = |address: &Address| saved.declarations.has_same(desired, address);
        approved_part(&saved.plan, present.clone(), recorded, has_same)
    }

    /// Skips steps that would send another value than when the plan was saved.
    pub(super) fn without_changed_secrets(
        &self,
        saved: &SavedPlan,
        part: ApprovedPart,
        secrets: &ResolvedSecrets,
    ) -> ApprovedPart {
        let changed = self.with_changed_secrets(saved, &part.plan, secrets);
        part.without(&changed)
    }

    /// The objects of a plan whose steps would send another value than when another plan was saved.
    pub(super) fn with_changed_secrets(
        &self,
        saved: &SavedPlan,
        plan: &Plan,
        secrets: &ResolvedSecrets,
    ) -> BTreeSet<Address> {
        let has_changed = |reference: &&SecretRef| {
            let then = saved.secrets.get(&reference.to_string());
            let now = secrets.values.get(*reference).map(|value| {
                let fingerprinter = &self.fingerprinters.current;
                fingerprinter.fingerprint_of_reference(&saved.salt, reference, value)
            });
            then.is_some() && now.is_some() && then != now.as_ref()
        };
        plan.steps()
            .filter(|step| step.operation.sent_references().iter().any(has_changed))
            .map(|step| step.address.clone())
            .collect()
    }

    /// Says what of a saved plan is not executed. Fails if the user asked for that.
    fn check_stale(&self, part: &ApprovedPart, on_stale: OnStale) -> Result<(), Failure> {
        render::left_for_next_plan(self.invocation.ui, &part.unapproved)?;
        if part.stale.is_empty() || on_stale == OnStale::Skip {
            return Ok(());
        }
        let stale_steps: Vec<String> = part
            .stale
            .iter()
            .map(|step| step.address.to_string())
            .collect();
        let message = format!(
            "steps of the plan no longer fit; nothing was written: {}",
            stale_steps.join(", ")
        );
        Err(stale("plan_stale", message).hint("--on-stale skip applies the other steps"))
    }
}

/// The options of planning that a saved plan was made with, and how this run reads the API.
pub(super) fn planning_of(saved: &SavedPlan, args: &PlanningArgs) -> Result<PlanningArgs, Failure> {
    if plan_options(args) != PlanOptions::default() || args.selection != SelectionArgs::default() {
        let message = "a saved plan has its own options of selection, deletion and adoption";
        return Err(Failure::usage("options_of_plan", message)
            .hint("leave them out, or plan again with them"));
    }
    let options = saved.options.clone();
    Ok(PlanningArgs {
        target: options.target,
        exclude: options.exclude,
        prune: options.prune,
        delete_customers: options.delete_customers,
        allow_delete: options.allow_delete,
        allow_id_changes: options.allow_id_changes,
        adopt: options.adopt,
        confirm: options.confirm,
        ..args.clone()
    })
}

/// The options of planning that a saved plan keeps.
pub(crate) fn plan_options(args: &PlanningArgs) -> PlanOptions {
    PlanOptions {
        target: args.target.clone(),
        exclude: args.exclude.clone(),
        prune: args.prune,
        delete_customers: args.delete_customers,
        allow_delete: args.allow_delete,
        allow_id_changes: args.allow_id_changes,
        adopt: args.adopt,
        confirm: args.confirm.clone(),
    }
}

pub(super) fn seconds(time: Timestamp) -> String {
    time.strftime("%FT%TZ").to_string()
}

fn environment_text(environment: Option<&str>) -> String {
    match environment {
        Some(name) => format!("the environment {}", Safe::short_name(name)),
        None => "a project without environments".to_owned(),
    }
}
