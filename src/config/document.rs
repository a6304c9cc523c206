//! Responsible for decoding one file: its tree becomes raw values with their origins.
//!
//! Decodes the valid parts of a file that has findings, so that one run reports all findings.

use super::code::Code;
use super::decode::decode_node;
use super::findings::{FindingSite, Findings};
use super::invalid_parts::{
    below_connector, is_in_connector, remove, remove_from_connector, remove_from_file,
};
use super::origin::Origin;
use super::raw::{RawConnector, RawCustomer, RawFile};
use super::read::is_unprintable;
use super::schema_check::{self, WrongPath, kind_of};
use super::source::Source;
use super::yaml::{self, Defect};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

/// The keys that only the project file may have.
pub(super) const PROJECT_KEYS: [&str; 16] = [
    "organization_id",
    "environments",
    "contract",
    "include",
    "guards",
    "stores",
    "unchecked_secrets",
    "secret_policy",
    "customer_policy",
    "adopt",
    "rotation",
    "templates",
    "customers_from",
    "oauth_apps",
    "source_templates",
    "types_lock",
];

/// Whether a line of the text starts with a project key.
pub(super) fn has_project_key(text: &str) -> bool {
    let starts_with_key = |line: &str| PROJECT_KEYS.iter().any(|key| line.starts_with(key));
    text.lines().any(starts_with_key)
}

/// A parsed file.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) path: PathBuf,
    pub(super) source: Source,
    /// All fields except `customers`.
    pub(super) head: RawFile,
    /// Whether the text has no defect. Values are decoded only then.
    pub(super) is_valid: bool,
    /// The number of customers that were visited and dropped while the text was parsed.
    visited: usize,
}

/// A customer and its connectors, each with its origin.
#[derive(Debug)]
pub(super) struct DeclaredCustomer<'s> {
    /// All fields except `connectors`.
    pub(super) raw: RawCustomer,
    pub(super) origin: Origin<'s>,
    pub(super) connectors: Vec<(RawConnector, Origin<'s>)>,
}

impl Document {
    /// Parses a text and decodes all fields except `customers`.
    pub(super) fn parse(path: &Path, source: Source, findings: &mut Findings) -> Self {
        Self::parse_each(path, source, findings, |_, _| {})
    }

    /// Parses a text and decodes all fields except `customers`. Passes each customer to `visit`, with its position, unless
    /// the document has the customers.
    pub(super) fn parse_each(
        path: &Path,
        mut source: Source,
        findings: &mut Findings,
        visit: impl FnMut(usize, Origin<'_>),
    ) -> Self {
        let visited = visit_customers(&mut source, visit);
        let is_valid = visited.is_some() || parse(&mut source, findings);
        let head = if is_valid {
            head(source.root(), findings)
        } else {
            RawFile::default()
        };
        Self {
            path: path.to_owned(),
            source,
            head,
            is_valid,
            visited: visited.unwrap_or(0),
        }
    }

    /// The directory that relative paths in the file start from.
    pub(super) fn directory(&self) -> PathBuf {
        self.path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .map_or_else(|| PathBuf::from("."), Path::to_owned)
    }

    /// The origin of a top-level key, or of the file if the key is absent.
    pub(super) fn key(&self, name: &str) -> Origin<'_> {
        self.source.root().key(name)
    }

