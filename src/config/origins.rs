//! Responsible for where each customer and connector of a project is declared.

use super::diagnostic::Location;
use super::document::DeclaredCustomer;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where each customer and connector is declared.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Origins {
    files: Vec<Arc<str>>,
    customers: BTreeMap<String, CustomerOrigin>,
}

#[derive(Clone, Debug, PartialEq)]
struct CustomerOrigin {
    file: usize,
    place: Place,
    /// In the order of the connectors' names.
    connectors: Box<[Place]>,
}

/// A location without its file.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    line: u32,
    column: u32,
    end_column: u32,
}

impl Origins {
    /// The location of a customer.
    pub(super) fn customer(&self, name: &str) -> Option<Location> {
        let customer = self.customers.get(name)?;
        self.location(customer, customer.place)
    }

    /// The location of the connector at a position among the customer's, in name order.
    pub(super) fn connector(&self, customer: &str, position: usize) -> Option<Location> {
        let customer = self.customers.get(customer)?;
        self.location(customer, *customer.connectors.get(position)?)
    }

    fn location(&self, customer: &CustomerOrigin, place: Place) -> Option<Location> {
        Some(Location {
            file: self.files.get(customer.file)?.to_string(),
            line: place.line,
            column: place.column,
            end_column: place.end_column,
        })
    }

    /// The customers that are added next are declared in this file.
    pub(super) fn begin_file(&mut self, name: &Arc<str>) {
        self.files.push(Arc::clone(name));
    }

    pub(super) fn add(&mut self, declared: &DeclaredCustomer<'_>) {
        let mut connectors: Vec<_> = declared.connectors.iter().collect();
        connectors.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        let customer = CustomerOrigin {
            file: self.files.len().saturating_sub(1),
            place: declared.origin.location().into(),
            connectors: connectors
                .into_iter()
                .map(|(_, origin)| origin.location().into())
                .collect(),
        };
        self.customers.insert(declared.raw.name.clone(), customer);
    }
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        Self {
            line: location.line,
            column: location.column,
            end_column: location.end_column,
        }
    }
}
