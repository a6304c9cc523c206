//! Responsible for validating names: their characters, and their uniqueness.
//!
//! Keeps the file position of each name instead of its tree node, because only one tree at a time is
//! in memory.

use super::look_alikes::{self, Suspect};
use crate::config::code::Code;
use crate::config::findings::{FindingSite, Findings};
use crate::config::mistakes;
use crate::config::origin::{Origin, Position};
use crate::config::redaction::title;
use crate::model::{Resemblance, folded_name, is_invisible};
use std::collections::HashMap;

/// The kind of named object: its noun for messages, and the code for duplicates.
#[derive(Debug)]
pub(in crate::config) struct NameKind {
    noun: &'static str,
    duplicate: Code,
}

pub(in crate::config) const CUSTOMER: NameKind = NameKind {
    noun: "customer",
    duplicate: Code::DuplicateCustomer,
};
pub(super) const CONNECTOR: NameKind = NameKind {
    noun: "connector",
    duplicate: Code::DuplicateConnector,
};

/// The names of one kind of object that are declared so far.
#[derive(Debug)]
pub(in crate::config) struct DeclaredNames {
    kind: &'static NameKind,
    /// The different names, in the order of declaration.
    declared: Vec<Declared>,
    /// The position of each name in `declared`.
    exact: HashMap<Box<str>, usize>,
    /// The position of the last name in `declared` that is equal in lower case.
    lowercase: HashMap<String, usize>,
    /// The position of the last name in `declared` with the same [`folded_name`].
    folded: HashMap<Box<str>, usize>,
    suspects: Vec<Suspect>,
    renamed: Vec<Renamed>,
}

/// A name and its position.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) name: Box<str>,
    pub(super) position: Position,
    /// The number of names that are declared before.
    pub(super) order: usize,
}

/// A previous name and its position.
#[derive(Debug)]
struct Renamed {
    name: String,
    previous: String,
    position: Position,
    site: FindingSite,
}

/// A name with its place, before it is compared with other names.
#[derive(Debug)]
pub(in crate::config) struct Declaration {
    name: Box<str>,
    position: Position,
    /// Whether a row of a table declares the name. The position is then that of the template.
    is_from_row: bool,
    /// The place, if the name can look like another one. Boxed, because few names have one.
    suspect: Option<Box<FindingSite>>,
    renamed: Option<Box<Renamed>>,
}

impl Declaration {
    /// A declared name. Adds a finding for each problem that the name has by itself.
    pub(in crate::config) fn new(
        name: &str,
        previous: Option<&str>,
        origin: Origin<'_>,
        findings: &mut Findings,
    ) -> Self {
        check_visible("name", name, origin, findings);
        look_alikes::check_spelling("name", name, origin, findings);
        check_variables(name, origin, findings);
        let declared = origin.key("name");
        Self {
            name: name.into(),
            position: declared.position(),
            is_from_row: declared.is_from_row(),
            suspect: look_alikes::is_suspect(name).then(|| Box::new(declared.into())),
            renamed: previous.map(|previous| {
                check_visible("previous_name", previous, origin, findings);
                Box::new(Renamed::new(name, previous, origin.key("previous_name")))
            }),
        }
    }
}

impl Renamed {
    fn new(name: &str, previous: &str, origin: Origin<'_>) -> Self {
        Self {
            name: name.to_owned(),
            previous: previous.to_owned(),
            position: origin.position(),
            site: origin.into(),
        }
    }
}

impl DeclaredNames {
    pub(in crate::config) fn new(kind: &'static NameKind) -> Self {
        Self {
            kind,
            declared: Vec::new(),
            exact: HashMap::new(),
            lowercase: HashMap::new(),
            folded: HashMap::new(),
            suspects: Vec::new(),
            renamed: Vec::new(),
        }
    }

    /// Adds a name. `site` is the place of the name, for a finding that compares it with another.
    pub(in crate::config) fn declare(
        &mut self,
        declaration: Declaration,
        site: impl FnOnce() -> FindingSite,
        findings: &mut Findings,
    ) {
        let Declaration {
            name,
            position,
            is_from_row,
            suspect,
            renamed,
        } = declaration;
        self.renamed.extend(renamed.map(|renamed| *renamed));
        let noun = self.kind.noun;
        if let Some(first) = self.get(&name) {
            let is_same_place = first.position.at() == position.at();
            let message = declared_twice(noun, first, is_from_row && is_same_place);
            let help = "give one of the two another name, or remove it".to_owned();
            return findings.at_dropped(site, self.kind.duplicate, message, help);
        }
        let order = self.declared.len();
        let same_lowercase = self.lowercase.insert(name.to_lowercase(), order);
        let same_folded = self.folded.insert(folded_name(&name), order);
        if let Some((first, difference, code)) = self.alike(&name, same_lowercase, same_folded) {
            let message = format!(
                "{noun} {} differs only in {difference} from {}, which is already declared{}",
                title(&name),
                title(&first.name),
                first.position.at()
            );
            let help = format!(
                "remove one of the two if both mean the same {noun}, or else give one a name that people do not mistake"
            );
            findings.at_dropped(site, code, message, help);
        }
        if let Some(site) = suspect {
            self.suspects.push(Suspect::new(name.clone(), order, *site));
        }
        self.exact.insert(name.clone(), order);
        self.declared.push(Declared {
            name,
            position,
            order,
        });
    }

