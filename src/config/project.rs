//! Responsible for the result of loading: the report, and the project if no finding is an error.

use super::diagnostic::{Location, Report};
use super::origins::Origins;
use crate::model::{Address, Desired};
use crate::secrets::SecretLinks;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The result of loading the files.
#[derive(Debug)]
pub struct Loaded {
    /// All errors and warnings.
    pub report: Report,
    /// The project, unless a finding is an error.
    pub project: Option<Project>,
    /// The environments of the project file, if the files are checked in each of them, or the run chooses one.
    pub environments: Vec<String>,
}

/// A project whose files have no error.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// The project's directory. Relative paths in references start from it.
    pub root: PathBuf,
    /// The file with the project keys; empty without files.
    pub project_file: PathBuf,
    /// The declared customers and connectors.
    pub desired: Desired,
    pub(super) origins: Origins,
    /// The stores that references may use, or `None` if the project file has no `stores`.
    pub stores: Option<BTreeSet<String>>,
    /// Where the links of the file references lead.
    pub links: SecretLinks,
    /// The lock file of connector types, if the project file names one.
    pub types_lock: Option<PathBuf>,
    /// Patterns of references, such as `env:ACME_*`, whose values may have any form.
    pub unchecked_secrets: Vec<String>,
    /// The files of the project, in the order of reading.
    pub files: Vec<PathBuf>,
    /// The customers that the run is narrowed to, because the command line names their files only. `None` for the
    /// whole project.
    pub scope: Option<BTreeSet<String>>,
}

impl Project {
    /// A project without customers.
    pub fn without_files(root: PathBuf) -> Self {
        Self {
            root,
            project_file: PathBuf::new(),
            desired: Desired::default(),
            origins: Origins::default(),
            stores: None,
            links: SecretLinks::new(),
            types_lock: None,
            unchecked_secrets: Vec::new(),
            files: Vec::new(),
            scope: None,
        }
    }

    /// The same project, narrowed to the customers of these files. Fails with the files that declare no customer of the
    /// project.
    pub fn narrowed_to(self, named: &[PathBuf]) -> Result<Self, Vec<PathBuf>> {
        let mut customers: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
        for name in self.desired.customers.keys() {
            let origin = self.origin(&Address::customer(name));
            let file = origin.and_then(|location| PathBuf::from(location.file).canonicalize().ok());
            customers
                .entry(file.unwrap_or_default())
                .or_default()
                .insert(name.clone());
        }
        let others: Vec<PathBuf> = named
            .iter()
            .filter(|file| !customers.contains_key(*file))
            .cloned()
            .collect();
        if !others.is_empty() || named.is_empty() {
            return Err(others);
        }
        let named = named.iter().filter_map(|file| customers.remove(file));
        Ok(Self {
            scope: Some(named.flatten().collect()),
            ..self
        })
    }

    /// The location of a customer's or connector's declaration.
    pub fn origin(&self, address: &Address) -> Option<Location> {
        let Some(connector) = &address.connector else {
            return self.origins.customer(&address.customer);
        };
        let customer = self.desired.customers.get(&address.customer)?;
        let position = customer
            .connectors
            .keys()
            .position(|name| name == connector)?;
        self.origins.connector(&address.customer, position)
    }
}
