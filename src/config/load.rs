//! Responsible for loading a project from its files.
//!
//! Reads, parses and validates one file at a time, and drops its tree before the next file, so that
//! memory grows with the largest file only.

use super::LoadOptions;
use super::code::Code;
use super::document::{self, Document};
use super::findings::{Findings, StagedFindings};
use super::include::included;
use super::origins::Origins;
use super::project::{Loaded, Project};
use super::project_file::{ParsedInput, ProjectFile};
use super::read::{self, Input};
use super::validate::{
    self, CUSTOMER, DeclaredNames, Scope, keys_elsewhere, not_included, organization,
    reserved_customer, version,
};
use crate::model::{Desired, DesiredCustomer};
use crate::secrets::SecretLinks;
use std::cell::RefCell;
use std::collections::HashSet;
use std::path::PathBuf;

/// Loads the files that the arguments name: files, directories, or `-` for standard input.
pub fn load(arguments: &[PathBuf], options: &LoadOptions) -> Loaded {
    let inputs: Vec<Input> = arguments
        .iter()
        .flat_map(|argument| Input::expand(argument))
        .collect();
    let mut findings = StagedFindings::default();
    let (project_file, mut parsed) = ProjectFile::find(&inputs, options, &mut findings);
    let mut loader = Loader {
        options,
        project_file,
        findings,
        seen: HashSet::new(),
        files: Vec::new(),
        names: DeclaredNames::new(&CUSTOMER),
        customers: Vec::new(),
        origins: Origins::default(),
        links: RefCell::default(),
    };
    for (position, input) in inputs.iter().enumerate() {
        let parsed = parsed.take_if(|parsed| parsed.position == position);
        loader.input(position, input, parsed);
    }
    loader.check_siblings(arguments);
    loader.finish()
}

struct Loader<'o> {
    options: &'o LoadOptions,
    project_file: ProjectFile,
    findings: StagedFindings,
    /// Canonical paths of the files that were read, so that a file named twice is read once.
    seen: HashSet<PathBuf>,
    files: Vec<PathBuf>,
    /// The names of the customers of all files.
    names: DeclaredNames,
    customers: Vec<(String, DesiredCustomer)>,
    origins: Origins,
    links: RefCell<SecretLinks>,
}

impl Loader<'_> {
    /// Loads an input and the files that it includes.
    fn input(&mut self, position: usize, input: &Input, parsed: Option<ParsedInput>) {
        let Some(document) = self.document(input, parsed) else {
            return;
        };
        self.validate(&document, Some(position));
        let patterns = document.head.include.as_deref().unwrap_or_default();
        let includes = included(
            patterns,
            &document.directory(),
            document.key("include"),
            &mut self.findings.load,
        );
        drop(document);
        for path in includes {
            if let Some(document) = self.document(&Input::File(path), None) {
                self.validate(&document, None);
            }
        }
    }

    /// Reads and parses an input, unless it is parsed already.
    fn document(&mut self, input: &Input, parsed: Option<ParsedInput>) -> Option<Document> {
        let findings = &mut self.findings.load;
        if let Input::File(path) = input {
            let Some(canonical) = input.canonical_path() else {
                let message = "the file does not exist";
                findings.file(&read::display(path), Code::FileNotFound, message);
                return None;
            };
            if !self.seen.insert(canonical) {
                return None;
            }
        }
        if let Some(parsed) = parsed {
            findings.append(parsed.findings);
            return Some(parsed.document);
        }
        let source = read::source(input, self.options, findings)?;
        Some(Document::parse(input.path(), source, findings))
    }

    fn validate(&mut self, document: &Document, position: Option<usize>) {
        self.files.push(document.path.clone());
        self.project_keys(document, position);
        let project = &self.project_file;
        let scope = Scope {
            project: &project.root,
            secret_access: &self.options.secret_access,
            permissions: project.permissions(&document.path),
            rotation: project.settings.rotation,
            links: &self.links,
        };
        let permitted = project.permitted_customers(&document.path);
        self.origins.start_file(&document.source.name);
        for origin in document.customers() {
            let findings = &mut self.findings;
            let Some(declared) = document::customer(origin, &mut findings.load) else {
                continue;
            };
            let (name, previous) = (declared.raw.name.clone(), &declared.raw.previous_name);
            let names = &mut findings.customer_names;
            reserved_customer(&name, origin, names);
            permitted.check(&declared, &mut findings.policy);
            self.names
                .declare(&name, previous.as_deref(), origin, names);
            self.origins.add(&declared);
            let customer = validate::customer(declared, &scope, findings);
            self.customers.push((name, customer));
        }
    }

    fn project_keys(&mut self, document: &Document, position: Option<usize>) {
        let findings = &mut self.findings.project;
        version(document, findings);
        if !self.project_file.is_at(position) {
            keys_elsewhere(document, &self.project_file.name, findings);
            organization(document, findings);
        }
    }

    /// Reports configuration files beside an `airlift.yaml` that are not read. A new `airlift.yaml`
    /// would otherwise silently replace the project file and hide the customers of a directory.
    fn check_siblings(&mut self, arguments: &[PathBuf]) {
        let siblings = arguments
            .iter()
            .flat_map(|argument| Input::siblings(argument));
        for input in siblings {
            let path = input.canonical_path();
            if path.is_none_or(|path| self.seen.contains(&path)) {
                continue;
            }
            let mut ignored = Findings::default();
            let Some(source) = read::source(&input, self.options, &mut ignored) else {
                continue;
            };
            let document = Document::parse(input.path(), source, &mut ignored);
            if document.is_configuration() {
                let findings = &mut self.findings.project;
                keys_elsewhere(&document, &self.project_file.name, findings);
                not_included(&document, findings);
            }
        }
    }

    fn finish(mut self) -> Loaded {
        self.names.finish(&mut self.findings.customer_names);
        let findings = self.findings.into_findings();
        let settings = self.project_file.settings;
        let project = (!findings.failed()).then(|| Project {
            root: self.project_file.root,
            desired: Desired {
                organization_id: settings.organization_id,
                contract: settings.contract,
                guards: settings.guards,
                adopt: settings.adopt,
                customers: self.customers.into_iter().collect(),
            },
            origins: self.origins,
            stores: settings.stores,
            links: self.links.into_inner(),
            files: self.files,
        });
        Loaded {
            report: findings.into_report(),
            project,
        }
    }
}
