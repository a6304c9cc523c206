//! Responsible for the view of one step of a plan: its object, its reasons and its execution.

use super::fields::FieldView;
use crate::plan::{Action, Operation, PlanWarning, Reason, Step};
use crate::render::{Label, Safe, labels, wording};

/// One step.
#[derive(Debug)]
pub(crate) struct StepView<'a> {
    /// The label of its action, which has the symbol.
    pub(crate) label: Label,
    pub(crate) address: Safe,
    /// `customer`, or the connector's type.
    pub(crate) kind: Safe,
    /// The most important first.
    pub(crate) reasons: Vec<ReasonView>,
    /// How the step is executed, if the symbol does not say it.
    pub(crate) execution: Option<Safe>,
    /// What a reviewer should check about the object that the step creates.
    pub(crate) warning: Option<WarningView>,
    pub(crate) fields: Vec<FieldView<'a>>,
}

/// A warning about one step.
#[derive(Debug)]
pub(crate) struct WarningView {
    pub(crate) problem: Safe,
    /// What to write if the step is not meant, one line each.
    pub(crate) advice: Vec<Safe>,
    /// The code that `airlift explain` knows.
    pub(crate) code: Safe,
}

impl WarningView {
    fn new(warning: &PlanWarning) -> Self {
        let worded = wording::plan_warning(warning);
        Self {
            problem: Safe::new(worded.problem),
            advice: worded.advice.into_iter().map(Safe::new).collect(),
            code: Safe::new(labels::code(warning.code())),
        }
    }
}

/// One reason of a step.
#[derive(Debug)]
pub(crate) struct ReasonView {
    pub(crate) text: &'static str,
    /// The code that `airlift explain` knows.
    pub(crate) code: Option<Safe>,
}

impl ReasonView {
    fn new(reason: Reason) -> Self {
        Self {
            text: labels::reason(reason),
            // A creation explains itself, and a first plan has thousands of them.
            code: (reason != Reason::MissingRemote).then(|| Safe::new(labels::code(reason))),
        }
    }
}

impl<'a> StepView<'a> {
    pub(crate) fn new(step: &'a Step, warning: Option<&PlanWarning>) -> Self {
        Self {
            label: Label::from_action(step.action),
            address: Safe::address(&step.address),
            kind: Safe::new(kind(&step.operation)),
            reasons: step.reasons.iter().copied().map(ReasonView::new).collect(),
            execution: execution(&step.operation).map(Safe::new),
            // A later step of a new customer has the same address.
            warning: warning
                .filter(|_| step.action == Action::Create)
                .map(WarningView::new),
            fields: FieldView::each(step.fields(), step.action),
        }
    }
}

/// `customer`, or the connector's type.
pub(crate) fn kind(operation: &Operation) -> &str {
    match operation {
        Operation::CreateCustomer { .. }
        | Operation::AdoptCustomer { .. }
        | Operation::UpdateCustomer { .. }
        | Operation::DeleteCustomer { .. } => "customer",
        Operation::CreateConnector { body }
        | Operation::AdoptConnector { body, .. }
        | Operation::UpdateConnector { body, .. }
        | Operation::ReplaceConnector { body, .. } => body.kind.as_str(),
        Operation::DeleteConnector { .. } => "connector",
    }
}

/// The id of the remote object, unless the step creates it.
pub(crate) fn remote_id(operation: &Operation) -> Option<String> {
    match operation {
        Operation::CreateCustomer { .. } | Operation::CreateConnector { .. } => None,
        Operation::UpdateCustomer { workspace_id, .. } => workspace_id.map(|id| id.to_string()),
        Operation::AdoptCustomer { workspace_id }
        | Operation::DeleteCustomer { workspace_id, .. } => Some(workspace_id.to_string()),
        Operation::AdoptConnector { id, .. }
        | Operation::UpdateConnector { id, .. }
        | Operation::ReplaceConnector { id, .. }
        | Operation::DeleteConnector { id } => Some(id.to_string()),
    }
}

fn execution(operation: &Operation) -> Option<String> {
    match operation {
        Operation::ReplaceConnector { id, .. } => Some(format!(
            "check the new credentials, create a replacement (new id), then delete {id}"
        )),
        Operation::DeleteConnector { id } => Some(format!("delete {id}")),
        Operation::DeleteCustomer { workspace_id, .. } => Some(format!(
            "delete workspace {workspace_id} with its connectors"
        )),
        Operation::UpdateCustomer {
            record_suspension: true,
            ..
        } => {
            Some("suspend the customer; nothing is lost (--delete-customers deletes it)".to_owned())
        }
        Operation::AdoptConnector { id, .. } => Some(format!("adopt {id}; nothing is sent")),
        Operation::AdoptCustomer { workspace_id } => {
            Some(format!("adopt {workspace_id}; nothing is sent"))
        }
        Operation::CreateCustomer { .. }
        | Operation::UpdateCustomer { .. }
        | Operation::CreateConnector { .. }
        | Operation::UpdateConnector { .. } => None,
    }
}
