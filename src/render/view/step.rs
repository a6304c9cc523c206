//! Responsible for one step of a plan: what it concerns, how it is carried out, and why.

use super::fields::FieldView;
use crate::plan::{Operation, Step};
use crate::render::{Label, Safe, labels};

/// One step.
#[derive(Debug)]
pub(crate) struct StepView<'a> {
    /// The label of its action, which has the symbol.
    pub(crate) label: Label,
    pub(crate) address: Safe,
    /// `customer`, or the connector's type.
    pub(crate) kind: Safe,
    /// Most telling first.
    pub(crate) reasons: Vec<&'static str>,
    /// How it is carried out, where the symbol does not say all.
    pub(crate) execution: Option<Safe>,
    pub(crate) fields: Vec<FieldView<'a>>,
}

impl<'a> StepView<'a> {
    pub(crate) fn new(step: &'a Step) -> Self {
        Self {
            label: Label::of(step.action),
            address: Safe::new(&step.address),
            kind: Safe::new(kind(&step.operation)),
            reasons: step.reasons.iter().copied().map(labels::reason).collect(),
            execution: execution(&step.operation).map(Safe::new),
            fields: FieldView::each(&step.changes, step.action),
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

/// The remote object as it is now, unless it has yet to be created.
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
        Operation::ReplaceConnector { id, .. } => {
            Some(format!("check, create anew, then delete {id}"))
        }
        Operation::DeleteConnector { id } => Some(format!("delete {id}")),
        Operation::DeleteCustomer { workspace_id, .. } => {
            Some(format!("delete workspace {workspace_id} and all it holds"))
        }
        Operation::UpdateCustomer {
            record_suspension: true,
            ..
        } => Some("suspend it; nothing is lost, --delete-customers deletes it".to_owned()),
        Operation::AdoptConnector { id, .. } => Some(format!("take over {id}; nothing is written")),
        Operation::AdoptCustomer { workspace_id } => {
            Some(format!("take over {workspace_id}; nothing is written"))
        }
        Operation::CreateCustomer { .. }
        | Operation::UpdateCustomer { .. }
        | Operation::CreateConnector { .. }
        | Operation::UpdateConnector { .. } => None,
    }
}
