//! `apply`: plan, show, ask, execute.

use super::environment::Environment;
use super::pipeline::{Planned, planned, resolver};
use super::project;
use super::remote::{Pace, Remote};
use crate::apply::{
    ApplyReport, Context, Options, Stop, StopCause, Tally, Waves, apply, apply_in_waves,
};
use crate::cli::{ApplyArgs, ExecutionArgs, Format, GlobalArgs};
use crate::config::Project;
use crate::events::{Event, Sink};
use crate::failure::{Exit, Failure, FailureKind};
use crate::model::SecretRef;
use crate::plan::{Action, Operation, Plan};
use crate::render::{self, Ui, json};
use crate::secrets::{ResolveError, ResolveErrorKind, Resolver, Values};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Runs the verb.
pub(super) async fn run(
    ui: &Ui,
    env: &Environment,
    global: &GlobalArgs,
    args: &ApplyArgs,
) -> Result<Exit, Failure> {
    let project = project::load(ui, env, global)?;
    let secrets = resolver(env, &project, global)?;
    let events = render::sinks::progress(ui);
    let pace = Pace::from(&args.planning.connection);
    let stop = Stop::default();
    let opening = Remote::open_locked(env, &project, global, pace, &events);
    let (remote, lock) = with_signals(ui, env, &stop, &|| (), opening).await?;
    let given = Given { ui, global, args };
    let run = carry_out(given, &project, &remote, &secrets, &*events, &stop);
    let exit = with_signals(ui, env, &stop, &|| remote.session.halt(), run).await;
    lock.release().await;
    secrets.close().await;
    remote.close().await?;
    exit
}

/// What the verb was called with.
struct Given<'a> {
    ui: &'a Ui,
    global: &'a GlobalArgs,
    args: &'a ApplyArgs,
}

async fn carry_out(
    given: Given<'_>,
    project: &Project,
    remote: &Remote,
    resolver: &Resolver,
    events: &dyn Sink,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let Given { ui, global, args } = given;
    render::target(ui, &remote.name, &remote.organization.to_string())?;
    let planned = planned(project, remote, &args.planning, resolver, events).await?;
    events.emit(Event::PhaseFinished);
    render::doubtful(ui, &planned.doubtful)?;
    let plan = &planned.plan;
    if global.format == Format::Text {
        render::plan(&mut ui.out(), plan, ui.verbose() > 0)?;
    }
    project::known_types(project, plan)?;
    refused(plan, args)?;
    let (secrets, missing) = resolve(resolver, plan, args.execution.keep_going).await?;
    if plan.has_changes() {
        project::approve(ui, global, args.approval.auto_approve).await?;
    }
    let execution = Execution {
        remote,
        planned: &planned,
        options: args.execution,
        parallelism: args.planning.connection.rate.parallelism,
        waves: None,
    };
    let report = execution.run(&secrets, &missing, stop, events).await?;
    events.emit(Event::PhaseFinished);
    show(ui, global, plan, &report)?;
    let changed = args.detailed_exitcode && plan.writes();
    let change = if changed { Exit::Changes } else { Exit::Done };
    Ok(Exit::decide([ended(&report, stop), change]))
}

/// Guards, and replacements that nobody saw.
fn refused(plan: &Plan, args: &ApplyArgs) -> Result<(), Failure> {
    project::guarded(plan)?;
    let replaced: Vec<String> = plan
        .steps()
        .filter(|step| step.action == Action::Replace)
        .map(|step| step.address.to_string())
        .collect();
    if args.approval.auto_approve && !args.approval.allow_replace && !replaced.is_empty() {
        let message = format!(
            "{} would be replaced because of type, environment, template or settings, which \
             --auto-approve does not cover",
            replaced.join(", ")
        );
        return Err(
            Failure::new(FailureKind::Refused, "replace_not_allowed", message)
                .hint("a replacement gives the connector a new id; allow it with --allow-replace"),
        );
    }
    Ok(())
}

/// Resolves every reference that the plan sends, once, before the first write.
pub(super) async fn resolve(
    resolver: &Resolver,
    plan: &Plan,
    keep_going: bool,
) -> Result<(Values, BTreeMap<SecretRef, String>), Failure> {
    let mut references = BTreeSet::new();
    for step in plan.steps() {
        if let Operation::CreateConnector { body } | Operation::ReplaceConnector { body, .. } =
            &step.operation
        {
            references.extend(body.references().into_iter().cloned());
        }
    }
    let (values, failures) = resolver.resolve_all(&references).await;
    if !failures.is_empty() && !keep_going {
        return Err(unresolved(&failures));
    }
    let missing = failures.into_iter().map(|failure| {
        let text = failure.to_string();
        (failure.reference, text)
    });
    Ok((values, missing.collect()))
}

