//! Corrections of an export by what `validate` finds in it, so that what is handed over is valid
//! whatever the API returned: what a file cannot hold becomes a remark.

use super::{Block, Exported, ExportedConnector};
use crate::model::Settings;

/// A path such as `customers[0].connectors[1].replication_config.start_date`, taken apart.
struct Place<'a> {
    customer: usize,
    connector: Option<usize>,
    field: &'a str,
    inside: &'a str,
}

impl<'a> Place<'a> {
    fn read(path: &'a str) -> Option<Self> {
        let (customer, rest) = index(path.strip_prefix("customers")?)?;
        let (connector, rest) = match rest.strip_prefix(".connectors").and_then(index) {
            Some((connector, rest)) => (Some(connector), rest),
            None => (None, rest),
        };
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (field, inside) = rest.split_at(end);
        Some(Self {
            customer,
            connector,
            field,
            inside: inside.strip_prefix('.').unwrap_or_default(),
        })
    }
}

/// `[3].rest` as `3` and `.rest`.
fn index(text: &str) -> Option<(usize, &str)> {
    let (number, rest) = text.strip_prefix('[')?.split_once(']')?;
    Some((number.parse().ok()?, rest))
}

impl Exported {
    /// Takes the findings, by path and message, out of the export. Tells whether each had a place.
    pub fn amend(&mut self, findings: &[(String, String)]) -> bool {
        // Found before anything is left out, because that moves what comes after it.
        let found: Vec<_> = findings
            .iter()
            .map(|(path, message)| {
                let place = Place::read(path)?;
                let (customer, connector) = self.find(&place)?;
                Some((customer, connector, place, message))
            })
            .collect();
        let all = found.iter().all(Option::is_some);
        for (customer, connector, place, message) in found.into_iter().flatten() {
            let Some(customer) = self.customers.get_mut(customer) else {
                continue;
            };
            match connector.and_then(|at| customer.connectors.get_mut(at)) {
                Some(connector) => connector.amend(&place, message),
                None => customer.left_out = Some(message.clone()),
            }
        }
        all
    }

    /// A place's customer and connector among all, declared or not.
    fn find(&self, place: &Place<'_>) -> Option<(usize, Option<usize>)> {
        let declared = self.customers.iter().enumerate();
        let mut declared = declared.filter(|(_, one)| one.left_out.is_none());
        let (at, customer) = declared.nth(place.customer)?;
        let Some(position) = place.connector else {
            return Some((at, None));
        };
        let declared = customer.connectors.iter().enumerate();
        let mut declared = declared.filter(|(_, one)| one.left_out.is_none());
        Some((at, Some(declared.nth(position)?.0)))
    }
}

impl ExportedConnector {
    fn amend(&mut self, place: &Place<'_>, message: &str) {
        let block = match place.field {
            "environment" => Block::Environment,
            "replication_config" => Block::ReplicationConfig,
            "entities" => Block::Entities,
            // Without its name, type or credentials it is no declaration.
            _ => return self.left_out = Some(message.to_owned()),
        };
        match block {
            Block::Environment => shorten(&mut self.environment, place.inside),
            Block::ReplicationConfig => shorten(&mut self.replication_config, place.inside),
            _ => self.entities.clear(),
        }
        let remarks = self.remarks.entry(block).or_default();
        remarks.push(format!("`{}` is left out in part: {message}.", block.key()));
    }
}

/// Takes the field out that is meant, or all of them where none is.
fn shorten(block: &mut Settings, inside: &str) {
    let end = inside.find(['.', '[']).unwrap_or(inside.len());
    if block.remove(&inside[..end]).is_none() {
        block.clear();
    }
}
