//! Responsible for the locations of all customers and connectors, in little memory.

use super::diagnostic::Location;
use super::document::DeclaredCustomer;
use super::origin::Origin;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The locations of a project's customers and connectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Origins {
    files: Vec<Arc<str>>,
    customers: BTreeMap<String, CustomerOrigin>,
}

/// The locations of a customer and its connectors, without their file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CustomerOrigin {
    file: usize,
    span: LineSpan,
    /// Sorted by connector name.
    connectors: Box<[LineSpan]>,
}

/// A location without its file.
#[derive(Clone, Copy, Debug, PartialEq)]
struct LineSpan {
    line: u32,
    column: u32,
    end_column: u32,
}

impl Origins {
    /// The location of a customer.
    pub(super) fn customer(&self, name: &str) -> Option<Location> {
        let customer = self.customers.get(name)?;
        self.location(customer, customer.span)
    }

    /// The location of a connector, by its position among the customer's connectors in name order.
    pub(super) fn connector(&self, customer: &str, position: usize) -> Option<Location> {
        let customer = self.customers.get(customer)?;
        self.location(customer, *customer.connectors.get(position)?)
    }

    fn location(&self, customer: &CustomerOrigin, span: LineSpan) -> Option<Location> {
        Some(Location {
            file: self.files.get(customer.file)?.to_string(),
            line: span.line,
            column: span.column,
            end_column: span.end_column,
        })
    }

    /// Sets the file of the customers that are added next.
    pub(super) fn start_file(&mut self, name: &Arc<str>) {
        self.files.push(Arc::clone(name));
    }

    /// Adds a customer of the last file.
    pub(super) fn add(&mut self, name: &str, customer: CustomerOrigin) {
        let file = self.files.len().saturating_sub(1);
        let customer = CustomerOrigin { file, ..customer };
        self.customers.insert(name.to_owned(), customer);
    }
}

impl From<&DeclaredCustomer<'_>> for CustomerOrigin {
    fn from(declared: &DeclaredCustomer<'_>) -> Self {
        let mut connectors: Vec<_> = declared.connectors.iter().collect();
        connectors.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        Self {
            file: 0,
            span: declared.origin.into(),
            connectors: connectors
                .into_iter()
                .map(|(_, origin)| (*origin).into())
                .collect(),
        }
    }
}

impl From<Origin<'_>> for LineSpan {
    fn from(origin: Origin<'_>) -> Self {
        let (line, column, end_column) = origin.columns();
        Self {
            line,
            column,
            end_column,
        }
    }
}
