//! Responsible for `export --update`: writes what exists into the files of the project, and keeps their comments,
//! references and order.
//!
//! Adds customers and connectors, takes over names that others changed, and replaces declared settings that differ. Leaves
//! credentials, undeclared settings and declarations of what does not exist alone.

use super::App;
use super::declared_names::{Declaration, DeclaredNames, ExistingName, Rename, TakenNames};
use super::export::Existing;
use super::project_edit::{NOT_EDITABLE, ProjectEdit, connector_path, customer_path, key};
use crate::config::EditStep;
use crate::export::{
    ExportedConnector, ExportedCustomer, connector_text, customer_text, written_value,
};
use crate::failure::Failure;
use crate::model::{
    Address, Cache, CustomerEntry, DesiredConnector, DesiredCustomer, Setting, Settings, Status,
    has_same_meaning, in_form_of,
};
use crate::render::{self, FilesUpdate};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The reason why something is left alone.
type Reason = Cow<'static, str>;

const GONE: &str = "it is in the ledger and does not exist any more";
const NOT_CREATED: &str = "it is declared and does not exist";
const RENAMED_TWICE: &str = "its name was changed in the files and by others";
const NAME_TAKEN: &str =
    "others gave it a name that the files or the ledger have for another object";
const NAME_USED: &str = "the files or the ledger have its name for another object; run `airlift apply` and the same command \
     again, or give it another name";

impl App<'_> {
    /// Edits the files so that they declare what exists, and says what was edited and what was left alone.
    pub(crate) fn update_files(&self, existing: &Existing) -> Result<(), Failure> {
        if self.project.files.is_empty() {
            let message = "--update edits the files of a project, and there is none here";
            return Err(Failure::usage("usage", message).hint("`--out DIR` writes a new project"));
        }
        let mut updater = Updater {
            existing,
            files: ProjectEdit::new(&self.project),
            update: FilesUpdate::default(),
        };
        updater.customers(&self.project.desired.customers);
        let Updater {
            files, mut update, ..
        } = updater;
        update.files = files.write(self.invocation, "export_not_written")?;
        update.left.sort();
        Ok(render::updated(self.invocation.ui, &update)?)
    }
}

struct Updater<'a> {
    existing: &'a Existing,
    files: ProjectEdit<'a>,
    update: FilesUpdate,
}

