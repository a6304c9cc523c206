//! Responsible for loading one file by itself: reads, parses and validates it. Several threads load files at the same
//! time.
//!
//! Does not compare the names of customers, because other files declare some of them.

use super::LoadOptions;
use super::document::{self, Document};
use super::findings::{Findings, StagedFindings};
use super::origin::Origin;
use super::origins::CustomerOrigin;
use super::project_file::{ParsedInput, ProjectFile};
use super::read::{self, Input};
use super::source::Source;
use super::table::Table;
use super::template::Template;
use super::validate::{
    self, CheckedFiles, Declaration, PermittedCustomers, Scope, reserved_customer,
};
use crate::model::{DefinitionId, DesiredCustomer, DesiredOauthApp, SharedTexts};
use crate::secrets::SecretLinks;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

/// What loading a file needs besides the file.
#[derive(Clone, Copy)]
pub(super) struct FileLoader<'p> {
    pub(super) options: &'p LoadOptions,
    pub(super) project_file: &'p ProjectFile,
}

/// The customers of a chunk. The loader frees each chunk once its customers are in the project, so that memory does not
/// hold all customers of a large file twice.
const CHUNK: usize = 1024;

/// A file with its customers.
#[derive(Default)]
pub(super) struct LoadedFile {
    /// `None` if the file could not be read.
    pub(super) document: Option<Document>,
    pub(super) findings: StagedFindings,
    /// In chunks of [`CHUNK`].
    pub(super) customers: Vec<Vec<LoadedCustomer>>,
    pub(super) links: SecretLinks,
}

/// A customer of a file.
pub(super) struct LoadedCustomer {
    /// The position in the file's list.
    pub(super) position: usize,
    pub(super) name: String,
    pub(super) declaration: Declaration,
    pub(super) origin: CustomerOrigin,
    pub(super) desired: DesiredCustomer,
}

impl FileLoader<'_> {
    /// Reads, parses and validates a file.
    pub(super) fn load(self, input: &Input) -> LoadedFile {
        let mut findings = Findings::default();
        match read::source(input, self.options, &mut findings) {
            Some(source) => self.parse(input.path(), source, findings),
            None => LoadedFile {
                findings: staged(findings),
                ..LoadedFile::default()
            },
        }
    }

    /// Validates a file that is parsed already.
    pub(super) fn load_parsed(self, parsed: ParsedInput) -> LoadedFile {
        let ParsedInput {
            document, findings, ..
        } = parsed;
        if document.are_customers_dropped() || document.source.lacks_values() {
            let Document { path, source, .. } = document;
            return self.parse(&path, source, Findings::default());
        }
        self.add_customers(document, findings)
    }

    /// Parses a file. Validates each customer before the next is parsed, so that the file needs the memory of one.
    fn parse(self, path: &Path, source: Source, mut findings: Findings) -> LoadedFile {
        let links = RefCell::default();
        let source = source.with_variables(&self.project_file.environment.variables);
        let mut customers = Customers::new(self.scope(path, &links), self, path);
        let document = Document::parse_each(path, source, &mut findings, |position, origin| {
            customers.add(position, origin);
        });
        if !document.are_customers_dropped() {
            return self.add_customers(document, findings);
        }
        let mut file = customers.finish();
        file.findings.load.append(findings);
        LoadedFile {
            document: Some(document),
            links: links.into_inner(),
            ..file
        }
    }

    /// Validates the customers of a document.
    fn add_customers(self, document: Document, findings: Findings) -> LoadedFile {
        let links = RefCell::default();
        let mut customers =
            Customers::new(self.scope(&document.path, &links), self, &document.path);
        customers.findings.load = findings;
        for (position, origin) in document.customers().into_iter().enumerate() {
            customers.add(position, origin);
        }
        let file = customers.finish();
        LoadedFile {
            document: Some(document),
            links: links.into_inner(),
            ..file
        }
    }

    /// Fills the template with rows of a table, and validates their customers.
    pub(super) fn load_rows(
        self,
        table: &Table,
        template: &Template,
        rows: Range<usize>,
    ) -> LoadedFile {
        let links = RefCell::default();
        let scope = self.scope(&table.path, &links);
        let mut customers = Customers::new(scope, self, &table.path);
        for position in rows {
            let Some(row) = table.rows.get(position) else {
                break;
            };
            let findings = &mut customers.findings.load;
            if let Some(expanded) = template.expand(table, row, findings) {
                customers.add(position, Origin::from_row(&expanded));
            }
        }
        let file = customers.finish();
        LoadedFile {
            links: links.into_inner(),
            ..file
        }
    }

    /// Validates the OAuth apps of the project file.
    pub(super) fn oauth_apps(self, document: &Document) -> LoadedApps {
        let links = RefCell::default();
        let mut findings = Findings::default();
        let scope = self.scope(&document.path, &links);
        let apps = validate::oauth_apps(document, &scope, &mut findings);
        drop(scope);
        LoadedApps {
            apps,
            findings,
            links: links.into_inner(),
        }
    }

    fn scope<'s>(self, path: &Path, links: &'s RefCell<SecretLinks>) -> Scope<'s>
    where
        Self: 's,
    {
        Scope {
            project: &self.project_file.root,
            secret_access: &self.options.secret_access,
            permissions: self.project_file.permissions(path),
            rotation: self.project_file.settings.rotation,
            types: &self.project_file.settings.types_lock.types,
            source_templates: &self.project_file.settings.source_templates,
            links,
            checked_files: CheckedFiles::default(),
            texts: SharedTexts::default(),
        }
    }
}

/// The OAuth apps of the project file, with the findings about them.
pub(super) struct LoadedApps {
    pub(super) apps: BTreeMap<DefinitionId, DesiredOauthApp>,
    pub(super) findings: Findings,
    pub(super) links: SecretLinks,
}

/// The customers of a file that are validated so far.
struct Customers<'s> {
    scope: Scope<'s>,
    permitted: PermittedCustomers,
    findings: StagedFindings,
    /// In chunks of [`CHUNK`].
    loaded: Vec<Vec<LoadedCustomer>>,
}

impl<'s> Customers<'s> {
    fn new(scope: Scope<'s>, loader: FileLoader<'_>, path: &Path) -> Self {
        Self {
            scope,
            permitted: loader.project_file.permitted_customers(path),
            findings: StagedFindings::default(),
            loaded: Vec::new(),
        }
    }

    fn add(&mut self, position: usize, origin: Origin<'_>) {
        let findings = &mut self.findings;
        let Some(declared) = document::customer(origin, &mut findings.load) else {
            return;
        };
        let name = declared.raw.name.clone();
        let previous = declared.raw.previous_name.as_deref();
        let names = &mut findings.customer_names;
        reserved_customer(&name, origin, names);
        let declaration = Declaration::new(&name, previous, origin, names);
        self.permitted.check(&declared, &mut findings.policy);
        let loaded = LoadedCustomer {
            position,
            declaration,
            origin: CustomerOrigin::from(&declared),
            desired: validate::customer(declared, &self.scope, findings),
            name,
        };
        match self.loaded.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(loaded),
            _ => self.loaded.push(vec![loaded]),
        }
    }

    fn finish(self) -> LoadedFile {
        LoadedFile {
            findings: self.findings,
            customers: self.loaded,
            ..LoadedFile::default()
        }
    }
}

fn staged(load: Findings) -> StagedFindings {
    StagedFindings {
        load,
        ..StagedFindings::default()
    }
}
