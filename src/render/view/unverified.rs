//! Responsible for the view of secrets that could not be compared or resolved, grouped by cause.

use super::{Group, Listing, Phrase, Row};
use crate::plan::{SecretNeed, Unverified, UnverifiedSecret};
use crate::render::labels::{self, counted};
use crate::render::{Label, Safe};
use std::collections::{BTreeMap, BTreeSet};

/// One group for each cause. Secrets that a step sends come first, because they stop apply.
pub(super) fn unverified(unverified: &[Unverified]) -> Vec<Group> {
    let mut by_cause: BTreeMap<_, Vec<&Unverified>> = BTreeMap::new();
    for entry in unverified {
        by_cause
            .entry((entry.need, entry.why, entry.cause))
            .or_default()
            .push(entry);
    }
    by_cause
        .values()
        .filter_map(|entries| group_of_cause(entries))
        .collect()
}

fn group_of_cause(entries: &[&Unverified]) -> Option<Group> {
    let first = entries.first()?;
    let (meaning, code) = match (first.cause, first.need) {
        (Some(cause), SecretNeed::ToSend) => (labels::needed(cause), labels::code(cause)),
        (Some(cause), SecretNeed::ToCompare) => (labels::unresolved(cause), labels::code(cause)),
        (None, _) => (labels::unverified(first.why), labels::code(first.why)),
    };
    let rows: Vec<Row> = entries.iter().map(|entry| unverified_row(entry)).collect();
    Some(Group {
        symbol: Some(Label::Unverified),
        label: Label::Strong,
        title: "Not verified",
        count: Some(counted(rows.len(), "connector")),
        meaning,
        code: Some(Safe::new(code)),
        rows,
        listing: Listing::First,
    })
}

/// A connector with the paths of its secrets. The second line has the references and their problems.
fn unverified_row(entry: &Unverified) -> Row {
    let paths: Vec<&str> = entry
        .secrets
        .iter()
        .map(|secret| secret.path.as_str())
        .collect();
    let address = Safe::address(&entry.address);
    let problems: BTreeSet<String> = entry.secrets.iter().filter_map(problem).collect();
    let problems: Vec<String> = problems.into_iter().collect();
    let text = Safe::new(format_args!("{address}: {}", paths.join(", ")));
    Row {
        detail: (!problems.is_empty()).then(|| Safe::new(problems.join("; "))),
        ..Row::new(Phrase::plain(text))
    }
}

fn problem(secret: &UnverifiedSecret) -> Option<String> {
    let reference = secret.reference.as_ref()?;
    Some(format!("{reference}: {}", secret.problem.as_ref()?))
}