    /// The project keys in the file.
    pub(super) fn project_keys(&self) -> impl Iterator<Item = &'static str> {
        let entries = self.entries();
        PROJECT_KEYS.into_iter().filter(move |key| {
            entries
                .iter()
                .any(|(name, value)| name == key && !value.is_null())
        })
    }

    /// Whether the file is configuration: a mapping with no other keys than airlift's.
    pub(super) fn is_configuration(&self) -> bool {
        let is_known =
            |name: &str| name == "version" || name == "customers" || PROJECT_KEYS.contains(&name);
        let entries = self.entries();
        !entries.is_empty() && entries.iter().all(|(name, _)| is_known(name))
    }

    /// Whether the file has customers, as far as that can be told of an invalid file.
    pub(super) fn seems_to_have_customers(&self) -> bool {
        let starts_list = |line: &str| line.starts_with("customers:");
        if self.is_valid {
            self.are_customers_dropped() || !self.customers().is_empty()
        } else {
            self.source.text.lines().any(starts_list)
        }
    }

    /// Whether the file is valid and says nothing, not even that there are no customers.
    pub(super) fn is_without_content(&self) -> bool {
        let says_something = |(_, value): &(&str, Origin<'_>)| !value.is_null();
        let root = self.source.root();
        let entries = self.entries();
        // Another value in place of a mapping has a finding of its own.
        let is_mapping = || matches!(root.to_json(), Value::Null | Value::Object(_));
        self.is_valid
            && root.items().is_empty()
            && (!entries.is_empty() || is_mapping())
            && !entries
                .iter()
                .filter(|(name, _)| *name != "version")
                .any(says_something)
    }

    fn entries(&self) -> Vec<(&str, Origin<'_>)> {
        if self.is_valid {
            self.source.root().entries()
        } else {
            Vec::new()
        }
    }

    /// Whether the customers were visited and dropped while the text was parsed.
    pub(super) fn are_customers_dropped(&self) -> bool {
        self.visited > 0
    }

    /// The source with all customers.
    fn with_customers(&self) -> Source {
        let source = Source::new(self.source.name.to_string(), self.source.text.clone());
        let mut source = source.with_variables_of(&self.source);
        source.tree = yaml::parse(&source.text, source.variables()).tree;
        source
    }

    /// The origins of the customers in the file, unless they are dropped.
    pub(super) fn customers(&self) -> Vec<Origin<'_>> {
        if self.is_valid {
            self.key("customers").items()
        } else {
            Vec::new()
        }
    }
}

/// The places of the names of a document's customers. A file whose customers are dropped is parsed once more for the
/// first place.
pub(super) struct NameSites<'d> {
    document: &'d Document,
    with_customers: OnceCell<Source>,
}

impl<'d> NameSites<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self {
            document,
            with_customers: OnceCell::new(),
        }
    }

    /// The place of the name of the customer at a position.
    pub(super) fn at(&self, position: usize) -> FindingSite {
        let document = self.document;
        let source = if document.are_customers_dropped() {
            self.with_customers
                .get_or_init(|| document.with_customers())
        } else {
            &document.source
        };
        let customers = source.root().key("customers");
        customers.index(position).key("name").into()
    }
}

