//! Responsible for the view of a plan: the steps of each customer, what is left alone, and the
//! counts.

use super::oauth_apps::oauth_apps;
use super::plan_summary::{MissingSecrets, forecast, is_long, summary};
use super::source_templates::source_templates;
use super::step::{self, StepView};
use super::unmanaged::unmanaged;
use super::unverified::unverified;
use super::waiting::waiting;
use super::{Group, Listing, Phrase, Row};
use crate::model::Address;
use crate::plan::{Action, Blocked, CustomerPlan, Plan, PlanWarning, Reason, Refusal, Step};
use crate::render::labels::{self, counted};
use crate::render::terminal::style::{SYMBOLS, Symbol};
use crate::render::wording;
use crate::render::{Label, Safe, Verbosity};
use std::collections::{BTreeMap, BTreeSet};

/// Warnings that are written below their steps before the rest is counted, unless `-v` is given.
const BELOW_STEPS: usize = 20;

/// A plan.
#[derive(Debug)]
pub(crate) struct PlanView<'a> {
    plan: &'a Plan,
    /// The warnings that are written below the steps that create an object.
    warnings: BTreeMap<&'a Address, &'a PlanWarning>,
    pub(crate) has_changes: bool,
    /// Adoptions, warnings, and what is left alone.
    pub(crate) groups: Vec<Group>,
    /// The symbols of the steps and groups.
    pub(crate) legend: Vec<Symbol>,
    /// The verdict, then the counts.
    pub(crate) summary: Vec<Phrase>,
}

/// One customer with its steps.
#[derive(Debug)]
pub(crate) struct CustomerView<'a> {
    pub(crate) name: Safe,
    pub(crate) workspace: Option<Safe>,
    pub(crate) protected: bool,
    pub(crate) steps: Vec<StepView<'a>>,
}

impl<'a> PlanView<'a> {
    pub(crate) fn new(plan: &'a Plan, verbosity: Verbosity, missing: MissingSecrets) -> Self {
        let has_changes = plan.has_changes();
        let waiting: BTreeSet<&Address> = plan
            .waiting
            .iter()
            .map(|waiting| &waiting.address)
            .collect();
        let about_creations = || {
            let warnings = plan.warnings.iter();
            let about = warnings.filter_map(|warning| Some((warning.created()?, warning)));
            about.filter(|(address, _)| !waiting.contains(address))
        };
        let written = if verbosity.lists_all() {
            usize::MAX
        } else {
            BELOW_STEPS
        };
        let shows_forecast = verbosity.lists_all() || is_long(plan);
        Self {
            plan,
            warnings: about_creations().take(written).collect(),
            has_changes,
            groups: groups(plan, &waiting, about_creations().skip(written).count()),
            legend: legend(plan),
            summary: summary(plan, missing)
                .into_iter()
                .chain(shows_forecast.then(|| forecast(plan)).flatten())
                .collect(),
        }
    }

    /// The customers with steps, those with the most severe impact first. Views are made one at a
    /// time, so that a plan of ten thousand customers needs the memory of one view.
    pub(crate) fn customers(&self) -> impl Iterator<Item = CustomerView<'a>> {
        let mut customers: Vec<&CustomerPlan> = self
            .plan
            .customers
            .iter()
            .filter(|customer| customer.steps.iter().any(is_change))
            .collect();
        customers.sort_by_cached_key(|customer| customer.steps.iter().map(Step::impact).min());
        customers
            .into_iter()
            .map(|customer| CustomerView::new(customer, &self.warnings))
    }
}

impl<'a> CustomerView<'a> {
    fn new(customer: &'a CustomerPlan, warnings: &BTreeMap<&'a Address, &'a PlanWarning>) -> Self {
        Self {
            name: Safe::name(&customer.name),
            workspace: customer.workspace_id.map(Safe::new),
            protected: customer.protect.is_some(),
            steps: customer
                .steps
                .iter()
                .filter(|step| is_change(step))
                .map(|step| StepView::new(step, warnings.get(&step.address).copied()))
                .collect(),
        }
    }
}

/// Whether apply would execute a plan.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Applyable {
    Yes,
    No,
    /// The steps send secrets, and the run did not read them.
    Unknown,
}

impl Applyable {
    pub(crate) fn from_plan(plan: &Plan) -> Self {
        if !plan.has_changes() || !plan.refusals.is_empty() || plan.lacks_secrets() {
            Self::No
        } else if plan.sends_unread_secrets() {
            Self::Unknown
        } else {
            Self::Yes
        }
    }
}

/// Whether a step belongs to its customer's list; adoptions have a group of their own.
fn is_change(step: &Step) -> bool {
    step.action != Action::Adopt
}

