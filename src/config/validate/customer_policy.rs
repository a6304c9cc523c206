//! Responsible for the customers that each file may declare: the project's `customer_policy`.
//!
//! The policy is in the project file, so that the author of a customer's file cannot change it.

use super::file_pattern::{self, FilePattern, relative_path};
use crate::config::code::Code;
use crate::config::document::{DeclaredCustomer, Document};
use crate::config::findings::Findings;
use crate::config::origin::Origin;
use crate::config::raw::RawCustomerPolicy;
use crate::config::redaction::title;
use crate::model::normalized;
use glob::Pattern;
use std::path::{Path, PathBuf};

/// The project file's rules for the names of customers.
#[derive(Debug, Default)]
pub(in crate::config) struct CustomerPolicy {
    root: PathBuf,
    entries: Option<Vec<CustomerPolicyEntry>>,
}

#[derive(Debug)]
struct CustomerPolicyEntry {
    files: FilePattern,
    customers: Vec<Pattern>,
}

/// The customers that one file may declare.
#[derive(Debug)]
pub(in crate::config) struct PermittedCustomers {
    /// `None` without a policy.
    patterns: Option<Vec<Pattern>>,
}

impl CustomerPolicy {
    /// The policy of a project file.
    pub(in crate::config) fn from_document(document: &Document, findings: &mut Findings) -> Self {
        let origin = document.key("customer_policy");
        let raw = document.head.customer_policy.as_ref();
        Self {
            root: document.directory(),
            entries: raw.map(|entries| {
                entries
                    .iter()
                    .enumerate()
                    .filter_map(|(index, raw)| entry(raw, origin.index(index), findings))
                    .collect()
            }),
        }
    }

    /// The customers that one file may declare.
    pub(in crate::config) fn permitted(&self, file: &Path) -> PermittedCustomers {
        let path = relative_path(file, &self.root);
        PermittedCustomers {
            patterns: self.entries.as_ref().map(|entries| {
                entries
                    .iter()
                    .filter(|entry| entry.files.matches(path.as_deref()))
                    .flat_map(|entry| entry.customers.clone())
                    .collect()
            }),
        }
    }
}

impl PermittedCustomers {
    /// Refuses a customer whose name or former name the file may not declare. A former name counts,
    /// because a file must not rename the customer of another file.
    pub(in crate::config) fn check(
        &self,
        customer: &DeclaredCustomer<'_>,
        findings: &mut Findings,
    ) {
        let names = [
            ("name", Some(&customer.raw.name)),
            ("previous_name", customer.raw.previous_name.as_ref()),
        ];
        for (key, name) in names {
            let Some(name) = name.filter(|name| !self.allows(name)) else {
                continue;
            };
            let message = format!(
                "`{key}`: the project's `customer_policy` does not allow this file to declare {}",
                title(name)
            );
            let origin = customer.origin.key(key);
            findings.at(origin, Code::CustomerPolicyViolation, message, None);
        }
    }

    fn allows(&self, name: &str) -> bool {
        let name = normalized(name);
        self.patterns
            .as_ref()
            .is_none_or(|patterns| patterns.iter().any(|pattern| pattern.matches(&name)))
    }
}

/// Validates an entry. An invalid pattern is dropped, so that files may declare fewer customers.
fn entry(
    raw: &RawCustomerPolicy,
    origin: Origin<'_>,
    findings: &mut Findings,
) -> Option<CustomerPolicyEntry> {
    let names = origin.key("customers");
    let customers = raw
        .customers
        .iter()
        .enumerate()
        .filter_map(|(index, text)| {
            file_pattern::parse(&normalized(text), names.index(index), findings)
        })
        .collect();
    Some(CustomerPolicyEntry {
        files: FilePattern::parse(&raw.files, origin.key("files"), findings)?,
        customers,
    })
}
