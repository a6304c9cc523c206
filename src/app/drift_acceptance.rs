//! Responsible for accepting drift: writes what others changed into the files and into the ledger, so
//! that neither `drift` nor `plan` shows it any more.
//!
//! Does not write to the API. Leaves a change alone if its declaration cannot be edited for certain, or if
//! its value may be a secret.

use super::App;
use super::accepted_setting::{known, set_applied};
use super::project_edit::{NOT_EDITABLE, ProjectEdit, connector_path, customer_path, key};
use crate::config::EditStep;
use crate::export::{Exported, Sources, connector_text, export, written_value};
use crate::failure::Failure;
use crate::model::{
    Address, Applied, Cache, ConnectorEntry, ConnectorId, CustomerEntry, LedgerState, Observed,
    ObservedConnector, ObservedStatus, Selector, Status, WorkspaceId,
};
use crate::observed::{Details, Survey};
use crate::plan::{
    Drift, DriftKind, DriftSubject, Drifted, DriftedCustomer, FieldChange, Policy, drift,
};
use crate::render;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The reason why a change is not accepted.
pub(super) type Refusal = &'static str;

const NOT_DECLARED: Refusal = "the files do not declare it under its name of the last apply";
pub(super) const WITHHELD: Refusal = "its value may be a secret; edit the files yourself";
const UNKNOWN_STATUS: Refusal = "airlift does not know its status";
const LEFT_OUT: Refusal = "no file can declare it; rename or remove it";

