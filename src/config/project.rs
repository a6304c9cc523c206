//! Responsible for the result of loading: the report, and the project if no finding is an error.

use super::diagnostic::{Location, Report};
use super::origins::Origins;
use crate::model::{Address, Desired};
use crate::secrets::SecretLinks;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The result of loading the files.
#[derive(Debug)]
pub struct Loaded {
    /// All errors and warnings.
    pub report: Report,
    /// The project, unless a finding is an error.
    pub project: Option<Project>,
}

/// A project whose files have no error.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// The project's directory. Relative paths in references start from it.
    pub root: PathBuf,
    /// The declared customers and connectors.
    pub desired: Desired,
    pub(super) origins: Origins,
    /// The stores that references may use, or `None` if the project file has no `stores`.
    pub stores: Option<BTreeSet<String>>,
    /// Where the links of the file references lead.
    pub links: SecretLinks,
    /// Patterns of references, such as `env:ACME_*`, whose values may have any form.
    pub unchecked_secrets: Vec<String>,
    /// The files of the project, in the order of reading.
    pub files: Vec<PathBuf>,
}

impl Project {
    /// A project without customers.
    pub fn without_files(root: PathBuf) -> Self {
        Self {
            root,
            desired: Desired::default(),
            origins: Origins::default(),
            stores: None,
            links: SecretLinks::new(),
            unchecked_secrets: Vec::new(),
            files: Vec::new(),
        }
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
