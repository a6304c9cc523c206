//! Responsible for warnings about names that resemble other names or are written in a misleading way.

use super::names::Declared;
use crate::config::code::Code;
use crate::config::findings::{FindingSite, Findings};
use crate::config::origin::Origin;
use crate::config::redaction::title;
use crate::model::{appearances, is_normalized, mark_problem};
use std::collections::HashMap;

/// A name with characters outside ASCII. Every pair of confusable names contains one.
#[derive(Debug)]
pub(super) struct Suspect {
    name: Box<str>,
    order: usize,
    site: FindingSite,
}

impl Suspect {
    pub(super) fn new(name: Box<str>, order: usize, site: FindingSite) -> Self {
        Self { name, order, site }
    }
}

/// Whether a name can look like another one.
pub(super) fn is_suspect(name: &str) -> bool {
    !name.is_ascii()
}

/// Warns of a name that is written in a misleading way.
pub(super) fn check_spelling(key: &str, name: &str, origin: Origin<'_>, findings: &mut Findings) {
    let problem = if let Some(problem) = mark_problem(name) {
        problem
    } else if is_normalized(name) {
        return;
    } else {
        "is not in Unicode normalization form C, so that an equal-looking name can differ from it"
    };
    let message = format!("`{key}` {problem}");
    findings.at(origin.key(key), Code::DeceptiveName, message, None);
}

/// Warns of each suspect that resembles an ASCII name, or a name that is declared before it.
pub(super) fn report<'n>(
    noun: &str,
    suspects: Vec<Suspect>,
    declared: impl Iterator<Item = &'n Declared>,
    findings: &mut Findings,
) {
    if suspects.is_empty() {
        return;
    }
    let index = index(declared);
    for suspect in suspects {
        let lowercase = suspect.name.to_lowercase();
        let other = appearances(&suspect.name)
            .iter()
            .filter_map(|appearance| index.get(appearance))
            .flatten()
            .filter(|other| other.name.is_ascii() || other.order < suspect.order)
            // Names that differ only in case are an error already.
            .filter(|other| other.name.to_lowercase() != lowercase)
            .min_by_key(|other| other.order);
        let Some(other) = other else {
            continue;
        };
        let message = format!(
            "{noun} {} ({}) looks like {}, which is declared{}",
            title(&suspect.name),
            code_points(&suspect.name),
            title(&other.name),
            other.position.at()
        );
        findings.at_site(suspect.site, Code::DeceptiveName, message, None);
    }
}

/// The first names with each appearance, in the order of their declarations.
fn index<'n>(declared: impl Iterator<Item = &'n Declared>) -> HashMap<String, Vec<&'n Declared>> {
    // A hostile file may have any number of names with one appearance.
    const MOST: usize = 4;
    let mut names: Vec<&Declared> = declared.collect();
    names.sort_by_key(|name| name.order);
    let mut index: HashMap<String, Vec<&Declared>> = HashMap::new();
    for name in names {
        for appearance in appearances(&name.name) {
            let same = index.entry(appearance).or_default();
            if same.len() < MOST {
                same.push(name);
            }
        }
    }
    index
}

/// The name's first characters outside ASCII, which a reader may take for others.
fn code_points(name: &str) -> String {
    const MOST: usize = 4;
    let points: Vec<String> = name
        .chars()
        .filter(|character| !character.is_ascii())
        .take(MOST)
        .map(|character| format!("U+{:04X}", u32::from(character)))
        .collect();
    format!("with {}", points.join(", "))
}