/// What was accepted.
pub(crate) struct Acceptance {
    pub(crate) drift: Drift,
    /// The changes that were left alone.
    pub(crate) refused: Vec<(Address, Refusal)>,
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
        Ok(Acceptance { drift, refused })
    }

    async fn read_recorded(&self, recorded: &LedgerState) -> Result<Observed, Failure> {
        let extent = Survey {
            customers: &|id, _| recorded.customers.contains_key(&id),
            details: Details::All,
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
            Vec<(Address, Refusal)>,
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
                    refused.push((change.address.clone(), reason));
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

/// Keeps the changes that the selectors name. Fails if one names none.
fn select(drift: &mut Drift, selectors: &[Selector]) -> Result<(), Failure> {
    let changed: BTreeSet<Address> = drift
        .customers
        .iter()
        .flat_map(|customer| &customer.changes)
        .map(|change| change.address.clone())
        .collect();
    let mut selected = BTreeSet::new();
    for selector in selectors {
        let covered = changed.iter().filter(|address| selector.covers(address));
        let named: Vec<Address> = covered.cloned().collect();
        if named.is_empty() {
            let message = format!("nothing that {selector} names changed out of band");
            return Err(Failure::unknown_selector(message)
                .hint("`airlift drift` shows what others changed"));
        }
        selected.extend(named);
    }
    for customer in &mut drift.customers {
        customer
            .changes
            .retain(|change| selected.contains(&change.address));
    }
    drift
        .customers
        .retain(|customer| !customer.changes.is_empty());
    Ok(())
}

impl Acceptor<'_> {
    fn change(&mut self, change: &Drifted, files: &mut ProjectEdit) -> Result<(), Refusal> {
        let customer = change.address.customer.as_str();
        let name = change.address.connector.as_deref();
        match (change.subject, name, change.kind) {
            (DriftSubject::Connector(id, _), Some(name), DriftKind::Appeared) => {
                self.add(customer, name, id, files)
            }
            (DriftSubject::Connector(..), Some(name), DriftKind::Gone) => {
                self.remove(customer, name, files)
            }
            (DriftSubject::Connector(id, _), Some(name), _) => {
                self.update(customer, name, id, &change.fields, files)
            }
            (DriftSubject::Customer(_), _, DriftKind::Gone) => {
                if self.declares(customer, None) {
                    edited(files.remove(customer, &customer_path(customer)))?;
                }
                self.entry = None;
                Ok(())
            }
            (DriftSubject::Customer(_), ..) => {
                self.update_customer(customer, &change.fields, files)
            }
            (DriftSubject::Connector(..), None, _) => Err(NOT_EDITABLE),
        }
    }

    fn declares(&self, customer: &str, connector: Option<&str>) -> bool {
        let declared = self.app.project.desired.customers.get(customer);
        match connector {
            None => declared.is_some(),
            Some(name) => declared.is_some_and(|declared| declared.connectors.contains_key(name)),
        }
    }

    fn entry(&mut self) -> Result<&mut CustomerEntry, Refusal> {
        self.entry.as_mut().ok_or(NOT_DECLARED)
    }

    fn observed_connector(&self, id: ConnectorId) -> Option<&ObservedConnector> {
        let customer = self.observed.customers.get(&self.workspace)?;
        customer.connectors.as_ref()?.get(&id)
    }

    fn remove(
        &mut self,
        customer: &str,
        name: &str,
        files: &mut ProjectEdit,
    ) -> Result<(), Refusal> {
        if self.declares(customer, Some(name)) {
            edited(files.remove(customer, &connector_path(customer, name)))?;
        }
        self.entry()?.connectors.remove(name);
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
        if !self.declares(customer, None) || self.declares(customer, Some(name)) {
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
    ) -> Result<(), Refusal> {
        if !self.declares(customer, Some(name)) {
            return Err(NOT_DECLARED);
        }
        let observed = self.observed_connector(id).ok_or(NOT_EDITABLE)?.clone();
        let path = connector_path(customer, name);
        let mut connector = self.entry()?.connectors.remove(name).ok_or(NOT_DECLARED)?;
        let is_name = |field: &&FieldChange| field.path == "name";
        for field in fields.iter().filter(|field| !is_name(field)) {
            let entities = observed
                .detail
                .as_ref()
                .map(|detail| json!(detail.entities));
            let value = match known(&field.after)? {
                Some(_) if field.path == "entities" => entities.as_ref(),
                value => value,
            };
            let steps = set_applied(&mut connector.applied, &field.path, value, &observed)?;
            let path = [path.clone(), steps.into_iter().map(EditStep::Key).collect()].concat();
            edited(match value {
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
        self.record(&observed.name, connector)
    }

    /// Adds the entry of a connector. Refuses it if another connector has the name: others swapped the names.
    fn record(&mut self, name: &str, connector: ConnectorEntry) -> Result<(), Refusal> {
        let connectors = &mut self.entry()?.connectors;
        if connectors.contains_key(name) {
            return Err(NOT_EDITABLE);
        }
        connectors.insert(name.to_owned(), connector);
        Ok(())
    }

    fn update_customer(
        &mut self,
        customer: &str,
        fields: &[FieldChange],
        files: &mut ProjectEdit,
    ) -> Result<(), Refusal> {
        if !self.declares(customer, None) {
            return Err(NOT_DECLARED);
        }
        let observed = self.observed.customers.get(&self.workspace);
        let observed = observed.ok_or(NOT_DECLARED)?;
        let entry = self.entry.as_mut().ok_or(NOT_DECLARED)?;
        let path = |field: &str| [customer_path(customer), vec![key(field)]].concat();
        for field in fields {
            match field.path.as_str() {
                "status" => {
                    let (status, text) = match observed.status {
                        ObservedStatus::Active => (Status::Active, "active"),
                        ObservedStatus::Inactive => (Status::Inactive, "inactive"),
                        ObservedStatus::Other(_) => return Err(UNKNOWN_STATUS),
                    };
                    edited(files.set(customer, &path("status"), &written_value(&json!(text))))?;
                    entry.applied.status = Some(status);
                }
                "cache" => {
                    let cache = Cache::from_remote(observed.cache);
                    let value = match cache {
                        Cache::Inherit => json!("inherit"),
                        Cache::On => json!(true),
                        Cache::Off => json!(false),
                    };
                    edited(files.set(customer, &path("cache"), &written_value(&value)))?;
                    entry.applied.cache = Some(cache);
                }
                _ => {}
            }
        }
        if fields.iter().any(|field| field.path == "name") {
            let name = written_value(&json!(observed.name));
            edited(files.set(customer, &path("name"), &name))?;
            entry.name.clone_from(&observed.name);
        }
        Ok(())
    }
}

fn edited<T, E>(result: Result<T, E>) -> Result<T, Refusal> {
    result.map_err(|_| NOT_EDITABLE)
}
