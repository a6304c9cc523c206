//! Rules about names: what they may hold, and that no two things share one.

use super::super::code::Code;
use super::super::load::Parsed;
use super::super::source::{Findings, Place};
use super::super::visible::title;
use crate::model::is_invisible;
use std::collections::HashMap;

/// A declared name and where it stands.
struct Named<'s> {
    name: &'s str,
    previous: Option<&'s str>,
    place: Place<'s>,
}

/// What the messages call the things that are named, and the code of two with one name.
struct Nouns {
    one: &'static str,
    duplicate: Code,
}

const CUSTOMER: Nouns = Nouns {
    one: "customer",
    duplicate: Code::DuplicateCustomer,
};
const CONNECTOR: Nouns = Nouns {
    one: "connector",
    duplicate: Code::DuplicateConnector,
};

pub(super) fn check(files: &[Parsed], findings: &mut Findings) {
    let mut customers = Vec::new();
    for file in files {
        let places = file.source.root().key("customers").items();
        for shaped in &file.shaped.customers {
            let Some(place) = places.get(shaped.index).copied() else {
                continue;
            };
            let raw = &shaped.raw;
            customers.push(Named {
                name: &raw.name,
                previous: raw.previous_name.as_deref(),
                place,
            });
            let all = place.key("connectors").items();
            let connectors = raw.connectors.iter().flatten().zip(&shaped.connectors);
            let connectors = connectors.filter_map(|(raw, index)| {
                let place = all.get(*index).copied()?;
                Some(Named {
                    name: &raw.name,
                    previous: raw.previous_name.as_deref(),
                    place,
                })
            });
            distinct(&connectors.collect::<Vec<_>>(), &CONNECTOR, findings);
        }
    }
    for customer in customers
        .iter()
        .filter(|customer| customer.name.eq_ignore_ascii_case("default"))
    {
        let message =
            "a customer cannot be called `default`: every organization has that workspace";
        findings.at(
            customer.place.key("name"),
            Code::ReservedName,
            message,
            None,
        );
    }
    distinct(&customers, &CUSTOMER, findings);
}

fn distinct(all: &[Named<'_>], nouns: &Nouns, findings: &mut Findings) {
    let mut names: HashMap<&str, &Named<'_>> = HashMap::new();
    let mut folded: HashMap<String, &Named<'_>> = HashMap::new();
    for named in all {
        visible("name", named.name, named.place, findings);
        if let Some(previous) = named.previous {
            visible("previous_name", previous, named.place, findings);
        }
        let place = named.place.key("name");
        if let Some(first) = names.get(named.name) {
            let message = format!("{} {} {}", nouns.one, title(named.name), declared_at(first));
            findings.at(place, nouns.duplicate, message, None);
            continue;
        }
        names.insert(named.name, named);
        if let Some(first) = folded.insert(named.name.to_lowercase(), named) {
            let message = format!(
                "{} {} differs only in case from {}, which {}",
                nouns.one,
                title(named.name),
                title(first.name),
                declared_at(first)
            );
            findings.at(place, Code::SimilarName, message, None);
        }
    }
    renamed(all, &names, nouns, findings);
}

fn declared_at(first: &Named<'_>) -> String {
    format!(
        "is already declared at {}",
        first.place.key("name").location()
    )
}

fn renamed(
    all: &[Named<'_>],
    names: &HashMap<&str, &Named<'_>>,
    nouns: &Nouns,
    findings: &mut Findings,
) {
    let mut previous_names: HashMap<&str, &Named<'_>> = HashMap::new();
    for named in all {
        let Some(previous) = named.previous else {
            continue;
        };
        let clash = match (names.get(previous), previous_names.insert(previous, named)) {
            _ if previous == named.name => "is its own name".to_owned(),
            (Some(other), _) => {
                let place = other.place.key("name").location();
                format!("is the name of another {}, declared at {place}", nouns.one)
            }
            (None, Some(other)) => {
                let place = other.place.key("previous_name").location();
                format!("is also the previous name of the {} at {place}", nouns.one)
            }
            (None, None) => continue,
        };
        let message = format!("previous name {} {clash}", title(previous));
        findings.at(
            named.place.key("previous_name"),
            Code::PreviousNameClash,
            message,
            None,
        );
    }
}

/// Whether a person can see all of a name, and tell it from another.
fn visible(key: &str, name: &str, place: Place<'_>, findings: &mut Findings) {
    const LONGEST: usize = 255;
    let problem = if name.is_empty() {
        "is empty"
    } else if name.chars().count() > LONGEST {
        "has more than 255 characters"
    } else if name.chars().any(is_invisible) {
        "holds control, bidirectional or zero-width characters"
    } else if name.trim() != name {
        "begins or ends with a space"
    } else {
        return;
    };
    let message = format!("`{key}` {problem}");
    findings.at(place.key(key), Code::InvalidName, message, None);
}
