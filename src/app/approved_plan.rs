//! Responsible for a plan made now that a saved plan approves as a whole, and for planning again what of
//! a saved plan no longer fits.

use super::saved_plan::planning_of;
use super::{App, Planned, Shown, check_guards};
use crate::apply::ApplyReport;
use crate::cli::{
    ApplyArgs, ExecutionArgs, ListingArg, PlanSource, PlanningArgs, ReplanArgs, SelectionArgs,
};
use crate::failure::{Failure, FailureKind};
use crate::model::Address;
use crate::plan::{Plan, only_moved, unapproved_steps};
use crate::render;
use crate::saved_plan::PlanOptions;
use std::collections::BTreeSet;

/// The addresses that an error lists.
const LISTED: usize = 20;

/// What of a saved plan no longer fits, planned again.
pub(crate) struct Replanned {
    pub(crate) plan: Plan,
    /// The options of the saved plan.
    pub(crate) options: PlanOptions,
}

impl App<'_> {
    /// Executes a saved plan, or a plan that a saved plan approves, if the arguments name one.
    pub(crate) async fn apply_with_saved_plan(
        &self,
        args: &ApplyArgs,
    ) -> Result<Option<(Plan, ApplyReport)>, Failure> {
        match (args.source(), &args.approved) {
            (Some(source), _) => self.apply_saved_plan(source, args).await.map(Some),
            (None, Some(source)) => self.apply_as_approved(source, args).await.map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Plans, and executes the plan if a saved plan contains every step of it.
    async fn apply_as_approved(
        &self,
        source: &PlanSource,
        args: &ApplyArgs,
    ) -> Result<(Plan, ApplyReport), Failure> {
        let saved = self.usable_plan(source, args).await?;
        check_guards(&saved.content.plan, Shown::Nothing)?;
        let mut planned = self.plan_selected(&args.planning).await?;
        self.leave_organization(&planned.plan)?;
        planned.plan.leave_organization();
        self.show_plan_before_execution(&planned.plan, args.execution)?;
        check_guards(&planned.plan, self.shown())?;
        let unapproved = unapproved_steps(&saved.content.plan, &planned.plan).into_iter();
        check_subset(&unapproved.map(|(address, _)| address).collect())?;
        let secrets = self.resolve(&planned.plan, args.execution).await?;
        check_subset(&self.with_changed_secrets(&saved.content, &planned.plan, &secrets))?;
        planned.saved = Some(saved.id);
        let waves = self.rollout(&planned, &args.waves)?;
        let report = self
            .apply(&planned, &secrets, args.execution, waves.as_ref())
            .await?;
        Ok((planned.plan, report))
    }

    /// Plans again what of a saved plan no longer fits.
    pub(crate) async fn replan(&self, args: &ReplanArgs) -> Result<Replanned, Failure> {
        let saved = self.authentic_plan(&args.from).await?.content;
        let planning = planning_of(&saved, &planning(args))?;
        let Planned { plan, recorded, .. } = &self.plan(&planning).await?;
        let part = self.approved_part(&saved, plan, recorded);
        let execution = ExecutionArgs {
            keep_going: true,
            ..ExecutionArgs::default()
        };
        let secrets = self.resolve(&part.plan, execution).await?;
        let part = self.without_changed_secrets(&saved, part, &secrets);
        let stale = part.stale.iter().map(|step| step.address.clone());
        let moved: BTreeSet<Address> = stale.collect();
        render::replanned(self.invocation.ui, (moved.len(), &part.unapproved))?;
        Ok(Replanned {
            plan: only_moved(plan.clone(), &moved),
            options: saved.options,
        })
    }
}

fn planning(args: &ReplanArgs) -> PlanningArgs {
    PlanningArgs {
        target: Vec::new(),
        exclude: Vec::new(),
        selection: SelectionArgs::default(),
        prune: false,
        delete_customers: false,
        allow_delete: None,
        allow_id_changes: None,
        confirm: Vec::new(),
        policy: args.policy.clone(),
        adopt: false,
        listing: ListingArg::default(),
        connection: args.connection.clone(),
    }
}

/// Refuses a plan with steps that the saved plan does not have.
fn check_subset(unapproved: &BTreeSet<Address>) -> Result<(), Failure> {
    if unapproved.is_empty() {
        return Ok(());
    }
    let mut listed: Vec<String> = unapproved
        .iter()
        .take(LISTED)
        .map(ToString::to_string)
        .collect();
    let more = unapproved.len().saturating_sub(LISTED);
    if more > 0 {
        listed.push(format!("and {more} more"));
    }
    let message = format!(
        "the plan has steps that the saved plan does not have, or not with this state or secret; \
         nothing was written: {}",
        listed.join(", ")
    );
    Err(
        Failure::new(FailureKind::Refused, "plan_not_approved", message)
            .hint("plan again, have that plan approved, and apply it"),
    )
}
