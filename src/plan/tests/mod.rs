//! Tests of the planner: each builds a [`Scene`] of declared, observed and recorded state, and
//! compares the lines of its plan.

mod adoption;
mod approved;
mod baseline;
mod connectors;
mod customers;
mod impact;
mod ledger_updates;
mod narrowed;
mod removal;
mod renames;
mod resembling;
mod secrets;
mod trust;
mod values;

use super::{
    BlockReason, CustomerPlan, FieldValue, LedgerUpdates, Matches, Operation, Plan, Policy,
    Precondition, Step, UnmanagedConnector, Unverified, match_resources, plan,
};
use crate::model::{
    Address, Applied, Completeness, ConnectorEntry, ConnectorId, CountOrPercent, CustomerEntry,
    DefinitionId, Desired, DesiredConnector, DesiredCustomer, Fields, Kind, LedgerState, Observed,
    ObservedConnector, ObservedCustomer, ObservedDetail, ObservedStatus, OrganizationId,
    OrganizationListing, RotationMode, SecretComparison, SecretStatus, SentFingerprints, Setting,
    Settings, Status, TemplateId, WorkspaceId,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

const TYPE: DefinitionId = DefinitionId(Uuid::from_u128(0xa0));
const OTHER_TYPE: DefinitionId = DefinitionId(Uuid::from_u128(0xa1));
const TEMPLATE: TemplateId = TemplateId(Uuid::from_u128(0xb0));
const OTHER_TEMPLATE: TemplateId = TemplateId(Uuid::from_u128(0xb1));

fn workspace(number: u128) -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(number))
}

fn id(number: u128) -> ConnectorId {
    ConnectorId(Uuid::from_u128(number))
}

fn settings(value: Value) -> Option<Settings> {
    match Setting::from(value) {
        Setting::Map(fields) => Some(fields),
        _ => None,
    }
}

fn token() -> Option<Settings> {
    settings(json!({"token": {"$secret": "${env:TOKEN}"}}))
}

/// The inputs of a plan.
#[derive(Clone)]
struct Scene {
    desired: Desired,
    observed: Observed,
    recorded: LedgerState,
    secrets: SecretComparison,
    policy: Policy,
}

impl Scene {
    /// No declared, observed or recorded customer.
    fn empty() -> Self {
        Self {
            desired: Desired::default(),
            observed: Observed {
                organization_id: OrganizationId(Uuid::nil()),
                customers: BTreeMap::new(),
                completeness: Completeness::Complete,
                kinds: BTreeMap::new(),
                foreign: BTreeMap::new(),
                unreadable: BTreeMap::new(),
                organization_listing: OrganizationListing::default(),
            },
            recorded: LedgerState::default(),
            secrets: SecretComparison::default(),
            policy: Policy::default(),
        }
    }

    /// Customer `acme` (workspace 1) with connector `git` (10), as after an apply.
    fn applied() -> Self {
        let mut scene = Self::empty();
        scene.declare("acme").connectors.insert("git", declared());
        scene
            .add_recorded(1, "acme")
            .connectors
            .insert("git".into(), recorded(10));
        scene
            .connectors(1)
            .insert(id(10), live_connector("git").into());
        scene.secrets.unchanged.insert(id(10));
        scene
    }

    /// The comparison shows another token of `acme/git` than was sent.
    fn change_token(&mut self) {
        let changed = BTreeMap::from([("credentials.token".into(), SecretStatus::Changed)]);
        let git = Address::connector("acme", "git");
        self.secrets.connectors.insert(git, changed);
    }

    fn declare(&mut self, name: &str) -> &mut DesiredCustomer {
        self.desired.customers.entry(name.into()).or_default()
    }

    /// The declaration of `acme/git`.
    fn git(&mut self) -> &mut DesiredConnector {
        self.declare("acme").connectors.get_mut("git").unwrap()
    }

    /// The ledger entry of `acme/git`.
    fn git_recorded(&mut self) -> &mut ConnectorEntry {
        let acme = self.recorded.customers.get_mut(&workspace(1)).unwrap();
        Arc::make_mut(acme.connectors.get_mut("git").unwrap())
    }

