//! Responsible for the sentences about blocks, refusals, warnings and results of steps, which `plan` and
//! `apply` report as data.

mod apply;
mod grouped;
mod plan;
mod plan_warning;
mod policy;
mod source_template;

pub(crate) use apply::{STEPS, cause, problem, warning};
pub(crate) use grouped::{block_cause, block_detail};
pub(crate) use plan::{block_code, blocked, limit_source, refusal_code, refused};
pub(crate) use plan_warning::{closed_window, escaped_name, plan_warning};

use super::labels::counted;

/// Customers and connectors, as every command counts them.
pub(crate) fn objects(customers: usize, connectors: usize) -> String {
    let (customers, connectors) = (
        counted(customers, "customer"),
        counted(connectors, "connector"),
    );
    format!("{customers} and {connectors}")
}

/// What files declare.
pub(crate) fn declared(files: usize, customers: usize, connectors: usize) -> String {
    let files = counted(files, "file");
    format!("{files} with {}", objects(customers, connectors))
}
