//! Responsible for accepting drift: writes what others changed into the files and into the ledger, so
//! that neither `drift` nor `plan` shows it any more.
//!
//! Does not write to the API. Leaves a change alone if its declaration cannot be edited for certain, or if
//! its value may be a secret.

use super::App;
use super::accepted_setting::{accepted_value, set_applied};
use super::drift::select;
use super::pending_edit::{FileValue, is_customer_edited, is_edited};
use super::project_edit::{NOT_EDITABLE, ProjectEdit, connector_path, customer_path, key};
use crate::config::EditStep;
use crate::export::{Exported, Sources, connector_text, export, written_value};
use crate::failure::Failure;
use crate::model::{
    Address, Applied, Cache, ConnectorEntry, ConnectorId, CustomerEntry, DesiredConnector,
    DesiredCustomer, LedgerState, Observed, ObservedConnector, ObservedStatus, Selector, Setting,
    Status, WorkspaceId,
};
use crate::observed::{Details, Survey};
use crate::plan::{
    Drift, DriftKind, DriftSubject, Drifted, DriftedCustomer, FieldChange, Policy, drift,
};
use crate::render;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The reason why a change is not accepted.
pub(super) type Refusal = &'static str;

/// The same, with the settings that it is about.
pub(super) type RefusedChange = Cow<'static, str>;

const NOT_DECLARED: Refusal = "the files do not declare it under its name of the last apply; if they rename it, apply \
                               that, or undo it first";
pub(super) const WITHHELD: Refusal = "its value may be a secret; edit the files yourself";
const UNKNOWN_STATUS: Refusal = "airlift does not know its status";
const LEFT_OUT: Refusal = "no file can declare it; rename or remove it";
const HAS_EDITS: Refusal = "its declaration has edits that are not applied yet; remove the declaration or undo the edits first";

/// What was accepted.
pub(crate) struct Acceptance {
    pub(crate) drift: Drift,
    /// The changes that were left alone.
    pub(crate) refused: Vec<(Address, RefusedChange)>,
}

/// The changes of one customer, as far as they are accepted.
struct Acceptor<'a> {
    app: &'a App<'a>,
    observed: &'a Observed,
    exported: &'a Exported,
    workspace: WorkspaceId,
    /// The ledger entry; `None` once the customer is removed.
    entry: Option<CustomerEntry>,
}

impl App<'_> {
    /// Accepts the changes that the selectors name.
    pub(crate) async fn accept_drift(&self, selectors: &[Selector]) -> Result<Acceptance, Failure> {
        let (recorded, open) = self.read_ledger().await?;
        if !open.is_empty() {
            let message = "an interrupted run has writes whose outcome is not recorded yet";
            return Err(
                Failure::error("unsettled_journal", message).hint("run `airlift apply` first")
            );
        }
        let observed = self.read_recorded(&recorded).await?;
        let mut drift = drift(&recorded, &observed, &Policy::default());
        self.read_secrets().await;
        drift.withhold(&self.project.desired, &|value| self.repeats_secret(value));
        if let Some(scope) = &self.project.scope {
            drift
                .customers
                .retain(|customer| scope.contains(&customer.name));
        }
        select(&mut drift, selectors)?;
        let (entries, refused) = self.accept(&drift, &observed, &recorded)?;
        self.stop.mark_writing();
        for (id, entry) in &entries {
            match entry {
                Some(entry) => self.ledger.save(*id, entry).await?,
                None => self.ledger.remove(*id).await?,
            }
        }
        self.redact_names(&mut drift);
        Ok(Acceptance { drift, refused })
    }

    async fn read_recorded(&self, recorded: &LedgerState) -> Result<Observed, Failure> {
        let extent = Survey {
            customers: &|id, _| recorded.customers.contains_key(&id),
            details: Details::All,
            names: None,
        };
        self.survey(recorded, &extent).await
    }

    /// Edits the files, and returns the new ledger entries.
    #[expect(clippy::type_complexity, reason = "the two results have one caller")]
    fn accept(
        &self,
        drift: &Drift,
        observed: &Observed,
        recorded: &LedgerState,
    ) -> Result<
        (
            BTreeMap<WorkspaceId, Option<CustomerEntry>>,
            Vec<(Address, RefusedChange)>,
        ),
        Failure,
    > {
        let sources = Sources {
            observed,
            recorded,
            declared: &self.project.desired,
        };
        let names = drift.customers.iter().map(|customer| customer.name.clone());
        let exported = &export(sources, &names.collect::<BTreeSet<_>>());
        let mut files = ProjectEdit::new(&self.project);
        let mut entries = BTreeMap::new();
        let mut refused = Vec::new();
        let mut customers: Vec<&DriftedCustomer> = drift.customers.iter().collect();
        customers.sort_by_key(|customer| own_change(customer));
        for customer in customers {
            let mut acceptor = Acceptor {
                app: self,
                observed,
                exported,
                workspace: customer.workspace_id,
                entry: recorded.customers.get(&customer.workspace_id).cloned(),
            };
            // Connectors are found under the customer's old name, so the customer comes last. A deletion frees the name
            // that another object has now, and a rename frees that of a new object.
            let mut changes: Vec<&Drifted> = customer.changes.iter().collect();
            changes.sort_by_key(|change| (change.address.connector.is_none(), change.kind));
            for change in changes {
                let before = (files.clone(), acceptor.entry.clone());
                if let Err(reason) = acceptor.change(change, &mut files) {
                    (files, acceptor.entry) = before;
                    refused.push((self.redacted(&change.address), reason));
                }
            }
            if acceptor.entry.as_ref() != recorded.customers.get(&customer.workspace_id) {
                entries.insert(customer.workspace_id, acceptor.entry);
            }
        }
        refused.sort();
        let written = files.write(self.invocation, "drift_not_accepted")?;
        render::accepted(self.invocation.ui, &written, &refused)?;
        Ok((entries, refused))
    }
}

