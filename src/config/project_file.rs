//! Responsible for which of the named files is the project file, and for what it says.
//!
//! References are checked against the project file, so it is found before any other file is
//! validated.

use super::LoadOptions;
use super::document::Document;
use super::findings::{Findings, StagedFindings};
use super::read::{Named, source};
use super::validate::{Permissions, Policy, ProjectSettings};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The project file: its name, what it says, and its policy for references.
#[derive(Debug)]
pub(super) struct ProjectFile {
    /// Its position among the named files; nothing where no file could be read.
    position: Option<usize>,
    pub(super) name: Arc<str>,
    /// The project's directory.
    pub(super) root: PathBuf,
    pub(super) settings: ProjectSettings,
    policy: Policy,
}

/// How much a file looks like the project file.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
enum Likeness {
    Named,
    HasVersion,
    HasProjectKeys,
}

/// A file that was parsed while the project file was looked for.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) position: usize,
    pub(super) document: Document,
    pub(super) findings: Findings,
}

impl ProjectFile {
    /// Finds the project file: the first with keys of a project, else the first with a version,
    /// else the first. Also gives the first file, if no other had to be parsed.
    pub(super) fn find(
        named: &[Named],
        options: &LoadOptions,
        findings: &mut StagedFindings,
    ) -> (Self, Option<Parsed>) {
        let mut seen = HashSet::new();
        let mut best: Option<(Likeness, Self, StagedFindings)> = None;
        let mut parsed = None;
        for (position, named) in named.iter().enumerate() {
            let is_new = named.real_path().is_none_or(|real| seen.insert(real));
            let mut load = Findings::default();
            let Some(source) = source(named, options, &mut load).filter(|_| is_new) else {
                continue;
            };
            // At most one tree is in memory, and two files share nothing.
            parsed = None;
            let document = Document::parse(named.path(), source, &mut load);
            let likeness = Likeness::of(&document);
            let is_first = best.is_none();
            if best.as_ref().is_none_or(|(best, ..)| likeness > *best) {
                let mut own = StagedFindings::default();
                let file = Self::of(position, &document, &mut own);
                best = Some((likeness, file, own));
            }
            if is_first {
                parsed = Some(Parsed {
                    position,
                    document,
                    findings: load,
                });
            }
            if likeness == Likeness::HasProjectKeys {
                break;
            }
        }
        let Some((_, file, own)) = best else {
            return (Self::none(), parsed);
        };
        findings.project.append(own.project);
        findings.policy.append(own.policy);
        (file, parsed)
    }

    fn of(position: usize, document: &Document, findings: &mut StagedFindings) -> Self {
        Self {
            position: Some(position),
            name: Arc::clone(&document.source.name),
            root: document.directory(),
            settings: ProjectSettings::of(document, &mut findings.project),
            policy: Policy::of(document, &mut findings.policy),
        }
    }

    fn none() -> Self {
        let root = PathBuf::from(".");
        Self {
            position: None,
            name: Arc::default(),
            policy: Policy::without_file(root.clone()),
            root,
            settings: ProjectSettings::default(),
        }
    }

    /// Whether it is the named file at a position.
    pub(super) fn is_at(&self, position: Option<usize>) -> bool {
        self.position.is_some() && self.position == position
    }

    /// Which references a file may use.
    pub(super) fn permissions(&self, file: &Path) -> Permissions {
        self.policy.permissions(file)
    }
}

impl Likeness {
    fn of(document: &Document) -> Self {
        if document.project_keys().next().is_some() {
            Self::HasProjectKeys
        } else if document.head.version.is_some() {
            Self::HasVersion
        } else {
            Self::Named
        }
    }
}