fn unresolved(failures: &[ResolveError]) -> Failure {
    let list: Vec<String> = failures.iter().map(ToString::to_string).collect();
    let message = format!(
        "nothing was written: secrets are missing\n{}",
        list.join("\n")
    );
    let lacking =
        |failure: &ResolveError| matches!(failure.kind, ResolveErrorKind::NotBuilt { .. });
    if failures.iter().any(lacking) {
        return Failure::new(FailureKind::Secret, "store_not_built", message)
            .hint("build airlift with the feature that is named, or read the secrets another way");
    }
    Failure::new(FailureKind::Secret, "secret_unresolved", message)
        .hint("provide them, or leave their connectors out of this run with --keep-going")
}

/// A plan that is approved, and how it is to be carried out.
pub(super) struct Execution<'a> {
    pub(super) remote: &'a Remote,
    pub(super) planned: &'a Planned,
    pub(super) options: ExecutionArgs,
    pub(super) parallelism: u16,
    /// For a rotation.
    pub(super) waves: Option<&'a Waves>,
}

impl Execution<'_> {
    /// Saves what a killed run left, and goes.
    pub(super) async fn run(
        &self,
        secrets: &Values,
        missing: &BTreeMap<SecretRef, String>,
        stop: &Stop,
        events: &dyn Sink,
    ) -> Result<ApplyReport, Failure> {
        let (remote, planned) = (self.remote, self.planned);
        stop.begin();
        for id in &planned.unsaved {
            remote
                .ledger
                .save(*id, &planned.recorded.customers[id])
                .await?;
        }
        remote.keep_out(secrets);
        let journal = remote.ledger.journal(&planned.open).await?;
        let options = self.options();
        let steps = planned.plan.steps().count();
        events.emit(Event::ExecutionStarted { steps });
        let context = Context {
            writer: &remote.session.writer(),
            secrets,
            missing,
            ledger: &remote.ledger,
            journal: &journal,
            fingerprinter: &remote.fingerprinter,
            stop,
            options: &options,
            events,
        };
        let (plan, recorded) = (&planned.plan, &planned.recorded);
        Ok(match self.waves {
            None => apply(plan, recorded, &context).await,
            Some(waves) => apply_in_waves(plan, waves, recorded, &context).await,
        })
    }

    fn options(&self) -> Options {
        Options {
            parallelism: usize::from(self.parallelism),
            delete_deadline: Duration::from_secs(self.options.delete_timeout),
            require_check: self.options.require_check,
            ..Options::default()
        }
    }
}

/// A signal before the first write ends the run at once. Later the first one lets what is under
/// way finish, and `halt` keeps it from waiting for anything else; the second ends the process,
/// which the journal is made for.
pub(super) async fn with_signals<T>(
    ui: &Ui,
    env: &Environment,
    stop: &Stop,
    halt: &dyn Fn(),
    run: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let listen = async {
        loop {
            env.interruption().await;
            if !stop.has_begun() {
                return;
            }
            if stop.cause() == Some(StopCause::Signal) {
                render::aborted(ui);
                std::process::exit(Exit::Cancelled.number().into());
            }
            stop.request(StopCause::Signal);
            halt();
            render::draining(ui);
        }
    };
    tokio::select! {
        result = run => result,
        () = listen => Err(cancelled()),
    }
}

fn cancelled() -> Failure {
    let message = "cancelled before anything was written";
    Failure::new(FailureKind::Cancelled, "cancelled", message)
}

/// Writes the report.
pub(super) fn show(
    ui: &Ui,
    global: &GlobalArgs,
    plan: &Plan,
    report: &ApplyReport,
) -> Result<(), Failure> {
    match global.format {
        Format::Json => json::report(&mut ui.out(), report)?,
        // An empty plan has said so already.
        Format::Text if !plan.has_changes() => {}
        Format::Text => render::report(&mut ui.out(), report, ui.verbose() > 0)?,
    }
    Ok(())
}

/// The exit code of a run that went through.
pub(super) fn ended(report: &ApplyReport, stop: &Stop) -> Exit {
    let stopped = match stop.cause() {
        Some(StopCause::Signal) => Exit::Cancelled,
        Some(StopCause::Authentication) => Exit::Authentication,
        Some(StopCause::Disk) => Exit::Error,
        None => Exit::Done,
    };
    let partial = report.unplanned > 0 || report.tally() != Tally::default();
    let went = if partial { Exit::Partial } else { Exit::Done };
    Exit::decide([stopped, went])
}
