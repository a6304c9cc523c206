//! Responsible for withholding observed values from a finished plan or drift: the run reads secrets after it read the
//! API, so only then it knows which values repeat one.
//!
//! Changes what is shown and stored. Does not change which steps there are.

use super::{CustomerPlan, Drift, FieldChange, FieldValue, Plan, Precondition, drift_connector};
use crate::model::{Address, Answer, Desired, DesiredConnector, SecretPaths, Settings};
use serde_json::Value;
use std::collections::BTreeMap;

impl Plan {
    /// Withholds the observed values that repeat a secret.
    pub fn withhold(&mut self, repeats_secret: &impl Fn(&Value) -> bool) {
        for customer in &mut self.customers {
            withhold_answers(customer, repeats_secret);
            for step in &mut customer.steps {
                for change in &mut step.changes {
                    hide(&mut change.before, repeats_secret);
                }
                let settings = match &mut step.precondition {
                    Precondition::Absent => continue,
                    Precondition::Customer { settings, .. } => settings,
                    Precondition::Connector(connector) => &mut connector.settings,
                };
                forget(settings, repeats_secret);
            }
        }
    }
}

impl Drift {
    /// Withholds the values that repeat a secret, and those of settings for which the files have a reference.
    pub fn withhold(&mut self, desired: &Desired, repeats_secret: &impl Fn(&Value) -> bool) {
        let declared = DeclaredSettings::from(desired);
        let changes = self.customers.iter_mut().flat_map(|it| &mut it.changes);
        for change in changes.filter(|change| !change.fields.is_empty()) {
            let declared = declared.get(&change.address);
            let secrets = SecretPaths::new("replication_config", declared, None);
            change
                .fields
                .iter_mut()
                .for_each(|field| drift_connector::hide(field, &secrets));
        }
        let changes = self.customers.iter_mut().flat_map(|it| &mut it.changes);
        for FieldChange { before, after, .. } in changes.flat_map(|change| &mut change.fields) {
            hide(before, repeats_secret);
            hide(after, repeats_secret);
        }
    }
}

/// The declared replication settings of connectors, by the names that the files have for them now or before.
#[derive(Debug)]
pub struct DeclaredSettings<'a> {
    desired: &'a Desired,
    /// Declared names of customers, by previous name.
    customers: BTreeMap<&'a str, &'a str>,
    /// Declared connectors, by the declared name of the customer and their previous name.
    connectors: BTreeMap<(&'a str, &'a str), &'a DesiredConnector>,
}

impl<'a> From<&'a Desired> for DeclaredSettings<'a> {
    fn from(desired: &'a Desired) -> Self {
        let customers = desired.customers.iter();
        let renamed = customers
            .clone()
            .filter_map(|(name, it)| Some((it.previous_name.as_deref()?, name.as_str())));
        let connectors = customers.flat_map(|(customer, it)| {
            it.connectors.values().filter_map(|connector| {
                let previous = connector.previous_name.as_deref()?;
                Some(((customer.as_str(), previous), &**connector))
            })
        });
        Self {
            desired,
            customers: renamed.collect(),
            connectors: connectors.collect(),
        }
    }
}

impl<'a> DeclaredSettings<'a> {
    /// The settings of a connector. The address may have the names now or before.
    pub fn get(&self, address: &Address) -> Option<&'a Settings> {
        let given = address.customer.as_str();
        let customers = &self.desired.customers;
        let (customer, declared) = customers.get_key_value(given).or_else(|| {
            let name = self.customers.get(given)?;
            customers.get_key_value(*name)
        })?;
        let name = address.connector.as_deref()?;
        let connector = declared.connectors.get(name).map(|connector| &**connector);
        let before = || self.connectors.get(&(customer.as_str(), name)).copied();
        connector.or_else(before)?.replication_config.as_ref()
    }
}

fn hide(shown: &mut FieldValue, repeats_secret: &impl Fn(&Value) -> bool) {
    if is_secret(shown, repeats_secret) {
        *shown = FieldValue::Hidden;
    }
}

fn is_secret(shown: &FieldValue, repeats_secret: &impl Fn(&Value) -> bool) -> bool {
    matches!(shown, FieldValue::Value(value) if repeats_secret(value))
}

/// A precondition has no hidden values.
fn forget(settings: &mut BTreeMap<String, FieldValue>, repeats_secret: &impl Fn(&Value) -> bool) {
    settings.retain(|_, value| !is_secret(value, repeats_secret));
}

/// The ledger does not get a value that repeats a secret.
fn withhold_answers(customer: &mut CustomerPlan, repeats_secret: &impl Fn(&Value) -> bool) {
    let updates = customer.ledger_updates.connectors.iter_mut();
    let writes = updates.filter_map(|update| update.write.as_mut());
    for known in writes.flat_map(|write| write.answers.values_mut()) {
        if let Answer::Stored(value) | Answer::Old(value) = &known.answer
            && repeats_secret(value)
        {
            known.answer = Answer::Unread;
        }
    }
}