/// How the customer itself changed.
fn own_change(customer: &DriftedCustomer) -> Option<DriftKind> {
    let mut changes = customer.changes.iter();
    let own = changes.find(|change| change.address.connector.is_none());
    own.map(|change| change.kind)
}

impl Acceptor<'_> {
    fn change(&mut self, change: &Drifted, files: &mut ProjectEdit) -> Result<(), RefusedChange> {
        let customer = change.address.customer.as_str();
        let name = change.address.connector.as_deref();
        let is_name = |field: &&FieldChange| field.path == "name";
        if change
            .fields
            .iter()
            .filter(is_name)
            .any(FieldChange::is_withheld)
        {
            return Err(WITHHELD.into());
        }
        match (change.subject, name, change.kind) {
            (DriftSubject::Connector(id, _), Some(name), DriftKind::Appeared) => {
                Ok(self.add(customer, name, id, files)?)
            }
            (DriftSubject::Connector(..), Some(name), DriftKind::Gone) => {
                Ok(self.remove(customer, name, files)?)
            }
            (DriftSubject::Connector(id, _), Some(name), _) => {
                self.update(customer, name, id, &change.fields, files)
            }
            (DriftSubject::Customer(_), _, DriftKind::Gone) => {
                Ok(self.remove_customer(customer, files)?)
            }
            (DriftSubject::Customer(_), ..) => {
                self.update_customer(customer, &change.fields, files)
            }
            (DriftSubject::Connector(..), None, _) => Err(NOT_EDITABLE.into()),
        }
    }

    fn declared(&self, customer: &str) -> Option<&DesiredCustomer> {
        self.app.project.desired.customers.get(customer)
    }

    fn declared_connector(&self, customer: &str, name: &str) -> Option<&DesiredConnector> {
        let connectors = &self.declared(customer)?.connectors;
        connectors.get(name).map(Box::as_ref)
    }

    fn entry(&mut self) -> Result<&mut CustomerEntry, Refusal> {
        self.entry.as_mut().ok_or(NOT_DECLARED)
    }

    fn observed_connector(&self, id: ConnectorId) -> Option<&ObservedConnector> {
        let customer = self.observed.customers.get(&self.workspace)?;
        customer.connectors.as_ref()?.get(&id).map(Box::as_ref)
    }

    fn remove(
        &mut self,
        customer: &str,
        name: &str,
        files: &mut ProjectEdit,
    ) -> Result<(), Refusal> {
        let recorded = self.entry()?.connectors.remove(name);
        if let Some(declared) = self.declared_connector(customer, name) {
            if recorded.is_some_and(|recorded| is_edited(declared, &recorded)) {
                return Err(HAS_EDITS);
            }
            edited(files.remove(customer, &connector_path(customer, name)))?;
        }
        Ok(())
    }

    fn remove_customer(&mut self, customer: &str, files: &mut ProjectEdit) -> Result<(), Refusal> {
        let recorded = self.entry.take();
        if let Some(declared) = self.declared(customer) {
            if recorded.is_some_and(|recorded| is_customer_edited(declared, &recorded)) {
                return Err(HAS_EDITS);
            }
            edited(files.remove(customer, &customer_path(customer)))?;
        }
        Ok(())
    }

    /// Declares a connector that others created, and records it as adopted.
    fn add(
        &mut self,
        customer: &str,
        name: &str,
        id: ConnectorId,
        files: &mut ProjectEdit,
    ) -> Result<(), Refusal> {
        if self.declared(customer).is_none() || self.declared_connector(customer, name).is_some() {
            return Err(NOT_DECLARED);
        }
        let connectors = self.exported.customers.iter();
        let exported = connectors
            .filter(|exported| exported.id == self.workspace)
            .flat_map(|exported| &exported.connectors)
            .find(|exported| exported.id == id.to_string());
        let exported = exported
            .filter(|exported| exported.left_out.is_none())
            .ok_or(LEFT_OUT)?;
        let settings = exported.replication_config.values();
        let mut values = settings.filter_map(Setting::to_plain).chain([name.into()]);
        if values.any(|value| self.app.repeats_secret(&value)) {
            return Err(WITHHELD);
        }
        let observed = self.observed_connector(id).ok_or(NOT_EDITABLE)?;
        let applied = Applied {
            environment: None,
            replication_config: Some(exported.replication_config.clone())
                .filter(|settings| !settings.is_empty()),
            entities: Some(exported.entities.clone()).filter(|entities| !entities.is_empty()),
        };
        let entry = ConnectorEntry {
            id,
            definition_id: observed.definition_id,
            template_id: None,
            sent: None,
            credentials_version: None,
            applied,
            updated_at: observed.updated_at.clone(),
            write: None,
        };
        edited(files.append(
            customer,
            &customer_path(customer),
            &connector_text(exported),
        ))?;
        self.record(name, entry)
    }

    fn update(
        &mut self,
        customer: &str,
        name: &str,
        id: ConnectorId,
        fields: &[FieldChange],
        files: &mut ProjectEdit,
    ) -> Result<(), RefusedChange> {
        let declared = self.declared_connector(customer, name);
        let declared = declared.ok_or(NOT_DECLARED)?.clone();
        let observed = self.observed_connector(id).ok_or(NOT_EDITABLE)?.clone();
        let path = connector_path(customer, name);
        let connector = self.entry()?.connectors.remove(name).ok_or(NOT_DECLARED)?;
        let mut connector = Arc::unwrap_or_clone(connector);
        let is_name = |field: &&FieldChange| field.path == "name";
        for field in fields.iter().filter(|field| !is_name(field)) {
            let value = accepted_value(field, &observed)?;
            let applied = connector.applied.clone();
            let keys = set_applied(
                &mut connector.applied,
                &field.path,
                value.as_ref(),
                &observed,
            )?;
            let file = FileValue::of_setting(&declared, &applied, &keys, value.as_ref());
            if file == FileValue::Accepted {
                continue;
            }
            file.require_no_edit(&field.path)?;
            let path = [path.clone(), keys.into_iter().map(EditStep::Key).collect()].concat();
            edited(match &value {
                None => files.remove(customer, &path),
                Some(value) => files.set(customer, &path, &written_value(value)),
            })?;
        }
        if fields.iter().any(|field| is_name(&field)) {
            let new = written_value(&Value::from(observed.name.as_str()));
            edited(files.set(customer, &[path, vec![key("name")]].concat(), &new))?;
        }
        connector.updated_at.clone_from(&observed.updated_at);
        connector.write = None;
        Ok(self.record(&observed.name, connector)?)
    }

    /// Adds the entry of a connector. Refuses it if another connector has the name: others swapped the names.
    fn record(&mut self, name: &str, connector: ConnectorEntry) -> Result<(), Refusal> {
        let connectors = &mut self.entry()?.connectors;
        if connectors.contains_key(name) {
            return Err(NOT_EDITABLE);
        }
        connectors.insert(name.into(), Arc::new(connector));
        Ok(())
    }

    fn update_customer(
        &mut self,
        customer: &str,
        fields: &[FieldChange],
        files: &mut ProjectEdit,
    ) -> Result<(), RefusedChange> {
        let declared = self.declared(customer).ok_or(NOT_DECLARED)?.clone();
        let observed = self.observed.customers.get(&self.workspace);
        let observed = observed.ok_or(NOT_DECLARED)?;
        let entry = self.entry.as_mut().ok_or(NOT_DECLARED)?;
        let applied = &mut entry.applied;
        for field in fields {
            let (file, text) = match field.path.as_str() {
                "status" => {
                    let (status, text) = match observed.status {
                        ObservedStatus::Active => (Status::Active, "active"),
                        ObservedStatus::Inactive => (Status::Inactive, "inactive"),
                        ObservedStatus::Other(_) => return Err(UNKNOWN_STATUS.into()),
                    };
                    let applied = applied.status.replace(status);
                    let file = Some(&declared.status);
                    let file = FileValue::new(file, applied.as_ref(), Some(&status), PartialEq::eq);
                    (file, json!(text))
                }
                "cache" => {
                    let cache = Cache::from_remote(observed.cache);
                    let applied = applied.cache.replace(cache);
                    let file = declared.cache.as_ref();
                    let file = FileValue::new(file, applied.as_ref(), Some(&cache), PartialEq::eq);
                    (
                        file,
                        cache.as_remote().map_or(json!("inherit"), Value::from),
                    )
                }
                _ => continue,
            };
            if file == FileValue::Accepted {
                continue;
            }
            file.require_no_edit(&field.path)?;
            let path = [customer_path(customer), vec![key(&field.path)]].concat();
            edited(files.set(customer, &path, &written_value(&text)))?;
        }
        if fields.iter().any(|field| field.path == "name") {
            let name = written_value(&json!(observed.name));
            let path = [customer_path(customer), vec![key("name")]].concat();
            edited(files.set(customer, &path, &name))?;
            entry.name.clone_from(&observed.name);
        }
        Ok(())
    }
}

fn edited<T, E>(result: Result<T, E>) -> Result<T, Refusal> {
    result.map_err(|_| NOT_EDITABLE)
}