/// Parses a text without defects, and drops each customer after its visit. Returns the number of customers.
fn visit_customers(source: &mut Source, mut visit: impl FnMut(usize, Origin<'_>)) -> Option<usize> {
    if source.text.contains(is_unprintable) {
        return None;
    }
    let shared = &*source;
    let (tree, customers) = yaml::parse_each(
        &shared.text,
        shared.variables(),
        "customers",
        |position, node| {
            visit(position, Origin::Node(shared, node));
        },
    )?;
    source.tree = Some(tree);
    Some(customers)
}

/// Parses the text and returns whether it has no defect. The tree of a text with defects is kept
/// to mask excerpts.
fn parse(source: &mut Source, findings: &mut Findings) -> bool {
    if source.text.contains(is_unprintable) {
        report_unprintable(source, findings);
        return false;
    }
    let parsed = yaml::parse(&source.text, source.variables());
    let is_valid = parsed.defects.iter().all(Defect::is_harmless);
    source.tree = parsed.tree;
    for defect in parsed.defects {
        findings.defect(source, defect);
    }
    is_valid
}

fn report_unprintable(source: &Source, findings: &mut Findings) {
    for (span, character) in source.characters(is_unprintable) {
        if findings.is_full() {
            findings.omit();
        } else if character == '\0' {
            let message = "the file contains a NUL, so it is not text";
            findings.span(source, span, Code::NotText, message);
        } else {
            let message = format!(
                "this character (U+{:04X}) is invisible, or YAML readers disagree about its meaning",
                u32::from(character)
            );
            findings.span(source, span, Code::UnprintableCharacter, message);
        }
    }
}

/// Decodes a file without its customers. Customers are decoded one at a time, because a large file
/// as one JSON value takes many times the file's size in memory.
fn head(root: Origin<'_>, findings: &mut Findings) -> RawFile {
    let entries = root.entries();
    if entries.is_empty() {
        match root.to_json() {
            Value::Null | Value::Object(_) => {}
            other => {
                let kind = kind_of(&other);
                let message =
                    format!("the file must be a mapping such as `customers: […]`, not {kind}");
                let help = if other.is_array() {
                    "write `customers:` above, and indent the list below it"
                } else {
                    "write `customers:`, and a line `  - name: NAME` below it for each customer"
                };
                let help = Some(help.to_owned());
                findings.at(root, Code::WrongType, message, help);
            }
        }
        return RawFile::default();
    }
    let fields = entries.into_iter().map(|(name, origin)| {
        let has_items = name == "customers" && !origin.items().is_empty();
        let json = if has_items {
            Value::Array(Vec::new())
        } else {
            origin.to_json()
        };
        (name.to_owned(), json)
    });
    let mut json = Value::Object(fields.collect::<Map<_, _>>());
    for path in schema_check::file(&json, root, findings) {
        remove_from_file(&mut json, &path);
    }
    remove(&mut json, Some(&"customers".to_owned()));
    decode(json, root, findings).unwrap_or_default()
}

/// Decodes the valid fields of a customer.
pub(super) fn customer<'s>(
    origin: Origin<'s>,
    findings: &mut Findings,
) -> Option<DeclaredCustomer<'s>> {
    if let Some(mut raw) = decode_node::<RawCustomer>(origin) {
        let connectors = raw.connectors.take().unwrap_or_default();
        let origins = origin.key("connectors").items();
        return Some(DeclaredCustomer {
            raw,
            origin,
            connectors: connectors.into_iter().zip(origins).collect(),
        });
    }
    checked_customer(origin, findings)
}

/// Reports the wrong parts of a customer, and decodes the others.
pub(super) fn checked_customer<'s>(
    origin: Origin<'s>,
    findings: &mut Findings,
) -> Option<DeclaredCustomer<'s>> {
    let mut json = origin.to_json();
    let wrong = schema_check::customer(&json, origin, findings);
    // Without a name, nothing can be said about a customer but its wrong types.
    let is_unusable = |path: &WrongPath| path.first().is_none_or(|field| field == "name");
    if wrong.iter().any(is_unusable) {
        return None;
    }
    for path in wrong.iter().filter(|path| !is_in_connector(path)) {
        remove(&mut json, path.first());
    }
    let connectors = match json.as_object_mut()?.remove("connectors") {
        Some(Value::Array(connectors)) => connectors,
        _ => Vec::new(),
    };
    let raw = decode(json, origin, findings)?;
    let origins = origin.key("connectors").items();
    let connectors = origins
        .into_iter()
        .zip(connectors)
        .enumerate()
        .filter_map(|(position, (origin, json))| {
            let wrong = wrong
                .iter()
                .filter_map(|path| below_connector(path, position));
            Some((connector(json, origin, wrong, findings)?, origin))
        })
        .collect();
    Some(DeclaredCustomer {
        raw,
        origin,
        connectors,
    })
}

fn connector<'w>(
    mut json: Value,
    origin: Origin<'_>,
    wrong: impl Iterator<Item = &'w [String]>,
    findings: &mut Findings,
) -> Option<RawConnector> {
    for path in wrong {
        let field = path.first()?;
        if field == "name" || field == "type" {
            return None;
        }
        remove_from_connector(&mut json, path);
    }
    decode(json, origin, findings)
}

/// Decodes a value that the schema accepts. The schema is generated from the type, so decoding
/// fails only if schemars and serde disagree; the failure becomes a finding.
fn decode<T: DeserializeOwned>(
    json: Value,
    origin: Origin<'_>,
    findings: &mut Findings,
) -> Option<T> {
    serde_json::from_value(json)
        .map_err(|_| {
            let message = "the file cannot be read as configuration";
            findings.at(origin, Code::YamlSyntax, message, None);
        })
        .ok()
}
