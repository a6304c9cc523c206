//! Responsible for rotations: selects the rotation to start or resume, plans it, and executes it in
//! waves.

use super::execution::{ResolvedSecrets, Strategy};
use super::workflow::Reading;
use super::{App, Planned, Selectable, policy};
use crate::apply::{ApplyReport, Waves};
use crate::cli::RotateArgs;
use crate::failure::Failure;
use crate::ledger::{Rotations, UnfinishedRotation};
use crate::model::{Address, AdoptPolicy, Desired, Selector};
use crate::plan::{Action, Matches, Operation, Policy, match_resources, only_rotations, plan};
use crate::render;
use std::collections::BTreeSet;

/// The rotation to plan.
pub(crate) struct SelectedRotation {
    rotations: Rotations,
    selector: BTreeSet<Selector>,
    /// What the selectors name. Empty means everything.
    selected: BTreeSet<Address>,
    /// The interrupted rotation, with `--resume`.
    resumed: Option<UnfinishedRotation>,
}

/// A rotation with its plan.
pub(crate) struct PlannedRotation {
    pub(crate) planned: Planned,
    /// Changes that the rotation does not make, because they are left for `apply`.
    pub(crate) deferred: Vec<(Address, Action)>,
    rotations: Rotations,
    rotation: UnfinishedRotation,
    /// Whether the files declare no connector.
    is_without_connectors: bool,
}

impl SelectedRotation {
    /// Selects the rotation to start or, with `--resume`, the interrupted one.
    pub(crate) async fn find(app: &App<'_>, args: &RotateArgs) -> Result<Self, Failure> {
        let rotations = app.ledger.rotations().await?;
        let selector: BTreeSet<Selector> = args.selectors.iter().cloned().collect();
        let selectable = Selectable::declared_connectors(&app.project.desired).within(&app.project);
        if args.resume {
            let resumed = to_resume(&rotations, &selector, args)?.clone();
            return Ok(Self {
                rotations,
                selected: selectable.select_remaining(&resumed.selector)?,
                selector: resumed.selector.clone(),
                resumed: Some(resumed),
            });
        }
        if let Some(open) = rotations.with_selector(&selector) {
            let text = format!(
                "this starts a new rotation; the one started at {} is unfinished, and --resume \
                 continues it",
                open.started_at
            );
            render::print_note(app.invocation.ui, &text)?;
        }
        Ok(Self {
            rotations,
            selected: selectable.select_or_all(&selector)?,
            selector,
            resumed: None,
        })
    }

    /// Plans the rotation, without the changes that are left for `apply`.
    pub(crate) async fn plan(
        self,
        app: &App<'_>,
        args: &RotateArgs,
    ) -> Result<PlannedRotation, Failure> {
        let planned = self.read_and_plan(app, args).await;
        app.end_phase();
        let planned = planned?;
        app.show_possible_duplicates(&planned.planned)?;
        Ok(planned)
    }

    async fn read_and_plan(
        self,
        app: &App<'_>,
        args: &RotateArgs,
    ) -> Result<PlannedRotation, Failure> {
        let desired = &app.project.desired;
        let operator = policy::load(app.invocation, &app.project)?;
        let ledger = app.read_ledger().await?;
        let reading = Reading::from(&args.connection);
        let selection = Policy {
            targets: self.selected.clone(),
            ..Policy::default()
        };
        let state = app.read(ledger, reading, &selection).await?;
        let matches =
            match_resources(desired, &state.observed, &state.recorded).selected(&selection);
        let secrets = app.compare_secrets(&matches, reading).await;
        let policy = Policy {
            ceiling: operator.ceiling,
            rules: operator.rules,
            allow_id_changes: args.allow_id_changes,
            ..self.policy(&matches, desired)
        };
        let plan = plan(&matches, &secrets, &policy);
        let rotation = self
            .resumed
            .unwrap_or_else(|| new_rotation(self.selector, &policy, &matches));
        let mut narrowed = only_rotations(plan);
        narrowed.plan = app
            .with_resolution(narrowed.plan, secrets.unresolved, reading)
            .await;
        Ok(PlannedRotation {
            planned: state.planned(narrowed.plan),
            deferred: narrowed.deferred,
            rotations: self.rotations,
            rotation,
            is_without_connectors: desired.connectors().next().is_none(),
        })
    }

