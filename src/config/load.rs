//! Responsible for loading a project from its files.
//!
//! Puts the files together in their order, and drops the tree of each before the next, so that memory grows with the
//! largest files only.

use super::LoadOptions;
use super::code::Code;
use super::confine::place_within;
use super::document::{Document, NameSites, has_project_key};
use super::findings::{FindingSite, Findings, StagedFindings};
use super::include::{IncludedFile, included};
use super::loaded_file::{FileLoader, LoadedApps, LoadedCustomer, LoadedFile};
use super::origins::Origins;
use super::project::{Loaded, Project};
use super::project_file::{ParsedInput, ProjectFile};
use super::read::{self, Input};
use super::tables::{self, Tables};
use super::unread::{self, base};
use super::validate::{
    CUSTOMER, DeclaredNames, empty_include, keys_elsewhere, no_customers, not_included,
    organization, settings_not_read, unused_unchecked_secrets, version,
};
use crate::model::{DefinitionId, Desired, DesiredCustomer, DesiredOauthApp, LockUnpoisoned};
use crate::secrets::SecretLinks;
use crate::side_by_side::in_order;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Loads the files that the arguments name: files, directories, or `-` for standard input.
pub fn load(arguments: &[PathBuf], options: &LoadOptions) -> Loaded {
    let inputs: Vec<Input> = arguments
        .iter()
        .flat_map(|argument| Input::expand(argument))
        .collect();
    let mut findings = StagedFindings::default();
    let (project_file, parsed) = ProjectFile::find(&inputs, options, &mut findings);
    let mut loader = Loader {
        each: FileLoader {
            options,
            project_file: &project_file,
        },
        findings,
        seen: HashMap::new(),
        searched: BTreeSet::new(),
        lacks_includes: false,
        files: Vec::new(),
        names: DeclaredNames::new(&CUSTOMER),
        customers: Vec::new(),
        origins: Origins::default(),
        links: SecretLinks::new(),
        oauth_apps: BTreeMap::new(),
    };
    loader.inputs(&inputs, parsed);
    loader.check_unread(arguments);
    let contents = loader.finish();
    contents.into_loaded(project_file)
}

