//! Responsible for `export --update`: writes what exists into the files of the project, and keeps their comments,
//! references and order.
//!
//! Adds customers and connectors, and replaces declared settings that differ. Leaves credentials, undeclared settings and
//! declarations of what does not exist alone.

use super::App;
use super::project_edit::{NOT_EDITABLE, ProjectEdit, connector_path, customer_path, key};
use crate::export::{
    Exported, ExportedConnector, ExportedCustomer, connector_text, customer_text, written_setting,
};
use crate::failure::Failure;
use crate::model::{Address, DesiredConnector, Setting, Settings, references};
use crate::render;

/// The reason why something is left alone.
type Reason = &'static str;

const ABSENT: Reason = "it is declared and does not exist";

impl App<'_> {
    /// Edits the files so that they declare what exists.
    pub(crate) fn update_files(&self, exported: &Exported) -> Result<(), Failure> {
        if self.project.files.is_empty() {
            let message = "--update edits the files of a project, and there is none here";
            return Err(Failure::usage("usage", message).hint("`--out DIR` writes a new project"));
        }
        let mut update = Update {
            app: self,
            files: ProjectEdit::new(&self.project),
            left: Vec::new(),
        };
        for customer in exported.declared() {
            update.customer(customer);
        }
        let written = update.files.write(self.invocation, "export_not_written")?;
        Ok(render::updated(self.invocation.ui, &written, &update.left)?)
    }
}

struct Update<'a> {
    app: &'a App<'a>,
    files: ProjectEdit<'a>,
    left: Vec<(Address, Reason)>,
}

impl Update<'_> {
    fn customer(&mut self, customer: &ExportedCustomer) {
        let name = customer.name.as_str();
        let Some(declared) = self.app.project.desired.customers.get(name) else {
            if self
                .files
                .append_customer(&customer_text(customer))
                .is_err()
            {
                self.left.push((Address::customer(name), NOT_EDITABLE));
            }
            return;
        };
        for connector in customer.declared() {
            let done = if let Some(declared) = declared.connectors.get(&connector.name) {
                self.settings(name, declared, connector)
            } else {
                let (path, text) = (customer_path(name), connector_text(connector));
                let added = self.files.append(name, &path, &text);
                added.map_err(|_| NOT_EDITABLE)
            };
            if let Err(reason) = done {
                let address = Address::connector(name, &connector.name);
                self.left.push((address, reason));
            }
        }
        let exists = |name: &String| customer.connectors.iter().any(|other| other.name == *name);
        let absent = declared.connectors.keys().filter(|name| !exists(name));
        let absent = absent.map(|connector| (Address::connector(name, connector), ABSENT));
        self.left.extend(absent);
    }

    /// Replaces the declared settings that differ and that no reference supplies.
    fn settings(
        &mut self,
        customer: &str,
        declared: &DesiredConnector,
        existing: &ExportedConnector,
    ) -> Result<(), Reason> {
        let Some(settings) = &declared.replication_config else {
            return Ok(());
        };
        for (name, setting) in differing(settings, &existing.replication_config) {
            let mut path = connector_path(customer, &existing.name);
            path.extend([key("replication_config"), key(name)]);
            let value = written_setting(setting);
            let edited = self.files.set(customer, &path, &value);
            edited.map_err(|_| NOT_EDITABLE)?;
        }
        Ok(())
    }
}

/// The declared settings that exist with another value, unless a reference supplies either.
fn differing<'a>(
    declared: &Settings,
    existing: &'a Settings,
) -> impl Iterator<Item = (&'a str, &'a Setting)> {
    let has_reference = |name: &str, setting: &Setting| {
        let settings: Settings = [(name, setting.clone())].into_iter().collect();
        !references([&settings]).is_empty()
    };
    existing.iter().filter_map(move |(name, setting)| {
        let before = declared.get(name)?;
        let is_plain = !has_reference(name, before) && !has_reference(name, setting);
        (is_plain && before != setting).then_some((name, setting))
    })
}
