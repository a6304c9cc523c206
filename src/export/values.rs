//! Responsible for an export as JSON values, as its files would be parsed.

use super::yaml_writer::flow;
use super::{Exported, ExportedConnector, ExportedCustomer};
use crate::config::WrittenValue;
use crate::model::{Cache, Contract, Literal, Protection, Setting, Settings, Status, escaped};
use serde_json::{Map, Value, json};

impl Exported {
    /// The project as one document.
    pub fn to_value(&self) -> Value {
        let mut project = MappingBuilder::default();
        project.add("version", 1);
        project.add("organization_id", self.organization_id.to_string());
        if self.contract == Contract::ExternalUser {
            project.add("contract", "external_user");
        }
        if let Some(stores) = self.stores() {
            let stores: Value = stores.into_iter().collect();
            project.add("stores", stores);
        }
        let customers: Value = self.declared().map(ExportedCustomer::to_value).collect();
        project.add("customers", customers);
        project.into()
    }
}

impl ExportedCustomer {
    /// The declaration.
    pub(super) fn to_value(&self) -> Value {
        let mut customer = MappingBuilder::default();
        customer.add("name", self.name.as_str());
        if self.status == Status::Inactive {
            customer.add("status", "inactive");
        }
        if let Some(cache) = self.cache {
            let value = match cache {
                Cache::On => json!(true),
                Cache::Off => json!(false),
                Cache::Inherit => json!("inherit"),
            };
            customer.add("cache", value);
        }
        match self.protect {
            Protection::None => {}
            Protection::Confirm => customer.add("protect", "confirm"),
            Protection::Full => customer.add("protect", true),
        }
        if self.declared().next().is_some() {
            let connectors: Value = self.declared().map(ExportedConnector::to_value).collect();
            customer.add("connectors", connectors);
        }
        customer.into()
    }
}

impl ExportedConnector {
    fn to_value(&self) -> Value {
        let mut connector = MappingBuilder::default();
        connector.add("name", self.name.as_str());
        connector.add("type", self.kind.as_str());
        if let Some(auth) = &self.auth {
            connector.add("auth", auth.as_str());
        }
        if let Some(template) = &self.template_id {
            connector.add("template_id", template.as_str());
        }
        connector.add_block("credentials", &self.credentials);
        if let Some(version) = self.credentials_version {
            connector.add("credentials_version", version);
        }
        connector.add_block("environment", &self.environment);
        connector.add_block("replication_config", &self.replication_config);
        if self.replicates_nothing {
            connector.add("replication_config", "none");
        }
        if !self.entities.is_empty() {
            connector.add("entities", json!(self.entities));
        }
        connector.into()
    }
}

/// Builds a mapping with its fields in file order.
#[derive(Default)]
struct MappingBuilder(Map<String, Value>);

impl MappingBuilder {
    fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn add_block(&mut self, name: &str, settings: &Settings) {
        if !settings.is_empty() {
            self.add(name, block(settings));
        }
    }
}

impl From<MappingBuilder> for Value {
    fn from(fields: MappingBuilder) -> Self {
        Self::Object(fields.0)
    }
}

fn block(settings: &Settings) -> Value {
    settings
        .iter()
        .map(|(name, setting)| (name.to_owned(), as_written(setting)))
        .collect::<Map<_, _>>()
        .into()
}

/// A setting as a file writes it: a reference is text, and a literal `${` is escaped.
pub(super) fn as_written(setting: &Setting) -> Value {
    match setting {
        Setting::Secret(reference) => reference.to_string().into(),
        Setting::Literal(Literal::Text(text)) => escaped(text).into(),
        Setting::Literal(value) => value.to_value(),
        Setting::List(items) => items.iter().map(as_written).collect(),
        Setting::Map(fields) => block(fields),
    }
}

/// A value as the files write it.
pub(crate) fn written_value(value: &Value) -> WrittenValue {
    let setting = &Setting::from(value.clone());
    WrittenValue {
        flow: flow(setting),
        items: match setting {
            Setting::List(items) => Some(items.iter().map(flow).collect()),
            _ => None,
        },
        value: as_written(setting),
    }
}