    /// The workspace of a number; adds an unrecorded one if there is nsingle.
    fn workspace(&mut self, number: u128, name: &str) -> &mut ObservedCustomer {
        let customers = &mut self.observed.customers;
        customers
            .entry(workspace(number))
            .or_insert(ObservedCustomer {
                name: name.into(),
                status: ObservedStatus::Active,
                cache: None,
                created_at: String::new(),
                connectors: Some(BTreeMap::new()),
            })
    }

    /// The ledger entry of an existing workspace; adds both if there are nsingle.
    fn add_recorded(&mut self, number: u128, name: &str) -> &mut CustomerEntry {
        self.workspace(number, name);
        self.recorded_customer(number, name)
    }

    /// The ledger entry of a workspace number; adds one if there is nsingle.
    fn recorded_customer(&mut self, number: u128, name: &str) -> &mut CustomerEntry {
        let customer = self
            .recorded
            .customers
            .entry(workspace(number))
            .or_default();
        name.clone_into(&mut customer.name);
        customer
    }

    /// The observed connectors of a workspace.
    fn connectors(&mut self, number: u128) -> &mut BTreeMap<ConnectorId, Box<ObservedConnector>> {
        let customer = self.observed.customers.get_mut(&workspace(number)).unwrap();
        customer.connectors.get_or_insert_default()
    }

    fn plan(&self) -> Plan {
        plan(&self.matches(), &self.secrets, &self.policy)
    }

    fn matches(&self) -> Matches<'_> {
        match_resources(&self.desired, &self.observed, &self.recorded)
    }

    /// Asserts the lines of the plan.
    fn assert_plan(&self, lines: &[&str]) {
        assert_eq!(plan_lines(&self.plan()), lines);
    }
}

fn declared() -> Box<DesiredConnector> {
    Box::new(DesiredConnector {
        previous_name: None,
        kind: Kind {
            name: "github".into(),
            definition_id: Some(TYPE),
        },
        auth: None,
        consent: None,
        template_id: None,
        credentials: token(),
        readable: BTreeSet::new(),
        credentials_version: None,
        rotation: RotationMode::Compare,
        environment: None,
        replication_config: None,
        entities: None,
    })
}

fn recorded(number: u128) -> Arc<ConnectorEntry> {
    Arc::new(ConnectorEntry {
        id: id(number),
        definition_id: TYPE,
        template_id: None,
        sent: Some(Arc::new(SentFingerprints {
            key_id: "key".into(),
            salt: "salt".into(),
            fingerprints: Fields::from([("credentials.token".into(), "f".into())]),
            references: Fields::from([("credentials.token".into(), "${env:TOKEN}".into())]),
            versions: Fields::new(),
            at: "then".into(),
        })),
        credentials_version: None,
        applied: Applied::default(),
        updated_at: None,
        write: None,
    })
}

fn live_connector(name: &str) -> ObservedConnector {
    ObservedConnector {
        name: name.into(),
        definition_id: TYPE,
        kind_name: Some("github".into()),
        template_id: Some(TEMPLATE),
        created_at: None,
        updated_at: None,
        detail: None,
    }
}

fn detail(config: Value) -> Option<Box<ObservedDetail>> {
    let Value::Object(replication_config) = config else {
        return None;
    };
    Some(Box::new(ObservedDetail {
        replication_config,
        entities: Vec::new(),
    }))
}

/// The address and the action of each step.
fn actions(scene: &Scene) -> Vec<String> {
    let plan = scene.plan();
    plan.steps()
        .map(|step| format!("{} {:?}", step.address, step.action))
        .collect()
}

/// One line per step, ledger update, blocked object, refusal, unverified secret and unmanaged object.
fn plan_lines(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for customer in &plan.customers {
        lines.extend(customer.steps.iter().map(step));
        let updates = without_drift_data(customer);
        if !updates.is_empty() {
            let updates = serde_json::to_value(&updates).unwrap();
            lines.push(format!("{} remembers {}", customer.name, terse(&updates)));
        }
    }
    for blocked in &plan.blocked {
        lines.push(format!("{} blocked: {:?}", blocked.address, blocked.code()));
    }
    for refusal in &plan.refusals {
        lines.push(format!("refused: {:?}", refusal.code()));
    }
    for Unverified {
        address,
        why,
        secrets,
        ..
    } in &plan.unverified
    {
        let paths: Vec<&str> = secrets.iter().map(|secret| secret.path.as_str()).collect();
        lines.push(format!("{address} unverified: {why:?} {paths:?}"));
    }
    let unmanaged = &plan.unmanaged;
    lines.extend(
        unmanaged
            .customers
            .iter()
            .map(|name| format!("unmanaged {name}")),
    );
    for UnmanagedConnector { address, id, .. } in &unmanaged.connectors {
        lines.push(format!("unmanaged {address} {}", terse(&json!(id))));
    }
    lines.extend(
        unmanaged
            .not_pruned
            .iter()
            .map(|address| format!("kept {address}")),
    );
    lines
}