impl Updater<'_> {
    fn customers(&mut self, declared: &BTreeMap<String, DesiredCustomer>) {
        let existing = self.existing;
        let entries = &existing.recorded.customers;
        let objects = existing.exported.customers.iter();
        let objects: Vec<ExistingName<'_>> = objects
            .map(|customer| ExistingName {
                present: &customer.name,
                recorded: entries.get(&customer.id).map(|entry| &*entry.name),
            })
            .collect();
        let names = declared.iter();
        let names = names.map(|(name, customer)| (&**name, customer.previous_name.as_deref()));
        let names = DeclaredNames::new(names);
        let mut taken = names.taken(&objects);
        let mut undeclared = Vec::new();
        let declaration = names.find_all(&objects);
        for (customer, declaration) in existing.exported.customers.iter().zip(declaration) {
            if let Some(reason) = &customer.left_out {
                self.leave(Address::customer(&customer.name), reason.clone());
            } else if let Some((declaration, declared)) =
                with_content(declaration, |name| declared.get(name))
            {
                self.customer_settings(customer, declaration.name, declared);
                self.connectors(
                    customer,
                    declaration.name,
                    declared,
                    entries.get(&customer.id),
                );
                let address = Address::customer(declaration.name);
                self.rename(address, &customer.name, declaration.rename, &mut taken);
            } else {
                undeclared.push(customer);
            }
        }
        // After the renames, which come first to a name.
        for customer in undeclared {
            if taken.claim(&customer.name) {
                self.add_customer(customer);
            } else {
                self.leave(Address::customer(&customer.name), NAME_USED);
            }
        }
        let recorded: BTreeSet<&str> = entries.values().map(|entry| &*entry.name).collect();
        for name in &existing.absent {
            let is_recorded = recorded.contains(name.as_str());
            self.leave_absent(Address::customer(name), is_recorded);
        }
    }

    /// Replaces the status and a declared cache setting that differ.
    fn customer_settings(
        &mut self,
        customer: &ExportedCustomer,
        name: &str,
        declared: &DesiredCustomer,
    ) {
        let cache = customer.cache.unwrap_or(Cache::Inherit);
        let status = (declared.status != customer.status).then_some(match customer.status {
            Status::Active => ("status", json!("active")),
            Status::Inactive => ("status", json!("inactive")),
        });
        let cache = declared
            .cache
            .filter(|declared| *declared != cache)
            .map(|_| {
                let value = cache.as_remote().map_or(json!("inherit"), Value::from);
                ("cache", value)
            });
        for (field, value) in status.into_iter().chain(cache) {
            let path = [customer_path(name), vec![key(field)]].concat();
            if self.files.set(name, &path, &written_value(&value)).is_err() {
                self.leave(Address::customer(name), NOT_EDITABLE);
            }
        }
    }

    fn add_customer(&mut self, customer: &ExportedCustomer) {
        let added = self.files.append_customer(&customer_text(customer));
        if added.is_err() {
            return self.leave(Address::customer(&customer.name), NOT_EDITABLE);
        }
        for connector in &customer.connectors {
            self.count(&customer.name, connector);
        }
    }

    /// Counts the placeholders of an added connector, or says why the connector is not added.
    fn count(&mut self, customer: &str, connector: &ExportedConnector) {
        match &connector.left_out {
            None => self.update.placeholders += connector.placeholders,
            Some(reason) => {
                self.leave(
                    Address::connector(customer, &connector.name),
                    reason.clone(),
                );
            }
        }
    }

    fn connectors(
        &mut self,
        customer: &ExportedCustomer,
        customer_name: &str,
        declared: &DesiredCustomer,
        recorded: Option<&CustomerEntry>,
    ) {
        let entries = recorded.iter().flat_map(|entry| &entry.connectors);
        let recorded: BTreeMap<String, &str> = entries
            .map(|(name, entry)| (entry.id.to_string(), &**name))
            .collect();
        let objects = customer.connectors.iter();
        let objects: Vec<ExistingName<'_>> = objects
            .map(|connector| ExistingName {
                present: &connector.name,
                recorded: recorded.get(&connector.id).copied(),
            })
            .collect();
        let names = declared.connectors.iter();
        let names = names.map(|(name, connector)| (name, connector.previous_name.as_deref()));
        let names = DeclaredNames::new(names);
        let mut taken = names.taken(&objects);
        let mut undeclared = Vec::new();
        let declaration = names.find_all(&objects);
        let mut absent: BTreeSet<&str> = declared.connectors.keys().collect();
        for (connector, declaration) in customer.connectors.iter().zip(declaration) {
            let name = declaration.map_or(connector.name.as_str(), |declaration| declaration.name);
            absent.remove(name);
            let address = Address::connector(customer_name, name);
            if let (None, Some((declaration, declared))) = (
                &connector.left_out,
                with_content(declaration, |name| declared.connectors.get(name)),
            ) {
                self.settings(&address, declared, connector);
                self.rename(address, &connector.name, declaration.rename, &mut taken);
            } else {
                undeclared.push(connector);
            }
        }
        for connector in undeclared {
            self.add_connector(customer_name, connector, &mut taken);
        }
        let recorded: BTreeSet<&str> = recorded.into_values().collect();
        for name in absent {
            let address = Address::connector(customer_name, name);
            self.leave_absent(address, recorded.contains(name));
        }
    }

    fn add_connector<'n>(
        &mut self,
        customer: &str,
        connector: &'n ExportedConnector,
        taken: &mut TakenNames<'n>,
    ) {
        if connector.left_out.is_some() {
            return self.count(customer, connector);
        }
        let address = Address::connector(customer, &connector.name);
        if !taken.claim(&connector.name) {
            return self.leave(address, NAME_USED);
        }
        let (path, text) = (customer_path(customer), connector_text(connector));
        if self.files.append(customer, &path, &text).is_err() {
            return self.leave(address, NOT_EDITABLE);
        }
        self.count(customer, connector);
    }

    /// Replaces the declared settings that differ and that no reference supplies.
    fn settings(
        &mut self,
        address: &Address,
        declared: &DesiredConnector,
        existing: &ExportedConnector,
    ) {
        let Some(settings) = &declared.replication_config else {
            return;
        };
        for (name, value) in differing(settings, &existing.replication_config) {
            let mut path = path_of(address);
            path.extend([key("replication_config"), key(name)]);
            let edited = self
                .files
                .set(&address.customer, &path, &written_value(&value));
            if edited.is_err() {
                return self.leave(address.clone(), NOT_EDITABLE);
            }
        }
    }

    /// Takes over a name that others changed. A connector keeps the name of the ledger as its previous one.
    fn rename<'n>(
        &mut self,
        address: Address,
        present: &'n str,
        rename: Rename,
        taken: &mut TakenNames<'n>,
    ) {
        match rename {
            Rename::None => return,
            Rename::External if taken.claim(present) => {}
            Rename::External | Rename::ExternalTaken => return self.leave(address, NAME_TAKEN),
            Rename::Both => return self.leave(address, RENAMED_TWICE),
        }
        let (path, customer) = (path_of(&address), &address.customer);
        let before = self.files.clone();
        let mut set = |field: &str, text: &str| {
            let path = [path.as_slice(), &[key(field)]].concat();
            let value = written_value(&Value::from(text));
            self.files.set(customer, &path, &value)
        };
        let previous = address.connector.as_deref();
        let edited = previous
            .map_or(Ok(()), |previous| set("previous_name", previous))
            .and_then(|()| set("name", present));
        if edited.is_ok() {
            self.update.renamed.push((address, present.to_owned()));
        } else {
            self.files = before;
            self.leave(address, NOT_EDITABLE);
        }
    }

    fn leave(&mut self, address: Address, reason: impl Into<Reason>) {
        self.update.left.push((address, reason.into()));
    }

    fn leave_absent(&mut self, address: Address, is_recorded: bool) {
        self.leave(address, if is_recorded { GONE } else { NOT_CREATED });
    }
}

/// A declaration with what it declares.
fn with_content<'a, 'd, T>(
    declaration: Option<Declaration<'a>>,
    declared: impl FnOnce(&str) -> Option<&'d T>,
) -> Option<(Declaration<'a>, &'d T)> {
    let declaration = declaration?;
    Some((declaration, declared(declaration.name)?))
}

fn path_of(address: &Address) -> Vec<EditStep> {
    let customer = &address.customer;
    match &address.connector {
        None => customer_path(customer),
        Some(connector) => connector_path(customer, connector),
    }
}

/// The declared settings that exist with another value, in the form of the declared one, unless a reference supplies
/// either.
fn differing<'a>(
    declared: &'a Settings,
    existing: &'a Settings,
) -> impl Iterator<Item = (&'a str, Value)> {
    existing.iter().filter_map(move |(name, setting)| {
        let before = declared.get(name)?.to_plain()?;
        let after = in_form_of(&before, setting.to_plain()?);
        let differs = !has_same_meaning(&before, &after);
        // A value from the API could be read as the reference of a secret.
        let is_plain = !Setting::from(after.clone()).holds_secret();
        (differs && is_plain).then_some((name, after))
    })
}
