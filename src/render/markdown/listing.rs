//! Responsible for the rows of a plan's sections: complete in the least space, or grouped by the
//! same change.

use super::inert::code;
use super::sections::{Rows, is_suspension};
use crate::model::Address;
use crate::plan::{Action, BlockReason, Plan, Reason, Step};
use crate::render::labels::{self, number};
use crate::render::view::fields::FieldView;
use crate::render::view::{Phrase, step};
use crate::render::{Safe, wording};
use std::collections::BTreeMap;

/// Addresses that a group of equal changes names.
const NAMED: usize = 20;
/// Customers in a row of new objects, so that a row that does not fit leaves out few.
const CUSTOMERS_IN_A_ROW: usize = 100;
/// The longest value of a field, in characters.
const LONGEST_VALUE: usize = 200;

/// One row for each customer.
pub(super) fn by_customer(steps: &[&Step]) -> Rows {
    let rows = names_by_customer(steps).into_iter();
    rows.map(|(customer, names)| {
        (
            format!("- {}{}\n", code(customer), list(&names)),
            names.len(),
        )
    })
    .collect()
}

/// One row for customers whose connectors have the same names.
pub(super) fn by_names(steps: &[&Step]) -> Rows {
    let mut equal: BTreeMap<Vec<Option<&str>>, Vec<&str>> = BTreeMap::new();
    for (customer, names) in names_by_customer(steps) {
        equal.entry(names).or_default().push(customer);
    }
    let rows = equal.into_iter();
    rows.map(|(names, customers)| {
        let spans: Vec<String> = customers.iter().map(code).collect();
        let row = format!("- {}{}\n", spans.join(" "), list(&names));
        (row, customers.len() * names.len())
    })
    .collect()
}

fn names_by_customer<'a>(steps: &[&'a Step]) -> BTreeMap<&'a str, Vec<Option<&'a str>>> {
    let mut names: BTreeMap<&str, Vec<Option<&str>>> = BTreeMap::new();
    for step in steps {
        let Address {
            customer,
            connector,
        } = &step.address;
        let names = names.entry(customer).or_default();
        names.push(connector.as_deref());
    }
    names
}

/// The connectors of a row; the customer itself has no name.
fn list(names: &[Option<&str>]) -> String {
    let spans: Vec<String> = names
        .iter()
        .map(|name| name.map_or_else(|| "itself".to_owned(), code))
        .collect();
    format!(": {}", spans.join(" "))
}

/// New objects, one row for each customer, with the references of the secrets that are sent.
pub(super) fn created(plan: &Plan) -> Vec<String> {
    let customers = plan.customers.iter();
    customers
        .filter_map(|customer| {
            let steps = customer.steps.iter();
            let created: Vec<String> = steps
                .filter(|step| step.action == Action::Create)
                .map(|step| {
                    let name = step.address.connector.as_ref();
                    let name = name.map_or_else(|| "itself".to_owned(), code);
                    let kind = code(step::kind(&step.operation));
                    format!("{name} ({kind}){}{}", lost(step), fields(step))
                })
                .collect();
            (!created.is_empty())
                .then(|| format!("- {}: {}\n", code(&customer.name), created.join(", ")))
        })
        .collect()
}

/// New objects without their fields: a row has up to a hundred customers whose connectors have the same names.
pub(super) fn created_names(plan: &Plan) -> Vec<String> {
    let is_new = |step: &&Step| step.action == Action::Create;
    let parts = plan.customers.chunks(CUSTOMERS_IN_A_ROW);
    parts
        .flat_map(|part| {
            let steps = part.iter().flat_map(|customer| &customer.steps);
            by_names(&steps.filter(is_new).collect::<Vec<_>>())
        })
        .map(|(row, _)| row)
        .collect()
}

/// Why an object is created again.
fn lost(step: &Step) -> String {
    let reasons = step.reasons.iter().copied();
    reasons
        .filter(|reason| *reason != Reason::MissingRemote)
        .flat_map(|reason| [", ", labels::reason(reason)])
        .collect()
}

