//! Responsible for finding the project file among the inputs and reading its settings.
//!
//! Runs before any other file is validated, because references are checked against the project
//! file's `stores` and `secret_policy`.

use super::LoadOptions;
use super::document::Document;
use super::environments::Environment;
use super::findings::{Findings, StagedFindings};
use super::read::{Input, source};
use super::tables::{self, Templates};
use super::validate::{
    CustomerPolicy, Permissions, PermittedCustomers, ProjectSettings, SecretPolicy,
};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The project file: its name, its settings and its policies.
#[derive(Debug)]
pub(super) struct ProjectFile {
    /// The file's position among the inputs, or `None` if no file could be read.
    position: Option<usize>,
    pub(super) name: Arc<str>,
    pub(super) root: PathBuf,
    pub(super) environment: Environment,
    pub(super) settings: ProjectSettings,
    secret_policy: SecretPolicy,
    customer_policy: CustomerPolicy,
    pub(super) templates: Templates,
}

/// Rank of a candidate. The first file with the highest rank is the project file.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
enum Rank {
    Plain,
    HasVersion,
    HasProjectKeys,
}

/// A file that was parsed during the search for the project file.
#[derive(Debug)]
pub(super) struct ParsedInput {
    pub(super) position: usize,
    pub(super) document: Document,
    pub(super) findings: Findings,
}

/// Whether one of the inputs is a project file: it has project keys or a version.
pub(super) fn has_project_file(inputs: &[Input], options: &LoadOptions) -> bool {
    inputs.iter().any(|input| {
        let mut findings = Findings::default();
        source(input, options, &mut findings).is_some_and(|source| {
            let document = Document::parse(input.path(), source, &mut findings);
            Rank::from_document(&document) > Rank::Plain
        })
    })
}

impl ProjectFile {
    /// Finds the project file: the first with project keys, else the first with a version, else the
    /// first file. Also returns the first file's document if no other file was parsed after it.
    pub(super) fn find(
        inputs: &[Input],
        options: &LoadOptions,
        findings: &mut StagedFindings,
    ) -> (Self, Option<ParsedInput>) {
        let mut seen = HashSet::new();
        let mut best: Option<(Rank, Self, StagedFindings)> = None;
        let mut parsed = None;
        for (position, input) in inputs.iter().enumerate() {
            let is_new = input.canonical_path().is_none_or(|path| seen.insert(path));
            let mut load = Findings::default();
            let Some(source) = source(input, options, &mut load).filter(|_| is_new) else {
                continue;
            };
            // Keeps at most one tree in memory.
            parsed = None;
            let mut document = Document::parse(input.path(), source, &mut load);
            let rank = Rank::from_document(&document);
            let is_first = best.is_none();
            if best.as_ref().is_none_or(|(best, ..)| rank > *best) {
                let mut own = StagedFindings::default();
                let chosen = options.environment.as_deref();
                let environment = Environment::choose(&document, chosen, &mut own.project);
                let mut with_values = environment.with_values(&document);
                let document = with_values.as_mut().unwrap_or(&mut document);
                environment.replace_settings(&mut document.head);
                let file = Self::from_document(position, document, environment, &mut own);
                best = Some((rank, file, own));
            }
            if is_first {
                parsed = Some(ParsedInput {
                    position,
                    document,
                    findings: load,
                });
            }
            if rank == Rank::HasProjectKeys {
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

    fn from_document(
        position: usize,
        document: &Document,
        environment: Environment,
        findings: &mut StagedFindings,
    ) -> Self {
        Self {
            environment,
            position: Some(position),
            name: Arc::clone(&document.source.name),
            root: document.directory(),
            settings: ProjectSettings::from_document(document, &mut findings.project),
            secret_policy: SecretPolicy::from_document(document, &mut findings.policy),
            customer_policy: CustomerPolicy::from_document(document, &mut findings.policy),
            templates: tables::templates(document, &mut findings.project),
        }
    }

    fn none() -> Self {
        let root = PathBuf::from(".");
        Self {
            position: None,
            environment: Environment::default(),
            name: Arc::default(),
            secret_policy: SecretPolicy::without_file(root.clone()),
            customer_policy: CustomerPolicy::default(),
            templates: Templates::new(),
            root,
            settings: ProjectSettings::default(),
        }
    }

    /// The project file among the inputs.
    pub(super) fn input<'i>(&self, inputs: &'i [Input]) -> Option<&'i Input> {
        inputs.get(self.position?)
    }

    /// Whether the project file is the input at `position`.
    pub(super) fn is_at(&self, position: Option<usize>) -> bool {
        self.position.is_some() && self.position == position
    }

    /// The references that a file may use.
    pub(super) fn permissions(&self, file: &Path) -> Permissions {
        self.secret_policy.permissions(file)
    }

    /// The customers that a file may declare.
    pub(super) fn permitted_customers(&self, file: &Path) -> PermittedCustomers {
        self.customer_policy.permitted(file)
    }
}

impl Rank {
    fn from_document(document: &Document) -> Self {
        if document.project_keys().next().is_some() {
            Self::HasProjectKeys
        } else if document.head.version.is_some() {
            Self::HasVersion
        } else {
            Self::Plain
        }
    }
}
