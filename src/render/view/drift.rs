//! Responsible for the view of a drift: the counts, and the changes of each customer.

use super::fields::FieldView;
use super::{Group, Listing, Phrase, Row};
use crate::catalog;
use crate::plan::{Action, Drift, DriftKind, DriftSubject, DriftSummary, Drifted, DriftedCustomer};
use crate::render::labels::{self, counted};
use crate::render::{Label, Safe, wording};

/// A drift.
#[derive(Debug)]
pub(crate) struct DriftView<'a> {
    drift: &'a Drift,
    /// The verdict, then the number of customers compared.
    pub(crate) summary: Vec<Phrase>,
    /// Customers that airlift does not manage.
    pub(crate) unmanaged: Option<Group>,
    /// Customers that were not compared.
    pub(crate) blocked: Option<Group>,
}

/// One customer with its changes.
#[derive(Debug)]
pub(crate) struct DriftedCustomerView<'a> {
    pub(crate) name: Safe,
    pub(crate) workspace: Safe,
    pub(crate) changes: Vec<DriftedView<'a>>,
}

/// One change.
#[derive(Debug)]
pub(crate) struct DriftedView<'a> {
    /// The label of the kind of change, which has the symbol.
    pub(crate) label: Label,
    pub(crate) address: Safe,
    /// `customer`, or the connector's type.
    pub(crate) kind: Safe,
    /// The kind of change as words.
    pub(crate) change: &'static str,
    /// The code that `airlift explain` knows.
    pub(crate) code: Option<Safe>,
    /// The id of a connector that appeared.
    pub(crate) id: Option<Safe>,
    pub(crate) fields: Vec<FieldView<'a>>,
}

impl<'a> DriftView<'a> {
    pub(crate) fn new(drift: &'a Drift) -> Self {
        Self {
            drift,
            summary: summary(drift),
            unmanaged: unmanaged(&drift.unmanaged),
            blocked: super::plan::blocked(&drift.blocked, "not compared; changes are not known"),
        }
    }

    /// The customers with changes.
    pub(crate) fn customers(&self) -> impl Iterator<Item = DriftedCustomerView<'a>> {
        self.drift.customers.iter().map(DriftedCustomerView::new)
    }
}

impl<'a> DriftedCustomerView<'a> {
    fn new(customer: &'a DriftedCustomer) -> Self {
        Self {
            name: Safe::name(&customer.name),
            workspace: Safe::new(customer.workspace_id),
            changes: customer.changes.iter().map(DriftedView::new).collect(),
        }
    }
}

impl<'a> DriftedView<'a> {
    fn new(drifted: &'a Drifted) -> Self {
        Self {
            label: label(drifted.kind),
            address: Safe::address(&drifted.address),
            kind: Safe::new(kind(drifted.subject)),
            change: labels::drift(drifted.kind),
            // `gone` is its own code.
            code: (drifted.kind != DriftKind::Gone).then(|| Safe::new(labels::code(drifted.kind))),
            id: (drifted.kind == DriftKind::Appeared).then(|| Safe::new(drifted.subject.id())),
            fields: FieldView::each(drifted.fields.as_slice().into(), Action::Update),
        }
    }
}

/// `customer`, or the connector's type.
pub(crate) fn kind(subject: DriftSubject) -> String {
    match subject {
        DriftSubject::Customer(_) => "customer".to_owned(),
        DriftSubject::Connector(_, definition) => {
            let id = definition.to_string();
            catalog::find(&id).map_or(id, |known| known.name.clone())
        }
    }
}

fn label(kind: DriftKind) -> Label {
    match kind {
        DriftKind::Gone => Label::Delete,
        DriftKind::RenamedRemotely => Label::Rename,
        DriftKind::ChangedRemotely => Label::Update,
        DriftKind::Appeared => Label::Create,
    }
}

fn unmanaged(customers: &[String]) -> Option<Group> {
    (!customers.is_empty()).then(|| Group {
        symbol: None,
        label: Label::Strong,
        title: "Unmanaged",
        count: Some(counted(customers.len(), "customer")),
        meaning: "not created by airlift; left alone",
        code: None,
        rows: Row::names(customers),
        listing: Listing::None,
    })
}

fn summary(drift: &Drift) -> Vec<Phrase> {
    let DriftSummary {
        customers,
        connectors,
        compared,
        connectors_compared,
    } = drift.summary;
    let is_complete = drift.blocked.is_empty();
    let verdict = if drift.has_changes() {
        let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let objects = wording::objects(count(customers), count(connectors));
        let text = format_args!("Drift: {objects} changed out of band.");
        Phrase::new(Label::Strong, Safe::new(text))
    } else if compared == 0 && !is_complete {
        Phrase::new(Label::Strong, "Drift is not known.")
    } else {
        Phrase::new(Label::Good, "No drift.")
    };
    let compared = match compared {
        0 if !is_complete => "No customer could be compared.".to_owned(),
        0 => "The ledger holds no customer yet.".to_owned(),
        _ if drift.partial && !drift.has_changes() => match connectors_compared {
            0 => format!("Compared: {}.", number(compared, "selected customer")),
            1 => "The selected connector matches the last apply.".to_owned(),
            n => format!("The {n} selected connectors match the last apply."),
        },
        1 if !drift.has_changes() => "1 customer matches the last apply.".to_owned(),
        n if !drift.has_changes() && is_complete => {
            format!("All {n} customers match the last apply.")
        }
        n if !drift.has_changes() => format!("{n} customers match the last apply."),
        n => format!("Compared: {}.", number(n, "customer")),
    };
    let partial = drift
        .partial
        .then(|| Phrase::plain("Partial: the rest of the ledger was left out."));
    [verdict, Phrase::plain(Safe::new(compared))]
        .into_iter()
        .chain(partial)
        .collect()
}

fn number(count: u64, noun: &str) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), noun)
}