    /// The earlier name that people mistake for this one, and what differs. `same_lowercase` is the position of the last
    /// name with the same lowercase form, `same_folded` that of the last name with the same folded form.
    fn alike(
        &self,
        name: &str,
        same_lowercase: Option<usize>,
        same_folded: Option<usize>,
    ) -> Option<(&Declared, &'static str, Code)> {
        let declared = |order: usize| self.declared.get(order);
        if let Some(earlier) = same_lowercase.and_then(declared) {
            return Some((earlier, "case", Code::SimilarName));
        }
        let earlier = same_folded.and_then(declared)?;
        let is_alike = Resemblance::between(name, &earlier.name) == Some(Resemblance::Separators);
        is_alike.then_some((earlier, "case, spaces and punctuation", Code::DeceptiveName))
    }

    fn get(&self, name: &str) -> Option<&Declared> {
        self.declared.get(*self.exact.get(name)?)
    }

    /// Adds the findings that compare names, once all names are declared.
    pub(in crate::config) fn finish(mut self, findings: &mut Findings) {
        let suspects = std::mem::take(&mut self.suspects);
        look_alikes::report(self.kind.noun, suspects, self.declared.iter(), findings);
        self.check_previous_names(findings);
    }

    fn check_previous_names(mut self, findings: &mut Findings) {
        let noun = self.kind.noun;
        let mut previous_names: HashMap<String, Position> = HashMap::new();
        for renamed in std::mem::take(&mut self.renamed) {
            let Renamed {
                name,
                previous,
                position,
                site,
            } = renamed;
            let other = self.get(&previous);
            let message = format!("previous name {}", title(&previous));
            let is_own = name == previous;
            let clash = match (other, previous_names.insert(previous, position)) {
                _ if is_own => "is also the current name".to_owned(),
                (Some(other), _) => {
                    let at = other.position.at();
                    format!("is the name of another {noun}, declared{at}")
                }
                (None, Some(other)) => {
                    format!("is also the previous name of the {noun}{}", other.at())
                }
                (None, None) => continue,
            };
            let message = format!("{message} {clash}");
            findings.at_site(site, Code::PreviousNameClash, message, None);
        }
    }
}

/// What is wrong with a name that is declared twice, by one template for two rows or at two places.
fn declared_twice(noun: &str, first: &Declared, is_from_one_template: bool) -> String {
    let name = title(&first.name);
    if is_from_one_template {
        format!(
            "several rows declare {noun} {name}: its name needs an expression such as `{{{{ row.id }}}}`"
        )
    } else {
        format!("{noun} {name} is already declared{}", first.position.at())
    }
}

/// Refuses `default`, the name of a workspace that every organization has.
pub(in crate::config) fn reserved_customer(
    name: &str,
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    if name.eq_ignore_ascii_case("default") {
        let message =
            "a customer cannot be named `default`: every organization has a workspace of that name";
        findings.at(origin.key("name"), Code::ReservedName, message, None);
    }
}

/// Refuses a name that a reviewer could not see completely.
fn check_visible(key: &str, name: &str, origin: Origin<'_>, findings: &mut Findings) {
    const LONGEST: usize = 255;
    let problem = if name.is_empty() {
        "is empty"
    } else if name.chars().count() > LONGEST {
        "has more than 255 characters"
    } else if name.chars().any(is_invisible) {
        "contains control, bidirectional or zero-width characters"
    } else if name.trim() != name {
        "begins or ends with a space"
    } else {
        return;
    };
    let message = format!("`{key}` {problem}");
    findings.at(origin.key(key), Code::InvalidName, message, None);
}

/// Warns of a name that looks as if a variable of another tool would be expanded in it.
fn check_variables(name: &str, origin: Origin<'_>, findings: &mut Findings) {
    if let Some(help) = mistakes::of_name(name) {
        let written = origin.key("name").to_json();
        // `$${` says that the name has a `${`.
        if written.as_str().is_some_and(|text| text.contains("$${")) {
            return;
        }
        let message = "`name` has the syntax of a variable, and airlift takes the name as it is";
        let help = Some(help.to_owned());
        findings.at(origin.key("name"), Code::UnexpandedVariable, message, help);
    }
}

#[cfg(test)]
mod tests {
    use super::{CUSTOMER, Code, Declaration, DeclaredNames, Findings, Origin};
    use serde_json::json;
    use std::time::{Duration, Instant};

    #[test]
    fn declare_names_of_one_folded_form_takes_linear_time() {
        let name = |number: usize, set: &str, unset: &str| -> String {
            let part = |bit: usize| if number >> bit & 1 == 1 { set } else { unset };
            (0..14).map(part).collect()
        };
        let cases = (0..10_000).map(|number| name(number, "A", "a"));
        let separators = (0..10_000).map(|number| name(number, "b-", "b_"));
        let mut findings = Findings::default();
        let mut names = DeclaredNames::new(&CUSTOMER);
        let start = Instant::now();
        for name in cases.chain(separators) {
            let customer = json!({"name": name});
            let origin = Origin::from_value(&customer);
            let declaration = Declaration::new(&name, None, origin, &mut findings);
            names.declare(declaration, || origin.key("name").into(), &mut findings);
        }
        names.finish(&mut findings);
        assert!(start.elapsed() < Duration::from_secs(4));
        let report = findings.into_report();
        for code in [Code::SimilarName, Code::DeceptiveName] {
            assert!(report.findings.iter().any(|finding| finding.code == code));
        }
        assert_eq!(report.errors() + report.warnings(), 19_998);
    }
}
