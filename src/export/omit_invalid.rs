//! Responsible for omitting the parts of an export that the file checks refuse. An omitted part
//! becomes a comment, so that the export is valid for any response of the API.

use super::{Block, Exported, ExportedConnector, ExportedCustomer};
use crate::config::{LoadOptions, PathStep, Problem, check_customer};
use crate::model::Settings;

impl Exported {
    /// Omits all invalid parts.
    pub fn omit_invalid(&mut self, options: &LoadOptions) {
        for customer in &mut self.customers {
            customer.omit_invalid(options);
        }
    }
}

impl ExportedCustomer {
    /// Repeats the check, because an omission may cause or remove another error. Each round omits
    /// something, so the loop ends.
    fn omit_invalid(&mut self, options: &LoadOptions) {
        while self.left_out.is_none() {
            let problems = check_customer(&self.to_value(), options);
            if problems.is_empty() {
                return;
            }
            self.omit(&problems);
        }
    }

    /// Omits the parts that the problems concern.
    pub(super) fn omit(&mut self, problems: &[Problem]) {
        let mut declared: Vec<&mut ExportedConnector> = self
            .connectors
            .iter_mut()
            .filter(|connector| connector.left_out.is_none())
            .collect();
        for Problem { steps, message, .. } in problems {
            match steps.as_slice() {
                [
                    PathStep::Field { name, .. },
                    PathStep::Item(at),
                    inside @ ..,
                ] if name == "connectors" && *at < declared.len() => {
                    declared[*at].omit(inside, message);
                }
                _ => self.left_out = Some(message.clone()),
            }
        }
    }
}

impl ExportedConnector {
    fn omit(&mut self, steps: &[PathStep], message: &str) {
        let (field, inside) = match steps {
            [PathStep::Field { name, .. }, inside @ ..] => (name.as_str(), inside.first()),
            _ => ("", None),
        };
        let block = match field {
            "environment" => Block::Environment,
            "replication_config" => Block::ReplicationConfig,
            "entities" => Block::Entities,
            // A declaration needs a name, a type and credentials.
            _ => return self.left_out = Some(message.to_owned()),
        };
        match block {
            Block::Environment => omit_field(&mut self.environment, inside),
            Block::ReplicationConfig => omit_field(&mut self.replication_config, inside),
            _ => self.entities.clear(),
        }
        let remarks = self.remarks.entry(block).or_default();
        remarks.push(format!("`{}` is left out in part: {message}.", block.key()));
    }
}

/// Removes one field of a block, or all fields if the problem concerns the whole block.
fn omit_field(block: &mut Settings, field: Option<&PathStep>) {
    let removed = match field {
        Some(PathStep::Field { name, .. }) => block.remove(name),
        _ => None,
    };
    if removed.is_none() {
        block.clear();
    }
}
