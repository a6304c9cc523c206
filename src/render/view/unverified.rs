//! Responsible for the view of secrets that could not be compared or resolved, grouped by cause.

use super::{Group, Listing, Phrase, Row};
use crate::model::Address;
use crate::plan::{SecretNeed, Unverified};
use crate::render::labels::{self, counted};
use crate::render::{Label, Safe};
use std::collections::BTreeMap;

/// The number of secrets that a line about a reference names.
const NAMED_SECRETS: usize = 3;

/// One group for each cause. Secrets that a step sends come first, because they stop apply.
pub(in crate::render) fn unverified(unverified: &[Unverified]) -> Vec<Group> {
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
    let unresolved = by_reference(entries);
    Some(Group {
        symbol: Some(Label::Unverified),
        label: Label::Strong,
        title: "Not verified",
        count: Some(counted(entries.len(), "connector")),
        meaning,
        code: Some(Safe::new(code)),
        rows: if unresolved.is_empty() {
            entries.iter().map(|entry| unverified_row(entry)).collect()
        } else {
            unresolved.iter().map(reference_row).collect()
        },
        listing: Listing::FirstOfEachCause,
    })
}

/// The secrets of each reference with its problem, in the order of the references.
type ByReference<'a> = BTreeMap<(String, &'a str), Vec<(&'a Address, &'a str)>>;

fn by_reference<'a>(entries: &[&'a Unverified]) -> ByReference<'a> {
    let mut secrets = ByReference::new();
    for entry in entries {
        for secret in &entry.secrets {
            if let (Some(reference), Some(problem)) = (&secret.reference, &secret.problem) {
                secrets
                    .entry((reference.to_string(), problem))
                    .or_default()
                    .push((&entry.address, &secret.path));
            }
        }
    }
    secrets
}

/// A reference with its problem. The second line has the first secrets that use it.
fn reference_row(
    ((reference, problem), secrets): (&(String, &str), &Vec<(&Address, &str)>),
) -> Row {
    let named = secrets.iter().take(NAMED_SECRETS);
    let mut named: Vec<String> = named
        .map(|(address, path)| format!("{}: {path}", Safe::address(address)))
        .collect();
    let more = secrets.len() - named.len();
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    let text = Safe::new(format_args!("{reference}: {problem}"));
    Row {
        detail: Some(Safe::new(named.join("; "))),
        ..Row::new(Phrase::plain(text)).with_cause((*problem).to_owned())
    }
}

/// A connector with the paths of its secrets.
fn unverified_row(entry: &Unverified) -> Row {
    let paths: Vec<&str> = entry
        .secrets
        .iter()
        .map(|secret| secret.path.as_str())
        .collect();
    let address = Safe::address(&entry.address);
    let text = Safe::new(format_args!("{address}: {}", paths.join(", ")));
    Row::new(Phrase::plain(text))
}
