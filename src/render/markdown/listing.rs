//! Responsible for the rows of a plan's sections: complete in the least space, or grouped by the
//! same change.

use super::inert::code;
use crate::model::Address;
use crate::plan::{Action, Plan, Step};
use crate::render::Safe;
use crate::render::labels::{self, number};
use crate::render::view::fields::FieldView;
use crate::render::view::{Phrase, step};
use std::collections::BTreeMap;

/// Addresses that a group of equal changes names.
const NAMED: usize = 20;
/// The longest value of a field, in characters.
const LONGEST_VALUE: usize = 200;

/// Rows, each with the number of steps that it lists.
type Rows = Vec<(String, usize)>;
/// A form of listing steps.
type Form = fn(&[&Step]) -> Rows;

/// Every step, in the most detailed form that fits into `space` bytes, and how many did not fit in
/// any form.
pub(super) fn important(steps: &[&Step], space: usize) -> (String, usize) {
    let forms: [Form; 3] = [detailed, by_customer, by_names];
    let mut smallest = Vec::new();
    for form in forms {
        let rows = form(steps);
        if rows.iter().map(|(row, _)| row.len()).sum::<usize>() <= space {
            return (rows.into_iter().map(|(row, _)| row).collect(), 0);
        }
        smallest = rows;
    }
    let mut text = String::new();
    let mut shown = 0;
    for (row, count) in smallest {
        if text.len() + row.len() > space {
            break;
        }
        text += &row;
        shown += count;
    }
    (text, steps.len() - shown)
}

/// One row for each step, with its reasons and id.
fn detailed(steps: &[&Step]) -> Rows {
    let row = |step: &&Step| {
        let reasons: Vec<&str> = step.reasons.iter().copied().map(labels::reason).collect();
        let id = step::remote_id(&step.operation).unwrap_or_default();
        let row = format!(
            "- {} ({}), {} {}: {}\n",
            address(&step.address),
            code(step::kind(&step.operation)),
            labels::action(step.action),
            code(id),
            reasons.join("; ")
        );
        (row, 1)
    };
    steps.iter().map(row).collect()
}

/// One row for each customer.
fn by_customer(steps: &[&Step]) -> Rows {
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
fn by_names(steps: &[&Step]) -> Rows {
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

/// The objects of an action, one row for each customer.
pub(super) fn addresses(plan: &Plan, action: Action) -> Vec<String> {
    let steps: Vec<&Step> = plan.steps().filter(|step| step.action == action).collect();
    by_customer(&steps)
        .into_iter()
        .map(|(row, _)| row)
        .collect()
}

/// Changes in place, equal ones together, the most frequent first.
pub(super) fn by_change(plan: &Plan) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<&Address>> = BTreeMap::new();
    for step in plan.steps() {
        if matches!(step.action, Action::Update | Action::Rename) {
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
            "- the same change on {} objects: {change}\n  - {}{}\n",
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
    format!(
        "{} ({kind}) {}",
        labels::action(step.action),
        fields.join("; ")
    )
}

/// A difference on one line, cut at [`LONGEST_VALUE`].
fn value(phrase: &Phrase) -> String {
    let text = phrase.plain_text();
    match text.char_indices().nth(LONGEST_VALUE) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

fn address(address: &Address) -> String {
    code(Safe::address(address))
}
