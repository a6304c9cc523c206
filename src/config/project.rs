//! Responsible for what loading gives: a report, and the project if nothing in it is an error.

use super::diagnostic::{Location, Report};
use super::origins::Origins;
use crate::model::{Address, Desired};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What reading the files gave.
#[derive(Debug)]
pub struct Loaded {
    /// Everything found.
    pub report: Report,
    /// The project, unless a finding is an error.
    pub project: Option<Project>,
}

/// A project whose files hold no error.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// Its directory, which relative paths in references start from.
    pub root: PathBuf,
    /// What it asks for.
    pub desired: Desired,
    pub(super) origins: Origins,
    /// The stores that its references may use; nothing when it lists none.
    pub stores: Option<BTreeSet<String>>,
    /// The files it was read from, in order.
    pub files: Vec<PathBuf>,
}

impl Project {
    /// A project that declares nothing.
    pub fn without_files(root: PathBuf) -> Self {
        Self {
            root,
            desired: Desired::default(),
            origins: Origins::default(),
            stores: None,
            files: Vec::new(),
        }
    }

    /// Where a customer or connector is declared.
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