struct Loader<'p> {
    each: FileLoader<'p>,
    findings: StagedFindings,
    /// Canonical paths of the files that were read, so that a file named twice is read once.
    seen: HashMap<PathBuf, NamedBy>,
    /// Directories in which a file that is not read is reported.
    searched: BTreeSet<PathBuf>,
    /// Whether an input does not say which files it includes, because it has an error.
    lacks_includes: bool,
    files: Vec<PathBuf>,
    /// The names of the customers of all files.
    names: DeclaredNames,
    customers: Vec<(String, DesiredCustomer)>,
    origins: Origins,
    links: SecretLinks,
    oauth_apps: BTreeMap<DefinitionId, DesiredOauthApp>,
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
    /// Loads the inputs and the files that they include. `parsed` is the input that is parsed already.
    fn inputs(&mut self, inputs: &[Input], parsed: Option<ParsedInput>) {
        let each = self.each;
        let parsed = Mutex::new(parsed);
        let load = |position: usize| {
            let is_here = |parsed: &mut ParsedInput| parsed.position == position;
            let parsed = parsed.lock_unpoisoned().take_if(is_here);
            match parsed {
                Some(parsed) => each.load_parsed(parsed),
                None => each.load(&inputs[position]),
            }
        };
        in_order(inputs.len(), load, |position, file| {
            self.input(position, &inputs[position], file);
        });
    }

    /// Adds an input and the files that it includes.
    fn input(&mut self, position: usize, input: &Input, file: LoadedFile) {
        if !self.is_new(input, None) {
            return;
        }
        let Some(document) = self.add(file, Some(position)) else {
            self.lacks_includes = true;
            return;
        };
        self.lacks_includes |= unread::lacks_includes(&document);
        empty_include(&document, &mut self.findings.project);
        let patterns = document.head.include.as_deref().unwrap_or_default();
        let (directory, origin) = (document.directory(), document.key("include"));
        let includes = included(
            "include",
            patterns,
            &directory,
            origin,
            &mut self.findings.load,
        );
        let sites: Vec<FindingSite> = (0..patterns.len())
            .map(|pattern| origin.index(pattern).into())
            .collect();
        self.searched.extend(
            patterns
                .iter()
                .filter_map(|pattern| base(&directory, pattern))
                .filter(|base| place_within(base, &directory).is_ok()),
        );
        let tables = if self.each.project_file.is_at(Some(position)) {
            Tables::find(&document, self.each.project_file, &mut self.findings.load)
        } else {
            Tables::default()
        };
        drop(document);
        self.tables(tables);
        let own = input.canonical_path();
        let mut files = Vec::new();
        for IncludedFile { path, pattern } in includes {
            let file = Input::File(path);
            if file.canonical_path() != own && self.is_new(&file, sites.get(pattern)) {
                files.push(file);
            }
        }
        let each = self.each;
        let load = |position: usize| each.load(&files[position]);
        in_order(files.len(), load, |_, file| drop(self.add(file, None)));
    }

    /// Adds the customers of tables.
    fn tables(&mut self, tables: Tables) {
        let each = self.each;
        for source in tables.sources {
            let input = Input::File(source.path.clone());
            if let Some(canonical) = input.canonical_path() {
                self.seen.insert(canonical, NamedBy::Include);
            }
            let findings = &mut self.findings.load;
            let read = read::source(&input, each.options, findings);
            let templates = &each.project_file.templates;
            let Some((text, template)) = read.zip(templates.get(&source.template)) else {
                continue;
            };
            let table = source.read(text, template, findings);
            self.files.push(table.path.clone());
            self.origins.start_file(&table.source.name);
            let load = |chunk: usize| each.load_rows(&table, template, tables::rows(chunk));
            in_order(tables::chunks(&table), load, |_, file| {
                self.findings.append(file.findings);
                self.links.extend(file.links);
                self.customers(file.customers, |position| {
                    tables::name_site(&table, template, position)
                });
            });
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

    /// Adds a file's findings and customers. Returns its document, if the file could be read.
    fn add(&mut self, file: LoadedFile, position: Option<usize>) -> Option<Document> {
        self.findings.append(file.findings);
        self.links.extend(file.links);
        let document = file.document?;
        self.files.push(document.path.clone());
        self.project_keys(&document, position);
        self.origins.start_file(&document.source.name);
        let sites = NameSites::new(&document);
        self.customers(file.customers, |position| sites.at(position));
        Some(document)
    }

    /// Adds customers. `site` is the place of the name of the customer at a position.
    fn customers(&mut self, chunks: Vec<Vec<LoadedCustomer>>, site: impl Fn(usize) -> FindingSite) {
        for customer in chunks.into_iter().flatten() {
            let LoadedCustomer {
                position,
                name,
                declaration,
                origin,
                desired,
            } = customer;
            let findings = &mut self.findings.customer_names;
            self.names.declare(declaration, || site(position), findings);
            self.origins.add(&name, origin);
            self.customers.push((name, desired));
        }
    }

    fn project_keys(&mut self, document: &Document, position: Option<usize>) {
        let findings = &mut self.findings.project;
        let project_file = self.each.project_file;
        version(document, findings);
        if project_file.is_at(position) {
            let LoadedApps {
                apps,
                findings,
                links,
            } = self.each.oauth_apps(document);
            self.oauth_apps = apps;
            self.findings.values.append(findings);
            self.links.extend(links);
        } else {
            keys_elsewhere(document, &project_file.name, findings);
            organization(document, findings);
            no_customers(document, findings);
        }
    }

    /// Reports configuration files that are not read. A new `airlift.yaml` would otherwise silently replace the project
    /// file and hide the customers of a directory.
    fn check_unread(&mut self, arguments: &[PathBuf]) {
        if self.lacks_includes {
            return;
        }
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
        let Some(source) = read::source(input, self.each.options, &mut ignored) else {
            return;
        };
        // Without `airlift.yaml`, every `.yaml` file of the directory would be read.
        let is_alternative = input.path().extension().is_some_and(|end| end == "yaml")
            && arguments
                .iter()
                .any(|argument| input.path().parent() == Some(argument.as_path()));
        if !is_alternative && !source.text.contains("customers") && !has_project_key(&source.text) {
            return;
        }
        let document = Document::parse(input.path(), source, &mut ignored);
        let findings = &mut self.findings.project;
        if is_alternative && document.is_configuration() {
            keys_elsewhere(&document, &self.each.project_file.name, findings);
        } else if document.is_configuration() {
            settings_not_read(&document, findings);
        }
        not_included(&document, findings);
    }

    fn finish(mut self) -> Contents {
        self.names.finish(&mut self.findings.customer_names);
        Contents {
            findings: self.findings.into_findings(),
            files: self.files,
            customers: self.customers,
            origins: self.origins,
            links: self.links,
            oauth_apps: self.oauth_apps,
        }
    }
}

/// What all files declare, and the findings.
struct Contents {
    findings: Findings,
    files: Vec<PathBuf>,
    customers: Vec<(String, DesiredCustomer)>,
    origins: Origins,
    links: SecretLinks,
    oauth_apps: BTreeMap<DefinitionId, DesiredOauthApp>,
}

impl Contents {
    fn into_loaded(mut self, project_file: ProjectFile) -> Loaded {
        let settings = project_file.settings;
        // After an error, customers may be missing.
        if !self.findings.failed() {
            unused_unchecked_secrets(&settings, &self.customers, &mut self.findings);
        }
        let environments = project_file.environment.declared;
        let project = (!self.findings.failed()).then(|| Project {
            root: project_file.root,
            project_file: PathBuf::from(&*project_file.name),
            desired: Desired {
                environment: project_file.environment.name,
                organization_id: settings.organization_id,
                contract: settings.contract,
                guards: settings.guards,
                adopt: settings.adopt,
                oauth_apps: self.oauth_apps,
                source_templates: settings.source_templates,
                customers: self.customers.into_iter().collect(),
            },
            origins: self.origins,
            stores: settings.stores,
            links: self.links,
            types_lock: settings.types_lock.path,
            unchecked_secrets: settings.unchecked_secrets,
            files: self.files,
            scope: None,
        });
        Loaded {
            report: self.findings.into_report(),
            project,
            environments,
        }
    }
}
