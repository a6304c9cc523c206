//! A model of the API and the ledger as plain maps that executes plans, independent of `apply`.

use super::objects::{connector_named, record, workspace_named};
use super::overlay::{last_write, merge, reformat, remove};
use airlift::model::{
    Completeness, ConnectorBody, ConnectorEntry, ConnectorId, CustomerEntry, Desired, Fields,
    LedgerState, Observed, ObservedConnector, ObservedDetail, ObservedStatus, OrganizationId,
    OrganizationListing, SecretComparison, SecretStatus, SentFingerprints, Setting, Status,
    WorkspaceId,
};
use airlift::plan::{
    ConnectorPatch, ConnectorPrecondition, ConnectorUpdate, CustomerPlan, Matches, Operation, Plan,
    Policy, Precondition, Step, match_resources, plan,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) observed: Observed,
    pub(crate) recorded: LedgerState,
    /// The present value of each reference, as a version number.
    pub(crate) secrets: BTreeMap<String, u32>,
    storage: Storage,
    next_id: u128,
}

/// How the API stores settings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Storage {
    AsSent,
    /// See [`reformat`].
    Reformatted,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            observed: Observed {
                organization_id: OrganizationId(Uuid::from_u128(1)),
                customers: BTreeMap::new(),
                completeness: Completeness::Complete,
                kinds: BTreeMap::new(),
                foreign: BTreeMap::new(),
                unreadable: BTreeMap::new(),
                organization_listing: OrganizationListing::default(),
            },
            recorded: LedgerState::default(),
            secrets: BTreeMap::new(),
            storage: Storage::AsSent,
            next_id: 100,
        }
    }

    /// The same world, whose API stores settings in another form from now on.
    pub(crate) fn reformatting(self) -> Self {
        Self {
            storage: Storage::Reformatted,
            ..self
        }
    }

    pub(crate) fn id(&mut self) -> Uuid {
        self.next_id += 1;
        Uuid::from_u128(self.next_id)
    }

    fn value(&self, reference: &str) -> u32 {
        self.secrets.get(reference).copied().unwrap_or(0)
    }

    fn sent(&self, leaves: BTreeMap<String, &Setting>) -> SentFingerprints {
        let mut sent = SentFingerprints {
            key_id: "key".into(),
            salt: "salt".into(),
            fingerprints: Fields::new(),
            references: Fields::new(),
            versions: Fields::new(),
            at: "now".into(),
        };
        for (path, leaf) in leaves {
            if let Setting::Secret(reference) = leaf {
                sent.references
                    .insert(path.clone(), reference.to_string().into());
            }
            sent.fingerprints.insert(path, self.fingerprint(leaf));
        }
        sent
    }

    fn fingerprint(&self, leaf: &Setting) -> String {
        match leaf {
            Setting::Secret(reference) => format!("v{}", self.value(&reference.to_string())),
            literal => literal.to_plain().unwrap().to_string(),
        }
    }

    fn compare(&self, matches: &Matches<'_>) -> SecretComparison {
        let mut comparison = SecretComparison::default();
        for connector in matches.recorded_connectors() {
            let Some(sent) = &connector.recorded.sent else {
                continue;
            };
            let leaves = connector.declared.secret_leaves().into_iter();
            let statuses = leaves.map(|(path, leaf)| {
                let same = sent.fingerprints.get(&path) == Some(&self.fingerprint(leaf));
                let status = if same {
                    SecretStatus::Unchanged
                } else {
                    SecretStatus::Changed
                };
                (path, status)
            });
            let (id, address) = (connector.recorded.id, || connector.address());
            comparison.add(id, address, statuses.collect());
        }
        comparison
    }

    pub(crate) fn plan(&self, desired: &Desired, policy: &Policy) -> Plan {
        let matches = match_resources(desired, &self.observed, &self.recorded);
        plan(&matches, &self.compare(&matches), policy)
    }

    pub(crate) fn apply(&mut self, plan: &Plan) {
        for customer in &plan.customers {
            let mut id = customer.workspace_id;
            if let Some(id) = id
                && let Some(entry) = self.recorded.customers.get_mut(&id)
            {
                let updates = &customer.ledger_updates;
                entry.protect = updates.protect.unwrap_or(entry.protect);
                entry.applied = updates.applied.unwrap_or(entry.applied);
                entry.unmanaged = updates.unmanaged.clone().or(entry.unmanaged.take());
                if let Some(name) = &updates.name {
                    entry.name.clone_from(name);
                }
            }
            for connector in &customer.ledger_updates.connectors {
                self.update_connector_entry(id.unwrap(), connector);
            }
            for step in &customer.steps {
                self.check(id, step);
                self.step(customer, &mut id, &step.operation);
            }
        }
    }

    fn update_connector_entry(&mut self, id: WorkspaceId, update: &ConnectorUpdate) {
        let body = &update.body;
        let references = self.sent(body.secret_leaves()).references;
        let entry = self.recorded.customers.get_mut(&id).unwrap();
        let Some(before) = entry.connectors.get(body.name.as_str()).cloned() else {
            return;
        };
        let sent = before
            .sent
            .clone()
            .map(|sent| SentFingerprints {
                references,
                ..(*sent).clone()
            })
            .map(Arc::new);
        let after = ConnectorEntry {
            sent,
            updated_at: update.updated_at.as_deref().map(Into::into),
            write: update.write.clone(),
            ..record(body, before.id, None)
        };
        entry
            .connectors
            .insert(body.name.as_str().into(), Arc::new(after));
    }

    /// Asserts that the world satisfies the step's precondition.
    fn check(&self, workspace: Option<WorkspaceId>, step: &Step) {
        match &step.precondition {
            Precondition::Absent => assert!(matches!(
                step.operation,
                Operation::CreateCustomer { .. } | Operation::CreateConnector { .. }
            )),
            Precondition::Customer { id, name, .. } => {
                let id = id.or(workspace).unwrap();
                assert_eq!(self.observed.customers[&id].name, *name);
            }
            Precondition::Connector(expected) => {
                let ConnectorPrecondition {
                    id,
                    name,
                    definition_id,
                    updated_at,
                    ..
                } = &**expected;
                let customer = &self.observed.customers[&workspace.unwrap()];
                let connector = &customer.connectors.as_ref().unwrap()[id];
                assert_eq!(connector.name, *name);
                assert_eq!(connector.definition_id, *definition_id);
                assert_eq!(connector.updated_at.as_deref(), updated_at.as_deref());
            }
        }
    }

    fn step(
        &mut self,
        customer: &CustomerPlan,
        workspace: &mut Option<WorkspaceId>,
        operation: &Operation,
    ) {
        match operation {
            Operation::CreateCustomer { .. } => {
                let id = WorkspaceId(self.id());
                *workspace = Some(id);
                let created = workspace_named(&customer.name);
                self.observed.customers.insert(id, created);
                self.record_customer(id, customer);
            }
            Operation::AdoptCustomer { workspace_id } => {
                self.record_customer(*workspace_id, customer);
            }
            Operation::UpdateCustomer {
                workspace_id,
                patch,
                record_suspension,
            } => {
                let id = workspace_id.or(*workspace).unwrap();
                let live = self.observed.customers.get_mut(&id).unwrap();
                if let Some(name) = &patch.name {
                    live.name = name.into();
                }
                if let Some(cache) = patch.cache {
                    live.cache = cache.as_remote();
                }
                match patch.status {
                    Some(Status::Active) => live.status = ObservedStatus::Active,
                    Some(Status::Inactive) => live.status = ObservedStatus::Inactive,
                    None => {}
                }
                let entry = self.recorded.customers.get_mut(&id).unwrap();
                entry.name.clone_from(&live.name);
                entry.applied.status = patch.status.or(entry.applied.status);
                entry.applied.cache = patch.cache.or(entry.applied.cache);
                entry.suspended = *record_suspension;
                entry.protect = customer.protect;
            }
            Operation::DeleteCustomer { workspace_id } => {
                self.observed.customers.remove(workspace_id).unwrap();
                self.recorded.customers.remove(workspace_id);
            }
            other => self.connector_step(workspace.unwrap(), other),
        }
    }

    fn record_customer(&mut self, id: WorkspaceId, customer: &CustomerPlan) {
        let entry = CustomerEntry {
            name: customer.name.clone(),
            protect: customer.protect,
            applied: customer.ledger_updates.applied.unwrap_or_default(),
            unmanaged: customer.ledger_updates.unmanaged.clone(),
            ..CustomerEntry::default()
        };
        self.recorded.customers.insert(id, entry);
    }

    fn connector_step(&mut self, workspace: WorkspaceId, operation: &Operation) {
        match operation {
            Operation::CreateConnector { body } => self.create(workspace, body),
            Operation::AdoptConnector { id, body, .. } => {
                let body_without_settings = ConnectorBody {
                    replication_config: None,
                    entities: None,
                    ..body.clone()
                };
                self.record_connector(
                    workspace,
                    record(&body_without_settings, *id, None),
                    &body.name,
                );
            }
            Operation::UpdateConnector { id, patch, body } => {
                self.update(workspace, *id, patch, body);
            }
            Operation::ReplaceConnector { id, body } => {
                self.connectors(workspace).remove(id).unwrap();
                let entry = self.recorded.customers.get_mut(&workspace).unwrap();
                entry.connectors.retain(|_, connector| connector.id != *id);
                self.create(workspace, body);
            }
            Operation::DeleteConnector { id } => {
                self.connectors(workspace).remove(id).unwrap();
                let entry = self.recorded.customers.get_mut(&workspace).unwrap();
                entry.connectors.retain(|_, connector| connector.id != *id);
                entry.pending_deletion.remove(id);
            }
            _ => unreachable!("not an operation on a connector"),
        }
    }

    fn update(
        &mut self,
        workspace: WorkspaceId,
        id: ConnectorId,
        patch: &ConnectorPatch,
        body: &ConnectorBody,
    ) {
        let (updated, storage) = (self.id().to_string(), self.storage);
        let live = self.connectors(workspace).get_mut(&id).unwrap();
        if let Some(name) = &patch.name {
            live.name = name.into();
        }
        live.updated_at = Some(updated.as_str().into());
        let detail = live.detail.as_mut().unwrap();
        for (name, setting) in patch.replication_config.iter().flatten() {
            merge(
                detail.replication_config.entry(name).or_insert(Value::Null),
                setting,
            );
        }
        for path in &patch.removed {
            remove(&mut detail.replication_config, path);
        }
        if let Some(entities) = &patch.entities {
            detail.entities.clone_from(entities);
        }
        let is_reformatted = storage == Storage::Reformatted && patch.replication_config.is_some();
        if is_reformatted {
            detail.replication_config.values_mut().for_each(reformat);
        }
        let answered = last_write(body.replication_config.as_ref(), &detail.replication_config);
        let entry = &self.recorded.customers[&workspace];
        let before = entry
            .connectors
            .values()
            .find(|connector| connector.id == id);
        let sent = before.and_then(|before| before.sent.clone());
        let write = if is_reformatted {
            answered
        } else {
            before.and_then(|before| before.write.clone())
        };
        let after = ConnectorEntry {
            updated_at: Some(updated.into()),
            write,
            ..record(body, id, sent)
        };
        self.record_connector(workspace, after, &body.name);
    }

    pub(crate) fn connectors(
        &mut self,
        workspace: WorkspaceId,
    ) -> &mut BTreeMap<ConnectorId, Box<ObservedConnector>> {
        let customer = self.observed.customers.get_mut(&workspace).unwrap();
        customer.connectors.as_mut().unwrap()
    }

    fn create(&mut self, workspace: WorkspaceId, body: &ConnectorBody) {
        let id = ConnectorId(self.id());
        let mut config = serde_json::Map::from_iter([("filled".to_owned(), json!("by server"))]);
        for (name, setting) in body.replication_config.iter().flatten() {
            merge(config.entry(name).or_insert(Value::Null), setting);
        }
        if self.storage == Storage::Reformatted {
            config.values_mut().for_each(reformat);
        }
        let write = last_write(body.replication_config.as_ref(), &config);
        let mut created = connector_named(&body.name, body.definition_id);
        created.template_id = body.template_id.or(created.template_id);
        created.updated_at = Some(id.to_string().into());
        created.detail = Some(Box::new(ObservedDetail {
            replication_config: config,
            entities: body.entities.clone().unwrap_or_default(),
        }));
        self.connectors(workspace).insert(id, created.into());
        let sent = self.sent(body.secret_leaves());
        let sent = (!sent.fingerprints.is_empty()).then_some(sent);
        let after = ConnectorEntry {
            updated_at: Some(id.to_string().into()),
            write,
            ..record(body, id, sent.map(Arc::new))
        };
        self.record_connector(workspace, after, &body.name);
    }

    fn record_connector(&mut self, workspace: WorkspaceId, record: ConnectorEntry, name: &str) {
        let entry = self.recorded.customers.get_mut(&workspace).unwrap();
        entry
            .connectors
            .retain(|_, connector| connector.id != record.id);
        entry.connectors.insert(name.into(), Arc::new(record));
    }
}
