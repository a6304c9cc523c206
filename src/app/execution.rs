//! Responsible for executing a plan: resolves its secrets, asks for approval, runs it, and derives
//! the exit code from the report.

use super::approval;
use super::rollout::PlannedRollout;
use super::{App, Planned};
use crate::apply::{
    ApplyReport, Context, Options, StopCause, UnsuccessfulCounts, Waves, apply, apply_in_waves,
    apply_oauth_apps,
};
use crate::cli::ExecutionArgs;
use crate::events::Event;
use crate::failure::{ALL_FORBIDDEN, Exit, Failure, FailureKind};
use crate::model::{RecordedGuards, SecretRef, first_names};
use crate::plan::Plan;
use crate::render::{self, wording};
use crate::secrets::{ResolveError, ResolveErrorKind, Values};
use std::collections::BTreeMap;
use std::time::Duration;

/// The number of references that an error lists.
const LISTED_FAILURES: usize = 20;

/// The values of the secrets that a plan sends.
#[derive(Default)]
pub(crate) struct ResolvedSecrets {
    pub(crate) values: Values,
    /// References without a value, with the reason. Their connectors are blocked.
    pub(crate) missing: BTreeMap<SecretRef, String>,
}

/// How the customers of a plan follow each other.
#[derive(Clone, Copy)]
pub(super) enum Strategy<'a> {
    /// All at once, for the command of this name.
    AtOnce(&'static str),
    Rotation(&'a Waves),
    Rollout(&'a PlannedRollout),
}

impl App<'_> {
    /// Resolves every reference that the plan needs, once and before the first write.
    pub(crate) async fn resolve(
        &self,
        plan: &Plan,
        args: ExecutionArgs,
    ) -> Result<ResolvedSecrets, Failure> {
        let (mut values, mut failures) = self.secrets.resolve_all(&plan.needed_references()).await;
        failures.extend(self.take_other_tokens(&mut values));
        // A placeholder is a choice of a person, so it blocks only its connector.
        let is_unbound = |failure: &ResolveError| failure.kind == ResolveErrorKind::Unbound;
        if !args.keep_going && !failures.iter().all(is_unbound) {
            return Err(unresolved(&failures));
        }
        let missing = failures
            .into_iter()
            .map(|failure| {
                let text = failure.to_string();
                (failure.reference, text)
            })
            .collect();
        Ok(ResolvedSecrets { values, missing })
    }

    /// Asks for approval on a terminal. Fails if there is none.
    pub(crate) async fn ask_approval(&self, question: &str) -> Result<(), Failure> {
        approval::ask(self.invocation, question).await
    }

    /// Records the run in the ledger's history and the ledger entries that were recovered from an interrupted run, and executes the plan.
    pub(super) async fn execute(
        &self,
        planned: &Planned,
        secrets: &ResolvedSecrets,
        args: ExecutionArgs,
        strategy: Strategy<'_>,
    ) -> Result<ApplyReport, Failure> {
        self.stop.mark_writing();
        self.copy_source_templates(&planned.plan).await?;
        self.record_run(planned, strategy);
        for id in &planned.unsaved {
            let entry = &planned.recorded.customers[id];
            self.ledger.recover(*id, entry)?;
        }
        self.connection.mask(&secrets.values);
        let (plan, recorded) = (&planned.plan, &planned.recorded);
        self.events.emit(Event::ExecutionStarted {
            steps: plan.steps().count(),
        });
        let context = Context {
            writer: &self.connection.session.writer(),
            secrets: &secrets.values,
            missing: &secrets.missing,
            new_customers: &planned.new_customers,
            planned_lists: &planned.lists,
            ledger: &self.ledger,
            journal: &self.ledger.journal(&planned.open).await?,
            fingerprinter: &self.fingerprinters.current,
            stop: &self.stop,
            options: &self.options(args),
            events: &*self.events,
            wording: wording::STEPS,
        };
        // The consents of customers use the apps.
        let apps = apply_oauth_apps(plan, &context).await;
        self.note_oauth_apps(&apps)?;
        let report = match strategy {
            Strategy::AtOnce(_) => apply(plan, recorded, &context).await,
            Strategy::Rotation(waves) => apply_in_waves(plan, waves, recorded, &context).await,
            Strategy::Rollout(waves) => self.roll_out(plan, waves, recorded, &context).await,
        };
        let report = report
            .with_oauth_apps(apps, self.stop.cause())
            .with_run(self.ledger.run_id());
        self.record_end(&report);
        self.end_phase();
        if self.stop.cause() == Some(StopCause::Forbidden) {
            let text = format!("the first customers were all refused (403): {ALL_FORBIDDEN}");
            render::print_note(self.invocation.ui, &text)?;
        }
        Ok(report)
    }

    /// Executes the plan of a command all at once, as [`Self::execute`] does.
    pub(crate) async fn execute_at_once(
        &self,
        command: &'static str,
        planned: &Planned,
        secrets: &ResolvedSecrets,
        args: ExecutionArgs,
    ) -> Result<ApplyReport, Failure> {
        let strategy = Strategy::AtOnce(command);
        self.execute(planned, secrets, args, strategy).await
    }

    /// Executes the plan of an apply. The ledger's head keeps the files' guards, so that a later plan
    /// warns if the files allow more. `adopt` and `rotate` do not show that warning's deletions, so
    /// they do not record the guards.
    pub(crate) async fn apply(
        &self,
        planned: &Planned,
        secrets: &ResolvedSecrets,
        args: ExecutionArgs,
        waves: Option<&PlannedRollout>,
    ) -> Result<ApplyReport, Failure> {
        let guards = self.project.desired.guards;
        self.ledger.record_guards(RecordedGuards {
            max_deletes: guards.max_deletes,
            max_delete_percent: guards.max_delete_percent,
            max_id_changes: guards.max_id_changes,
        });
        let strategy = waves.map_or(Strategy::AtOnce("apply"), Strategy::Rollout);
        self.execute(planned, secrets, args, strategy).await
    }

    fn options(&self, args: ExecutionArgs) -> Options {
        Options {
            parallelism: self.parallelism,
            delete_deadline: Duration::from_secs(args.delete_timeout),
            check_new: args.check_new,
            require_check: args.require_check,
            ..Options::default()
        }
    }

    /// The exit code of a run with a report.
    pub(crate) fn exit(&self, plan: &Plan, report: &ApplyReport) -> Exit {
        let stopped = match self.stop.cause() {
            Some(StopCause::Signal) if report.interrupted => Exit::Cancelled,
            Some(StopCause::Authentication | StopCause::Forbidden) => Exit::Authentication,
            Some(StopCause::Disk) => Exit::Error,
            Some(StopCause::Signal) | None => Exit::Success,
        };
        let is_partial = !report.blocked.is_empty()
            || plan.lacks_secrets()
            || report.has_unhealthy()
            || report.unsuccessful() != UnsuccessfulCounts::default();
        let result = if is_partial {
            Exit::Partial
        } else {
            Exit::Success
        };
        Exit::decide([stopped, result])
    }
}

/// The error of secrets that could not be resolved, with a hint for each cause.
fn unresolved(failures: &[ResolveError]) -> Failure {
    let mut list: Vec<String> = failures
        .iter()
        .take(LISTED_FAILURES)
        .map(ToString::to_string)
        .collect();
    let more = failures.len().saturating_sub(list.len());
    if more > 0 {
        list.push(format!("and {more} more; `airlift doctor` groups them"));
    }
    let message = format!(
        "secrets could not be resolved; nothing was written\n{}",
        list.join("\n")
    );
    let lacks_store = failures
        .iter()
        .any(|failure| matches!(failure.kind, ResolveErrorKind::NotBuilt { .. }));
    if lacks_store {
        return Failure::new(FailureKind::Secret, "store_not_built", message)
            .hint("build airlift with the named feature, or use another store");
    }
    let mut hints: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for failure in failures {
        let references = hints.entry(failure.kind.hint()).or_default();
        references.push(failure.reference.to_string());
    }
    let is_one = hints.len() == 1;
    hints
        .into_iter()
        .map(|(hint, references)| {
            if is_one {
                hint.to_owned()
            } else {
                format!("{}: {hint}", first_names(&references))
            }
        })
        .chain(["--keep-going skips the connectors that need them".to_owned()])
        .fold(
            Failure::new(FailureKind::Secret, "secret_unresolved", message),
            Failure::hint,
        )
}
