//! `rotate`: credentials are sent again, as replacements, wave by wave.

use super::apply::{Execution, ended, resolve, show, with_signals};
use super::environment::Environment;
use super::pipeline::{Planned, State, resolver};
use super::project;
use super::remote::{Pace, Remote};
use crate::apply::{Stop, Waves};
use crate::cli::{Format, GlobalArgs, RotateArgs};
use crate::config::Project;
use crate::events::{Event, Sink};
use crate::failure::{Exit, Failure, FailureKind};
use crate::ledger::{Rotation, Rotations};
use crate::model::{Address, Desired, SecretRef};
use crate::plan::{
    Matches, Operation, Plan, Policy, Rotation as Narrowed, Step, match_resources, only_rotations,
    plan,
};
use crate::render::{self, Ui};
use crate::secrets::{Resolver, compare};
use std::collections::{BTreeMap, BTreeSet};

type Selector = BTreeSet<Address>;

/// Runs the verb.
pub(super) async fn run(
    ui: &Ui,
    env: &Environment,
    global: &GlobalArgs,
    args: &RotateArgs,
) -> Result<Exit, Failure> {
    let project = project::load(ui, env, global)?;
    known(&project.desired, &args.selectors)?;
    let secrets = resolver(env, &project, global)?;
    let events = render::sinks::progress(ui);
    let pace = Pace::from(&args.connection);
    let stop = Stop::default();
    let opening = Remote::open_locked(env, &project, global, pace, &events);
    let (remote, lock) = with_signals(ui, env, &stop, &|| (), opening).await?;
    let verb = Verb {
        ui,
        global,
        args,
        project: &project,
        remote: &remote,
        resolver: secrets,
        events: &*events,
        stop,
    };
    let exit = with_signals(
        ui,
        env,
        &verb.stop,
        &|| remote.session.halt(),
        verb.carry_out(),
    )
    .await;
    lock.release().await;
    verb.resolver.close().await;
    remote.close().await?;
    exit
}

/// A selector that names nothing is a slip of the keyboard.
fn known(desired: &Desired, selectors: &[Address]) -> Result<(), Failure> {
    let names_nothing = |one: &&Address| {
        !desired
            .connectors()
            .any(|(address, _)| address.is_within(one))
    };
    let Some(unknown) = selectors.iter().find(names_nothing) else {
        return Ok(());
    };
    let message = format!("the files have no connector that {unknown} selects");
    Err(Failure::new(
        FailureKind::Usage,
        "unknown_selector",
        message,
    ))
}

struct Verb<'a> {
    ui: &'a Ui,
    global: &'a GlobalArgs,
    args: &'a RotateArgs,
    project: &'a Project,
    remote: &'a Remote,
    resolver: Resolver,
    events: &'a dyn Sink,
    stop: Stop,
}

