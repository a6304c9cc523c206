//! What the files say, once every check has passed.
//!
//! Owns the second of the two types of a configuration: a value of it exists only for files
//! without an error, so that whoever converts it need not doubt it.

use super::diagnostic::Location;
use super::load::Parsed;
use super::raw::{RawContract, RawCustomer, RawGuards, RawRotation};
use super::source::Place;
use std::path::PathBuf;

/// Checked configuration, with the places it came from.
#[derive(Debug)]
pub struct Written {
    /// The project's directory.
    pub(crate) root: PathBuf,
    /// Every file read, in order.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) organization_id: Option<String>,
    pub(crate) contract: Option<RawContract>,
    pub(crate) guards: Option<RawGuards>,
    pub(crate) stores: Option<Vec<String>>,
    pub(crate) rotation: Option<RawRotation>,
    pub(crate) customers: Vec<WrittenCustomer>,
}

/// A checked customer.
#[derive(Debug)]
pub(crate) struct WrittenCustomer {
    pub(crate) raw: RawCustomer,
    pub(crate) location: Location,
    /// Of each connector.
    pub(crate) connectors: Vec<Location>,
}

/// The file that holds the project's keys; else the first that was named.
pub(super) fn project_file(files: &[Parsed]) -> Option<&Parsed> {
    let named = || files.iter().filter(|file| !file.included);
    named()
        .find(|file| !project_keys(file).is_empty())
        .or_else(|| named().find(|file| file.shaped.file.version.is_some()))
        .or_else(|| named().next())
}

/// The keys of the project that a file holds.
pub(super) fn project_keys(file: &Parsed) -> Vec<&'static str> {
    let raw = &file.shaped.file;
    let keys = [
        ("organization_id", raw.organization_id.is_some()),
        ("contract", raw.contract.is_some()),
        ("include", raw.include.is_some()),
        ("guards", raw.guards.is_some()),
        ("stores", raw.stores.is_some()),
        ("secret_policy", raw.secret_policy.is_some()),
        ("rotation", raw.rotation.is_some()),
    ];
    keys.into_iter()
        .filter(|(_, given)| *given)
        .map(|(key, _)| key)
        .collect()
}

/// The project's directory.
pub(super) fn root(files: &[Parsed]) -> PathBuf {
    project_file(files).map_or_else(|| PathBuf::from("."), Parsed::directory)
}

impl Written {
    pub(super) fn collect(files: Vec<Parsed>, root: PathBuf) -> Self {
        let project = project_file(&files)
            .map(|file| file.shaped.file.clone())
            .unwrap_or_default();
        let mut written = Self {
            root,
            files: files.iter().map(|file| file.path.clone()).collect(),
            organization_id: project.organization_id,
            contract: project.contract,
            guards: project.guards,
            stores: project.stores,
            rotation: project.rotation,
            customers: Vec::new(),
        };
        for file in files {
            written.take_customers(file);
        }
        written
    }

    fn take_customers(&mut self, file: Parsed) {
        let places = file.source.root().key("customers").items();
        let customers = file.shaped.customers.into_iter();
        // A file without errors keeps all of its customers, so the two lists are in step.
        self.customers
            .extend(customers.zip(&places).map(|(customer, place)| {
                let connectors = place.key("connectors").items();
                WrittenCustomer {
                    raw: customer.raw,
                    location: place.location(),
                    connectors: connectors.into_iter().map(Place::location).collect(),
                }
            }));
    }
}
