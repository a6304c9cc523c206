//! Responsible for the rows of the table: one for each step, each change by others, or each operation.

use super::page::Row;
use crate::apply::{ApplyReport, OauthAppReport, OperationReport, StepProblem};
use crate::model::FailedRequest;
use crate::plan::{Action, Drift, OauthAppAction, Plan, PlanWarning, Step};
use crate::render::view::drift::{DriftView, DriftedView};
use crate::render::view::fields::{DiffLine, FieldView};
use crate::render::view::oauth_apps;
use crate::render::view::step::{self, StepView};
use crate::render::{Label, Safe, labels, wording};
use std::collections::BTreeMap;

/// The steps of a plan.
pub(super) fn of_plan(plan: &Plan) -> Vec<Row> {
    let warnings = plan.warnings.iter();
    let created: BTreeMap<_, _> = warnings
        .filter_map(|warning| Some((warning.created()?, warning)))
        .collect();
    plan.steps()
        .map(|step| of_step(step, created.get(&step.address).copied()))
        .collect()
}

fn of_step(step: &Step, warning: Option<&PlanWarning>) -> Row {
    let view = StepView::new(step, warning);
    let reasons: Vec<String> = view.reasons.iter().map(reason).collect();
    let warning = view.warning.iter().map(|warning| {
        let name = format!("warning {}", warning.code);
        (name, warning.problem.to_string())
    });
    let execution = view
        .execution
        .iter()
        .map(|text| ("execution".to_owned(), text.to_string()));
    let id = step::remote_id(&step.operation).map(|id| ("id".to_owned(), id));
    Row {
        symbol: view.label.symbol(),
        class: class(step.action),
        action: labels::action(step.action),
        outcome: None,
        address: view.address.to_string(),
        customer: Safe::name(&step.address.customer).to_string(),
        kind: view.kind.to_string(),
        why: reasons.join("; "),
        fields: warning
            .chain(execution)
            .chain(id)
            .chain(view.fields.iter().map(field))
            .collect(),
    }
}

fn reason(reason: &step::ReasonView) -> String {
    match &reason.code {
        None => reason.text.to_owned(),
        Some(code) => format!("{} [{code}]", reason.text),
    }
}

/// What others changed.
pub(super) fn of_drift(drift: &Drift) -> Vec<Row> {
    DriftView::new(drift)
        .customers()
        .flat_map(|customer| {
            let rows = customer.changes.iter();
            rows.map(|change| of_drifted(&customer.name, change))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn of_drifted(customer: &Safe, change: &DriftedView<'_>) -> Row {
    let id = change.id.iter().map(|id| ("id".to_owned(), id.to_string()));
    Row {
        symbol: change.label.symbol(),
        class: match change.label {
            Label::Delete => class(Action::Delete),
            Label::Create => class(Action::Create),
            _ => class(Action::Update),
        },
        action: change.change,
        outcome: None,
        address: change.address.to_string(),
        customer: customer.to_string(),
        kind: change.kind.to_string(),
        why: change
            .code
            .as_ref()
            .map(|code| format!("[{code}]"))
            .unwrap_or_default(),
        fields: id.chain(change.fields.iter().map(field)).collect(),
    }
}

/// The operations of a run.
pub(super) fn of_report(report: &ApplyReport) -> Vec<Row> {
    let apps = report.oauth_apps.iter().map(of_oauth_app);
    apps.chain(report.operations.iter().map(of_operation))
        .collect()
}

fn of_oauth_app(app: &OauthAppReport) -> Row {
    Row {
        symbol: oauth_apps::label(app.action).symbol(),
        class: class(match app.action {
            OauthAppAction::Set => Action::Create,
            OauthAppAction::Change => Action::Update,
            OauthAppAction::Remove => Action::Delete,
        }),
        action: oauth_apps::word(app.action),
        outcome: Some(labels::outcome(app.outcome)),
        address: oauth_apps::name(&app.kind).to_string(),
        customer: String::new(),
        kind: "oauth_app".to_owned(),
        why: app.problem.as_ref().map(why).unwrap_or_default(),
        fields: app.request.iter().map(request).collect(),
    }
}

fn of_operation(operation: &OperationReport) -> Row {
    let warnings = operation.warnings.iter().map(|warning| {
        let text = Safe::new(wording::warning(warning));
        ("warning".to_owned(), text.to_string())
    });
    let id = operation.remote_id.iter();
    Row {
        symbol: Label::from_action(operation.action).symbol(),
        class: class(operation.action),
        action: labels::action(operation.action),
        outcome: Some(labels::outcome(operation.outcome)),
        address: Safe::address(&operation.address).to_string(),
        customer: Safe::name(&operation.address.customer).to_string(),
        kind: if operation.address.connector.is_some() {
            "connector".to_owned()
        } else {
            "customer".to_owned()
        },
        why: operation.problem.as_ref().map(why).unwrap_or_default(),
        fields: id
            .map(|id| ("id".to_owned(), Safe::new(id).to_string()))
            .chain(warnings)
            .chain(operation.request.iter().map(request))
            .collect(),
    }
}

fn why(problem: &StepProblem) -> String {
    let text = wording::problem(problem);
    Safe::new(format_args!("{text} [{}]", labels::problem(problem))).to_string()
}

fn request(request: &FailedRequest) -> (String, String) {
    let status = request
        .status
        .map_or("no response".to_owned(), |status| status.to_string());
    let id = request.request_id.as_deref().unwrap_or("without an id");
    let text = format_args!(
        "{}, {status}, {id}, attempts: {}",
        request.operation, request.attempts
    );
    ("request".to_owned(), Safe::new(text).to_string())
}

fn field(field: &FieldView<'_>) -> (String, String) {
    let value = match field.multiline.then(|| field.diff()).flatten() {
        None => field.value.plain_text(),
        Some(lines) => lines.iter().map(diff_line).collect::<Vec<_>>().join("\n"),
    };
    (field.path.to_string(), value)
}

fn diff_line(line: &DiffLine) -> String {
    match line {
        DiffLine::Omitted => "  ...".to_owned(),
        DiffLine::Shown(text) => text.plain_text(),
    }
}

fn class(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update | Action::Rename => "update",
        Action::Adopt => "neutral",
        Action::Rotate => "rotate",
        Action::Replace => "replace",
        Action::Delete => "delete",
    }
}