/// The groups of a plan. `unwritten` counts the warnings that are not written below their steps.
fn groups(plan: &Plan, waiting_for: &BTreeSet<&Address>, unwritten: usize) -> Vec<Group> {
    source_templates(&plan.source_templates)
        .into_iter()
        .chain(oauth_apps(&plan.oauth_apps))
        .chain(adopted(plan))
        .chain(warnings(&plan.warnings, waiting_for, unwritten))
        .chain(blocked(&plan.blocked, "cannot be planned; left alone"))
        .chain(unverified(&plan.unverified))
        .chain(waiting(&plan.waiting))
        .chain(unmanaged(&plan.unmanaged))
        .chain(refused(&plan.refusals))
        .collect()
}

fn adopted(plan: &Plan) -> Option<Group> {
    let rows: Vec<Row> = plan
        .steps()
        .filter(|step| !is_change(step))
        .map(|step| {
            let id = step::remote_id(&step.operation).unwrap_or_default();
            let kind = step::kind(&step.operation);
            Row::new(Phrase::plain(Safe::new(format_args!(
                "{} ({kind}) {id}",
                Safe::address(&step.address)
            ))))
        })
        .collect();
    (!rows.is_empty()).then(|| Group {
        symbol: Some(Label::from_action(Action::Adopt)),
        label: Label::Strong,
        title: "Adopt",
        count: Some(counted(rows.len(), "object")),
        meaning: "exists and is not in the ledger; will be recorded as managed by airlift",
        code: Some(Safe::new(labels::code(Reason::FoundByName))),
        rows,
        listing: Listing::All,
    })
}

/// The warnings that no step has below it: about the run, and about connectors that wait for a consent.
fn warnings(
    warnings: &[PlanWarning],
    waiting: &BTreeSet<&Address>,
    unwritten: usize,
) -> Option<Group> {
    let more = (unwritten > 0).then(|| {
        Row::new(Phrase::plain(Safe::new(format_args!(
            "{} of new objects; -v writes each below its step",
            counted(unwritten, "more warning")
        ))))
    });
    let is_below_step = |warning: &&PlanWarning| {
        let address = warning.created();
        address.is_some_and(|address| !waiting.contains(address))
    };
    let others = warnings
        .iter()
        .filter(|warning| !is_below_step(warning))
        .map(|warning| {
            let code = labels::code(warning.code());
            let mut text = Phrase::new(Label::Warning, Safe::new(&code)).text(": ");
            if let Some(address) = warning.created() {
                text = text.text(Safe::new(format_args!("{}: ", Safe::address(address))));
            }
            let text = text.text(Safe::new(wording::plan_warning(warning).text()));
            Row::new(text).with_cause(code)
        });
    let rows: Vec<Row> = more.into_iter().chain(others).collect();
    (!rows.is_empty()).then_some(Group {
        symbol: None,
        label: Label::Warning,
        title: "Warnings",
        count: None,
        meaning: "check before you apply",
        code: None,
        rows,
        listing: Listing::FirstOfEachCause,
    })
}

pub(in crate::render) fn blocked(blocked: &[Blocked], meaning: &'static str) -> Option<Group> {
    let rows: Vec<Row> = blocked
        .iter()
        .map(|entry| {
            let code = labels::code(entry.code());
            let detail = wording::block_cause(&entry.reason);
            let address = Safe::address(&entry.address);
            let more = wording::block_detail(entry);
            let more = more.map(|more| format!(": {more}")).unwrap_or_default();
            Row {
                text: Phrase::plain(Safe::new(format_args!("{address} [{code}]{more}"))),
                detail: Some(Safe::new(&detail)),
                cause: Some(detail),
            }
        })
        .collect();
    (!rows.is_empty()).then_some(Group {
        symbol: None,
        label: Label::Error,
        title: "Blocked",
        count: None,
        meaning,
        code: None,
        rows,
        listing: Listing::FirstOfEachCause,
    })
}

fn refused(refusals: &[Refusal]) -> Option<Group> {
    let rows: Vec<Row> = refusals
        .iter()
        .map(|refusal| {
            let code = Safe::new(labels::code(refusal.code()));
            let text = Phrase::new(Label::Error, code).text(": ");
            Row::new(text.text(Safe::new(wording::refused(refusal))))
        })
        .collect();
    (!rows.is_empty()).then_some(Group {
        symbol: None,
        label: Label::Error,
        title: "Refused",
        count: None,
        meaning: "a guard forbids applying this plan",
        code: None,
        rows,
        listing: Listing::All,
    })
}

fn legend(plan: &Plan) -> Vec<Symbol> {
    let present: BTreeSet<&str> = plan
        .steps()
        .map(|step| Label::from_action(step.action).symbol())
        .collect();
    let is_present = |symbol: &Symbol| match symbol.label {
        Label::Unverified => !plan.unverified.is_empty(),
        Label::Waiting => !plan.waiting.is_empty(),
        _ => present.contains(symbol.text),
    };
    SYMBOLS.into_iter().filter(is_present).collect()
}