impl Verb<'_> {
    async fn carry_out(&self) -> Result<Exit, Failure> {
        let rotations = self.remote.ledger.rotations().await?;
        let selector: Selector = self.args.selectors.iter().cloned().collect();
        let resumed = self.to_resume(&rotations, &selector)?;
        let name = &self.remote.name;
        render::target(self.ui, name, &self.remote.organization.to_string())?;
        let selector = match &resumed {
            Some(rotation) => rotation.selector.clone(),
            None => selector,
        };
        let (planned, rotation) = self.plan(selector, resumed).await?;
        self.execute(&planned, rotations, rotation).await
    }

    /// The rotation to go on with. Without `--resume` an unfinished one is only told of.
    fn to_resume(
        &self,
        rotations: &Rotations,
        selector: &Selector,
    ) -> Result<Option<Rotation>, Failure> {
        if !self.args.resume {
            if let Some(open) = rotations.of(selector) {
                let text = format!(
                    "this begins anew the rotation that was begun at {} and did not come to its \
                     end; --resume goes on with it",
                    open.started_at
                );
                render::note(self.ui, &text)?;
            }
            return Ok(None);
        }
        let named = !selector.is_empty() || self.args.all;
        match (rotations.open(), rotations.of(selector)) {
            (_, Some(open)) if named => Ok(Some(open.clone())),
            ([open], _) if !named => Ok(Some(open.clone())),
            (open, _) => Err(not_resumable(open)),
        }
    }

    /// The plan with the rotation that it carries on, and a word on what it leaves out.
    async fn plan(
        &self,
        selector: Selector,
        resumed: Option<Rotation>,
    ) -> Result<(Planned, Rotation), Failure> {
        let (desired, connection) = (&self.project.desired, &self.args.connection);
        let state = State::read(self.project, self.remote, connection, self.events).await?;
        let matches = match_resources(desired, &state.observed, &state.recorded);
        let resolver = (!connection.no_secrets).then_some(&self.resolver);
        let secrets = compare(&matches, &self.remote.fingerprinter, resolver).await;
        let policy = policy(&matches, desired, &selector, resumed.as_ref());
        let plan = plan(&matches, &secrets, &policy);
        let rotation = resumed.unwrap_or_else(|| begun(selector, &matches));
        self.events.emit(Event::PhaseFinished);
        render::doubtful(self.ui, &state.doubtful)?;
        let Narrowed { plan, left } = only_rotations(plan);
        let all = self.ui.verbose() > 0;
        if self.global.format == Format::Text {
            render::plan(&mut self.ui.out(), &plan, all)?;
        }
        render::left_for_apply(self.ui, &left, all)?;
        project::guarded(&plan)?;
        Ok((state.planned(plan), rotation))
    }

    async fn execute(
        &self,
        planned: &Planned,
        mut rotations: Rotations,
        rotation: Rotation,
    ) -> Result<Exit, Failure> {
        let (plan, keep_going) = (&planned.plan, self.args.execution.keep_going);
        let (secrets, missing) = resolve(&self.resolver, plan, keep_going).await?;
        if plan.has_changes() {
            project::approve(self.ui, self.global, self.args.auto_approve).await?;
        }
        let selector = rotation.selector.clone();
        rotations.begin(rotation).await?;
        let waves = self.waves(plan, &missing);
        let (stop, events) = (&self.stop, self.events);
        let execution = Execution {
            remote: self.remote,
            planned,
            options: self.args.execution,
            parallelism: self.args.connection.rate.parallelism,
            waves: Some(&waves),
        };
        let report = execution.run(&secrets, &missing, stop, events).await?;
        events.emit(Event::PhaseFinished);
        if report.is_complete() {
            rotations.end(&selector).await?;
        }
        show(self.ui, self.global, plan, &report)?;
        Ok(ended(&report, stop))
    }

    fn waves(&self, plan: &Plan, missing: &BTreeMap<SecretRef, String>) -> Waves {
        let given_up = plan.steps().filter(|step| needs(step, missing));
        Waves {
            sizes: self.args.waves.clone(),
            max_failures: self.args.max_failures,
            given_up: given_up.map(|step| step.address.clone()).collect(),
        }
    }
}

fn not_resumable(open: &[Rotation]) -> Failure {
    let failure = |message: &str| Failure::new(FailureKind::Usage, "nothing_to_resume", message);
    let of = |rotation: &Rotation| {
        let names: Vec<String> = rotation.selector.iter().map(Address::to_string).collect();
        let names = if names.is_empty() {
            "--all".to_owned()
        } else {
            names.join(" ")
        };
        format!("unfinished since {}: {names}", rotation.started_at)
    };
    match open {
        [] => failure("no rotation was begun that did not come to its end"),
        several => several.iter().map(of).fold(
            failure("say which rotation to go on with: repeat what it was begun with"),
            Failure::hint,
        ),
    }
}

/// What is to be rotated: everything selected, or what a rotation has not come to yet.
fn policy(
    matches: &Matches<'_>,
    desired: &Desired,
    selector: &Selector,
    resumed: Option<&Rotation>,
) -> Policy {
    let mut policy = Policy {
        targets: selector.clone(),
        ..Policy::default()
    };
    policy.rotate = match resumed {
        None => desired
            .connectors()
            .map(|(address, _)| address)
            .filter(|address| policy.wants(address))
            .collect(),
        Some(rotation) => matches
            .recorded_connectors()
            .filter(|connector| rotation.before.contains(&connector.recorded.id))
            .map(|connector| connector.address())
            .filter(|address| policy.wants(address))
            .collect(),
    };
    policy
}

fn begun(selector: Selector, matches: &Matches<'_>) -> Rotation {
    let selected = |address: &Address| {
        selector.is_empty() || selector.iter().any(|one| address.is_within(one))
    };
    Rotation {
        started_at: jiff::Timestamp::now().to_string(),
        before: matches
            .recorded_connectors()
            .filter(|connector| selected(&connector.address()))
            .map(|connector| connector.recorded.id)
            .collect(),
        selector,
    }
}

fn needs(step: &Step, missing: &BTreeMap<SecretRef, String>) -> bool {
    let Operation::ReplaceConnector { body, .. } = &step.operation else {
        return false;
    };
    body.references()
        .into_iter()
        .any(|reference| missing.contains_key(reference))
}