/// The reasons why customers and connectors are blocked.
fn block_reasons(scene: &Scene) -> Vec<BlockReason> {
    let blocked = scene.plan().blocked;
    blocked.into_iter().map(|blocked| blocked.reason).collect()
}

/// The ledger updates without those that only `drift` reads; they have tests of their own.
fn without_drift_data(customer: &CustomerPlan) -> LedgerUpdates {
    LedgerUpdates {
        applied: None,
        unmanaged: None,
        ..customer.ledger_updates.clone()
    }
}

fn step(step: &Step) -> String {
    let mut line = format!("{} {:?} {:?}", step.address, step.action, step.reasons);
    for change in step.fields().iter() {
        let (before, after) = (value(&change.before), value(&change.after));
        line = format!("{line} {}: {before} -> {after};", change.path);
    }
    let mut operation = serde_json::to_value(&step.operation).unwrap();
    operation.as_object_mut().unwrap().remove("body");
    let line = line + " " + &terse(&operation);
    match (&step.operation, &step.precondition) {
        (
            Operation::UpdateCustomer { .. } | Operation::DeleteCustomer { .. },
            Precondition::Customer { name, .. },
        ) => format!("{line} of {name}"),
        _ => line,
    }
}

fn value(value: &FieldValue) -> String {
    match value {
        FieldValue::Value(value) => value.to_string(),
        FieldValue::Reference(reference) => reference.clone(),
        other => format!("{other:?}"),
    }
}

/// JSON with short ids and without quotation marks.
fn terse(value: &Value) -> String {
    let text = value.to_string();
    text.replace("00000000-0000-0000-0000-0000000000", "#")
        .replace('"', "")
}

#[test]
fn plan_applied_state_has_no_changes() {
    let scene = Scene::applied();
    scene.assert_plan(&[]);
    let plan = scene.plan();
    assert!(!plan.has_changes() && !plan.partial);
    let [acme] = plan.customers.as_slice() else {
        panic!("not exactly one customer with ledger updates: {plan:#?}");
    };
    let status = acme
        .ledger_updates
        .applied
        .as_ref()
        .and_then(|applied| applied.status);
    assert_eq!(status, Some(Status::Active));
    assert_eq!(acme.ledger_updates.unmanaged, Some(BTreeSet::new()));
    assert_eq!(plan.summary.customers_declared, 1);
}

#[test]
fn policy_targets_and_excludes_select_customers_and_connectors() {
    let policy = |targets: &[&str], excludes: &[&str]| Policy {
        targets: targets.iter().map(|text| text.parse().unwrap()).collect(),
        excludes: excludes.iter().map(|text| text.parse().unwrap()).collect(),
        prune: true,
        ..Policy::default()
    };
    let wants = |policy: &Policy, text: &str| policy.selects(&text.parse().unwrap());
    let all = policy(&[], &[]);
    assert!(!all.is_partial() && all.deletes_by_absence());
    assert!(wants(&all, "a") && wants(&all, "a/b") && all.selects_customer("a"));
    let single = policy(&["a/b"], &[]);
    assert!(single.is_partial() && !single.deletes_by_absence());
    assert!(wants(&single, "a/b") && !wants(&single, "a/c") && !wants(&single, "a"));
    assert!(single.selects_customer("a") && !single.selects_customer("b"));
    let but = policy(&[], &["a"]);
    assert!(but.is_partial() && !but.deletes_by_absence());
    assert!(!wants(&but, "a") && !wants(&but, "a/b") && wants(&but, "b"));
    assert!(!but.selects_customer("a") && but.selects_customer("b"));
    let both = policy(&["a"], &["a/b"]);
    assert!(wants(&both, "a") && wants(&both, "a/c") && !wants(&both, "a/b"));
    assert!(!wants(&both, "b") && both.selects_customer("a"));
    assert!(!Policy::default().deletes_by_absence());
}
