//! Responsible for loading a project from its files.
//!
//! Reads, parses and validates one file at a time, and drops its tree before the next file, so that
//! memory grows with the largest file only.

use super::LoadOptions;
use super::code::Code;
use super::document::{self, Document};
use super::findings::{FindingSite, Findings, StagedFindings};
use super::include::{IncludedFile, included};
use super::origins::Origins;
use super::project::{Loaded, Project};
use super::project_file::{ParsedInput, ProjectFile};
use super::read::{self, Input};
use super::unread::{self, base};
use super::validate::{
    self, CUSTOMER, DeclaredNames, Scope, empty_include, keys_elsewhere, no_customers,
    not_included, organization, reserved_customer, version,
};
use crate::model::{Desired, DesiredCustomer};
use crate::secrets::SecretLinks;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

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
        seen: HashMap::new(),
        searched: BTreeSet::new(),
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
    loader.check_unread(arguments);
    loader.finish()
}

struct Loader<'o> {
    options: &'o LoadOptions,
    project_file: ProjectFile,
    findings: StagedFindings,
    /// Canonical paths of the files that were read, so that a file named twice is read once.
    seen: HashMap<PathBuf, NamedBy>,
    /// Directories in which a file that is not read is reported.
    searched: BTreeSet<PathBuf>,
    files: Vec<PathBuf>,
    /// The names of the customers of all files.
    names: DeclaredNames,
    customers: Vec<(String, DesiredCustomer)>,
    origins: Origins,
    links: RefCell<SecretLinks>,
}

/// What names a file.
#[derive(Clone, Copy)]
enum NamedBy {
    Argument,
    /// A directory that an argument names.
    Directory,
    Include,
}

impl Loader<'_> {
    /// Loads an input and the files that it includes.
    fn input(&mut self, position: usize, input: &Input, parsed: Option<ParsedInput>) {
        if !self.is_new(input, None) {
            return;
        }
        let Some(document) = self.document(input, parsed) else {
            return;
        };
        self.validate(&document, Some(position));
        empty_include(&document, &mut self.findings.project);
        let patterns = document.head.include.as_deref().unwrap_or_default();
        let (directory, origin) = (document.directory(), document.key("include"));
        let includes = included(patterns, &directory, origin, &mut self.findings.load);
        let sites: Vec<FindingSite> = (0..patterns.len())
            .map(|pattern| origin.index(pattern).into())
            .collect();
        self.searched.extend(
            patterns
                .iter()
                .filter_map(|pattern| base(&directory, pattern)),
        );
        drop(document);
        let own = input.canonical_path();
        for IncludedFile { path, pattern } in includes {
            let file = Input::File(path);
            if file.canonical_path() == own || !self.is_new(&file, sites.get(pattern)) {
                continue;
            }
            if let Some(document) = self.document(&file, None) {
                self.validate(&document, None);
            }
        }
    }

    /// Whether an input is not read yet. `include` is the pattern that names the input, if an argument does not.
    fn is_new(&mut self, input: &Input, include: Option<&FindingSite>) -> bool {
        let (Input::File(path) | Input::Member(path)) = input else {
            return true;
        };
        let findings = &mut self.findings.load;
        let name = read::display(path);
        let Some(canonical) = input.canonical_path() else {
            let message = "the file does not exist";
            findings.file(&name, Code::FileNotFound, message, None);
            return false;
        };
        let source = match (include, input) {
            (Some(_), _) => NamedBy::Include,
            (None, Input::Member(_)) => NamedBy::Directory,
            (None, _) => NamedBy::Argument,
        };
        let Some(first) = self.seen.get(&canonical) else {
            self.seen.insert(canonical, source);
            return true;
        };
        match (first, source) {
            // The file that includes another one can be beside it.
            (NamedBy::Directory, NamedBy::Include) | (NamedBy::Include, NamedBy::Directory) => {}
            _ => {
                let message = "the file is named twice, and airlift reads it once";
                let help = format!("the file is {name}");
                match include {
                    Some(site) => {
                        findings.at_site(site.clone(), Code::FileRepeated, message, Some(help));
                    }
                    None => findings.file(&name, Code::FileRepeated, message, None),
                }
            }
        }
        false
    }

    /// Reads and parses an input, unless it is parsed already.
    fn document(&mut self, input: &Input, parsed: Option<ParsedInput>) -> Option<Document> {
        let findings = &mut self.findings.load;
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
            no_customers(document, findings);
        }
    }

    /// Reports configuration files that are not read. A new `airlift.yaml` would otherwise silently replace the project
    /// file and hide the customers of a directory.
    fn check_unread(&mut self, arguments: &[PathBuf]) {
        let is_directory = |argument: &&PathBuf| argument.is_dir();
        for directory in arguments.iter().filter(is_directory) {
            self.searched.insert(directory.clone());
        }
        let read: HashSet<&Path> = self.files.iter().map(PathBuf::as_path).collect();
        let mut unread = BTreeMap::new();
        for directory in &self.searched {
            for path in unread::files(directory, |path| read.contains(path)) {
                let input = Input::member(path, directory);
                if let Some(canonical) = input.canonical_path()
                    && !self.seen.contains_key(&canonical)
                {
                    unread.insert(canonical, input);
                }
            }
        }
        for input in unread.into_values() {
            self.check_unread_file(&input, arguments);
        }
    }

    fn check_unread_file(&mut self, input: &Input, arguments: &[PathBuf]) {
        let mut ignored = Findings::default();
        let Some(source) = read::source(input, self.options, &mut ignored) else {
            return;
        };
        // Without `airlift.yaml`, every `.yaml` file of the directory would be read.
        let is_alternative = input.path().extension().is_some_and(|end| end == "yaml")
            && arguments
                .iter()
                .any(|argument| input.path().parent() == Some(argument.as_path()));
        if !is_alternative && !source.text.contains("customers") {
            return;
        }
        let document = Document::parse(input.path(), source, &mut ignored);
        let findings = &mut self.findings.project;
        if is_alternative && document.is_configuration() {
            keys_elsewhere(&document, &self.project_file.name, findings);
        }
        not_included(&document, findings);
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
            unchecked_secrets: settings.unchecked_secrets,
            files: self.files,
        });
        Loaded {
            report: findings.into_report(),
            project,
        }
    }
}
