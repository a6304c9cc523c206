//! Responsible for leaving out what the checks of the files refuse, so that an export is valid
//! whatever the API returned: what a file cannot hold becomes a remark.

use super::{Block, Exported, ExportedConnector, ExportedCustomer};
use crate::config::{Problem, Step, check_customer};
use crate::model::Settings;
use std::path::PathBuf;

impl Exported {
    /// Leaves out what no file can hold. Absolute file references may point below `secret_roots`.
    pub fn amend(&mut self, secret_roots: &[PathBuf]) {
        for customer in &mut self.customers {
            customer.amend(secret_roots);
        }
    }
}

impl ExportedCustomer {
    /// What is left out may leave a gap, or make room for a twin, so the rest is checked again. Each
    /// round leaves something out.
    fn amend(&mut self, secret_roots: &[PathBuf]) {
        while self.left_out.is_none() {
            let problems = check_customer(&self.to_value(), secret_roots);
            if problems.is_empty() {
                return;
            }
            self.leave_out(&problems);
        }
    }

    /// Leaves out what the problems are about.
    pub(super) fn leave_out(&mut self, problems: &[Problem]) {
        let declared = self.connectors.iter_mut();
        let mut declared: Vec<&mut ExportedConnector> =
            declared.filter(|one| one.left_out.is_none()).collect();
        for Problem { steps, message, .. } in problems {
            match steps.as_slice() {
                [Step::Field { name, .. }, Step::Item(at), inside @ ..]
                    if name == "connectors" && *at < declared.len() =>
                {
                    declared[*at].leave_out(inside, message);
                }
                _ => self.left_out = Some(message.clone()),
            }
        }
    }
}

impl ExportedConnector {
    fn leave_out(&mut self, steps: &[Step], message: &str) {
        let (field, inside) = match steps {
            [Step::Field { name, .. }, inside @ ..] => (name.as_str(), inside.first()),
            _ => ("", None),
        };
        let block = match field {
            "environment" => Block::Environment,
            "replication_config" => Block::ReplicationConfig,
            "entities" => Block::Entities,
            // Without its name, type or credentials it is no declaration.
            _ => return self.left_out = Some(message.to_owned()),
        };
        match block {
            Block::Environment => shorten(&mut self.environment, inside),
            Block::ReplicationConfig => shorten(&mut self.replication_config, inside),
            _ => self.entities.clear(),
        }
        let remarks = self.remarks.entry(block).or_default();
        remarks.push(format!("`{}` is left out in part: {message}.", block.key()));
    }
}

/// Leaves out one field of a block, or all of them if the problem is about the block.
fn shorten(block: &mut Settings, field: Option<&Step>) {
    let removed = match field {
        Some(Step::Field { name, .. }) => block.remove(name),
        _ => None,
    };
    if removed.is_none() {
        block.clear();
    }
}