    /// The policy that rotates every selected connector or, with `--resume`, those that the
    /// interrupted run did not rotate.
    fn policy(&self, matches: &Matches<'_>, desired: &Desired) -> Policy {
        let selected = Policy {
            targets: self.selected.clone(),
            // A rotation plans no adoption: connectors without a ledger entry are blocked.
            adopt: AdoptPolicy::Allow,
            ..Policy::default()
        };
        let rotate = match &self.resumed {
            None => desired
                .connectors()
                .map(|(address, _)| address)
                .filter(|address| selected.selects(address))
                .collect(),
            Some(rotation) => matches
                .recorded_connectors()
                .filter(|connector| rotation.before.contains(&connector.recorded.id))
                .map(|connector| connector.address())
                .filter(|address| selected.selects(address))
                .collect(),
        };
        Policy { rotate, ..selected }
    }
}

impl PlannedRotation {
    /// Fails if none of the selected connectors exists yet, because there is nothing to rotate.
    pub(crate) fn require_connectors(&self) -> Result<(), Failure> {
        let plan = &self.planned.plan;
        let creations = self
            .deferred
            .iter()
            .filter(|(address, action)| address.connector.is_some() && *action == Action::Create)
            .count();
        if plan.has_changes() || !plan.blocked.is_empty() {
            return Ok(());
        }
        if self.is_without_connectors {
            let message = "the files declare no connector, so there is nothing to rotate";
            return Err(Failure::usage("nothing_to_rotate", message)
                .hint("`airlift validate` counts what the files declare"));
        }
        if creations == 0 {
            return Ok(());
        }
        let message = "none of the selected connectors exists yet, so there is nothing to rotate";
        Err(Failure::usage("nothing_to_rotate", message)
            .hint("`airlift apply` creates them, with the present values of their secrets"))
    }

    /// Executes the plan in waves. The ledger keeps the rotation until it is complete.
    pub(crate) async fn execute(
        &mut self,
        app: &App<'_>,
        secrets: &ResolvedSecrets,
        args: &RotateArgs,
    ) -> Result<ApplyReport, Failure> {
        self.rotations.begin(self.rotation.clone()).await?;
        let waves = self.waves(secrets, args);
        let report = app
            .execute(
                &self.planned,
                secrets,
                args.execution,
                Strategy::Rotation(&waves),
            )
            .await?;
        if report.is_complete() {
            self.rotations.end(&self.rotation.selector).await?;
        }
        Ok(report)
    }

    fn waves(&self, secrets: &ResolvedSecrets, args: &RotateArgs) -> Waves {
        let lacks_secret = |operation: &Operation| {
            operation
                .sent_references()
                .into_iter()
                .any(|reference| secrets.missing.contains_key(reference))
        };
        Waves {
            sizes: args.waves.clone(),
            max_failures: args.max_failures,
            expected_failures: self
                .planned
                .plan
                .steps()
                .filter(|step| lacks_secret(&step.operation))
                .map(|step| step.address.clone())
                .collect(),
        }
    }
}

fn to_resume<'a>(
    rotations: &'a Rotations,
    selector: &BTreeSet<Selector>,
    args: &RotateArgs,
) -> Result<&'a UnfinishedRotation, Failure> {
    let is_named = !selector.is_empty() || args.all;
    match (rotations.open(), rotations.with_selector(selector)) {
        (_, Some(open)) if is_named => Ok(open),
        ([open], _) if !is_named => Ok(open),
        (open, _) => Err(not_resumable(open, is_named)),
    }
}

fn not_resumable(open: &[UnfinishedRotation], is_named: bool) -> Failure {
    let failure = |message: &str| Failure::usage("nothing_to_resume", message);
    if open.is_empty() {
        return failure("there is no unfinished rotation");
    }
    let ask = failure(if is_named {
        "no unfinished rotation is for this selection: repeat the selectors of the one to resume"
    } else {
        "several rotations are unfinished: repeat the selectors of the one to resume"
    });
    open.iter().map(unfinished_hint).fold(ask, Failure::hint)
}

fn unfinished_hint(rotation: &UnfinishedRotation) -> String {
    let names: Vec<String> = rotation.selector.iter().map(Selector::to_string).collect();
    let names = if names.is_empty() {
        "--all".to_owned()
    } else {
        names.join(" ")
    };
    format!("unfinished since {}: {names}", rotation.started_at)
}

fn new_rotation(
    selector: BTreeSet<Selector>,
    policy: &Policy,
    matches: &Matches<'_>,
) -> UnfinishedRotation {
    UnfinishedRotation {
        started_at: jiff::Timestamp::now().to_string(),
        before: matches
            .recorded_connectors()
            .filter(|connector| policy.selects(&connector.address()))
            .map(|connector| connector.recorded.id)
            .collect(),
        selector,
    }
}