/// The fields of a step, with the references of the secrets that it sends.
pub(super) fn fields(step: &Step) -> String {
    let fields = FieldView::each(step.fields(), step.action).into_iter();
    fields
        .flat_map(|field| {
            let (path, value) = (code(&field.path), code(value(&field.value)));
            ["; ".to_owned(), path, " ".to_owned(), value]
        })
        .collect()
}

/// Objects that are added to the ledger.
pub(super) fn adopted(plan: &Plan) -> Vec<String> {
    let steps = plan.steps().filter(|step| step.action == Action::Adopt);
    steps
        .map(|step| {
            let id = step::remote_id(&step.operation).unwrap_or_default();
            format!("- {} {}\n", address(&step.address), code(id))
        })
        .collect()
}

/// What the plan leaves alone because it cannot be planned, equal causes together.
pub(super) fn blocked(plan: &Plan) -> Vec<String> {
    let mut causes: BTreeMap<(String, String), Vec<&Address>> = BTreeMap::new();
    for blocked in &plan.blocked {
        let cause = match &blocked.reason {
            reason @ BlockReason::LedgerUnverified { .. } => wording::block_cause(reason),
            reason => wording::blocked(reason),
        };
        let cause = (labels::code(blocked.code()), cause);
        causes.entry(cause).or_default().push(&blocked.address);
    }
    causes
        .into_iter()
        .map(|((code_name, cause), addresses)| {
            let cause = format!("{} {}", code(code_name), code(cause));
            row(&cause, &addresses)
        })
        .collect()
}

/// What a reviewer should check.
pub(super) fn warnings(plan: &Plan) -> Vec<String> {
    plan.warnings
        .iter()
        .map(|warning| {
            let place = warning.address().map(|at| format!("{}: ", address(at)));
            format!(
                "- {}{} {}\n",
                place.unwrap_or_default(),
                code(labels::code(warning.code())),
                code(wording::plan_warning(warning).text())
            )
        })
        .collect()
}

/// Changes in place, equal ones together, the most frequent first.
pub(super) fn by_change(plan: &Plan) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<&Address>> = BTreeMap::new();
    for step in plan.steps() {
        if matches!(step.action, Action::Update | Action::Rename) && !is_suspension(step) {
            groups.entry(change(step)).or_default().push(&step.address);
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, addresses)| std::cmp::Reverse(addresses.len()));
    groups
        .into_iter()
        .map(|(change, addresses)| row(&change, &addresses))
        .collect()
}

fn row(change: &str, addresses: &[&Address]) -> String {
    let named: Vec<String> = addresses.iter().take(NAMED).map(|at| address(at)).collect();
    match addresses {
        [single] => format!("- {}: {change}\n", address(single)),
        _ => format!(
            "- the same on {} objects: {change}\n  - {}{}\n",
            number(addresses.len()),
            named.join(" "),
            match addresses.len() - named.len() {
                0 => String::new(),
                more => format!(" and {} more", number(more)),
            }
        ),
    }
}

fn change(step: &Step) -> String {
    let fields = FieldView::each(step.fields(), step.action).into_iter();
    let fields: Vec<String> = fields
        .map(|field| format!("{} {}", code(&field.path), code(value(&field.value))))
        .collect();
    let kind = code(step::kind(&step.operation));
    let reasons = step.reasons.iter().copied();
    let reasons: String = reasons
        .filter(|reason| *reason != Reason::FieldChanged)
        .flat_map(|reason| [", ", labels::reason(reason)])
        .collect();
    let action = labels::action(step.action);
    format!("{action} ({kind}) {}{reasons}", fields.join("; "))
}

/// A difference on one line, cut at [`LONGEST_VALUE`].
fn value(phrase: &Phrase) -> String {
    let text = phrase.plain_text();
    match text.char_indices().nth(LONGEST_VALUE) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

pub(super) fn address(address: &Address) -> String {
    code(Safe::address(address))
}
