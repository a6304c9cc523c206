//! Responsible for names: what they may hold, and that no two things share one.
//!
//! Keeps the position of a name, not its place in a tree: the names of all files are compared, and
//! one tree at a time is in memory.

use crate::config::code::Code;
use crate::config::findings::{Findings, Spot};
use crate::config::origin::{Origin, Position};
use crate::config::redaction::title;
use crate::model::is_invisible;
use std::collections::HashMap;

/// What messages call the things that are named, and the code of two with one name.
#[derive(Debug)]
pub(in crate::config) struct Nouns {
    one: &'static str,
    duplicate: Code,
}

pub(in crate::config) const CUSTOMER: Nouns = Nouns {
    one: "customer",
    duplicate: Code::DuplicateCustomer,
};
pub(super) const CONNECTOR: Nouns = Nouns {
    one: "connector",
    duplicate: Code::DuplicateConnector,
};

/// The names of one kind of thing, as far as they are declared.
#[derive(Debug)]
pub(in crate::config) struct Names {
    nouns: &'static Nouns,
    /// By lower case: the names that differ in case only, in the order of their declaration.
    declared: HashMap<Box<str>, Vec<Declared>>,
    renamed: Vec<Renamed>,
}

/// A name and its position.
#[derive(Debug)]
struct Declared {
    name: Box<str>,
    position: Position,
}

/// A previous name and its position.
#[derive(Debug)]
struct Renamed {
    name: String,
    previous: String,
    position: Position,
    spot: Spot,
}

impl Names {
    pub(in crate::config) fn new(nouns: &'static Nouns) -> Self {
        Self {
            nouns,
            declared: HashMap::new(),
            renamed: Vec::new(),
        }
    }

    /// Adds a name, and tells what is wrong with it.
    pub(in crate::config) fn declare(
        &mut self,
        name: &str,
        previous: Option<&str>,
        origin: Origin<'_>,
        findings: &mut Findings,
    ) {
        visible("name", name, origin, findings);
        self.declare_name(name, origin.key("name"), findings);
        if let Some(previous) = previous {
            visible("previous_name", previous, origin, findings);
            let origin = origin.key("previous_name");
            self.renamed.push(Renamed {
                name: name.to_owned(),
                previous: previous.to_owned(),
                position: origin.position(),
                spot: origin.into(),
            });
        }
    }

    fn declare_name(&mut self, name: &str, origin: Origin<'_>, findings: &mut Findings) {
        let one = self.nouns.one;
        let similar = self.declared.entry(name.to_lowercase().into()).or_default();
        if let Some(first) = similar.iter().find(|first| *first.name == *name) {
            let message = format!(
                "{one} {} is already declared{}",
                title(name),
                first.position.at()
            );
            findings.at(origin, self.nouns.duplicate, message, None);
            return;
        }
        if let Some(first) = similar.last() {
            let message = format!(
                "{one} {} differs only in case from {}, which is already declared{}",
                title(name),
                title(&first.name),
                first.position.at()
            );
            findings.at(origin, Code::SimilarName, message, None);
        }
        similar.push(Declared {
            name: name.into(),
            position: origin.position(),
        });
    }

    fn get(&self, name: &str) -> Option<&Declared> {
        let similar = self.declared.get(name.to_lowercase().as_str())?;
        similar.iter().find(|declared| *declared.name == *name)
    }

    /// Tells which previous names clash, now that every name is declared.
    pub(in crate::config) fn finish(mut self, findings: &mut Findings) {
        let one = self.nouns.one;
        let mut previous_names: HashMap<String, Position> = HashMap::new();
        for renamed in std::mem::take(&mut self.renamed) {
            let Renamed {
                name,
                previous,
                position,
                spot,
            } = renamed;
            let other = self.get(&previous);
            let message = format!("previous name {}", title(&previous));
            let is_own = name == previous;
            let clash = match (other, previous_names.insert(previous, position)) {
                _ if is_own => "is its own name".to_owned(),
                (Some(other), _) => {
                    let at = other.position.at();
                    format!("is the name of another {one}, declared{at}")
                }
                (None, Some(other)) => {
                    format!("is also the previous name of the {one}{}", other.at())
                }
                (None, None) => continue,
            };
            findings.at_spot(spot, Code::PreviousNameClash, format!("{message} {clash}"));
        }
    }
}

/// Refuses the name of the workspace that every organization has.
pub(in crate::config) fn reserved_customer(
    name: &str,
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    if name.eq_ignore_ascii_case("default") {
        let message =
            "a customer cannot be called `default`: every organization has that workspace";
        findings.at(origin.key("name"), Code::ReservedName, message, None);
    }
}

/// Whether a person can see all of a name, and tell it from another.
fn visible(key: &str, name: &str, origin: Origin<'_>, findings: &mut Findings) {
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
    findings.at(origin.key(key), Code::InvalidName, message, None);
}
