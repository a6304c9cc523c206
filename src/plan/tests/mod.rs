//! The planner's decisions, scene by scene: what is declared, there and remembered, and the plan
//! that comes of it, line by line.

mod connectors;
mod customers;
mod ledger_updates;
mod narrowed;
mod removal;
mod secrets;
mod values;

use super::{
    CountOrPercent, CustomerPlan, FieldValue, LedgerUpdates, Matches, Operation, Plan, Policy,
    Precondition, Step, match_resources, plan,
};
use crate::model::{
    Address, Applied, Completeness, ConnectorId, DefinitionId, Desired, DesiredConnector,
    DesiredCustomer, Kind, Observed, ObservedConnector, ObservedCustomer, ObservedDetail,
    ObservedStatus, OrganizationId, Recorded, RecordedConnector, RecordedCustomer, Rotation,
    SecretComparison, SecretStatus, Sent, Setting, Settings, Status, TemplateId, WorkspaceId,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
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

/// All that the planner knows.
#[derive(Clone)]
struct Scene {
    desired: Desired,
    observed: Observed,
    recorded: Recorded,
    secrets: SecretComparison,
    policy: Policy,
}

impl Scene {
    /// Nothing anywhere.
    fn empty() -> Self {
        Self {
            desired: Desired::default(),
            observed: Observed {
                organization_id: OrganizationId(Uuid::nil()),
                customers: BTreeMap::new(),
                completeness: Completeness::Complete,
                kinds: BTreeMap::new(),
            },
            recorded: Recorded::default(),
            secrets: SecretComparison::default(),
            policy: Policy::default(),
        }
    }

    /// `acme` (workspace 1) with `git` (connector 10): declared, there, remembered and unchanged.
    fn settled() -> Self {
        let mut scene = Self::empty();
        scene
            .declare("acme")
            .connectors
            .insert("git".into(), declared());
        scene
            .own(1, "acme")
            .connectors
            .insert("git".into(), recorded(10));
        scene.listed(1).insert(id(10), there("git"));
        let fresh = BTreeMap::from([("credentials.token".into(), SecretStatus::Unchanged)]);
        let address = Address::connector("acme", "git");
        scene.secrets.connectors.insert(address, fresh);
        scene
    }

    fn declare(&mut self, name: &str) -> &mut DesiredCustomer {
        self.desired.customers.entry(name.into()).or_default()
    }

    /// The settled connector's declaration.
    fn git(&mut self) -> &mut DesiredConnector {
        self.declare("acme").connectors.get_mut("git").unwrap()
    }

    /// What is remembered of the settled connector.
    fn git_recorded(&mut self) -> &mut RecordedConnector {
        let acme = self.recorded.customers.get_mut(&workspace(1)).unwrap();
        acme.connectors.get_mut("git").unwrap()
    }

    /// A live workspace that nobody remembers.
    fn live(&mut self, number: u128, name: &str) -> &mut ObservedCustomer {
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

    /// A live workspace that is remembered.
    fn own(&mut self, number: u128, name: &str) -> &mut RecordedCustomer {
        self.live(number, name);
        self.remembered(number, name)
    }

    fn remembered(&mut self, number: u128, name: &str) -> &mut RecordedCustomer {
        let customer = self
            .recorded
            .customers
            .entry(workspace(number))
            .or_default();
        name.clone_into(&mut customer.name);
        customer
    }

    fn listed(&mut self, number: u128) -> &mut BTreeMap<ConnectorId, ObservedConnector> {
        let there = self.observed.customers.get_mut(&workspace(number)).unwrap();
        there.connectors.get_or_insert_default()
    }

    fn plan(&self) -> Plan {
        plan(&self.matches(), &self.secrets, &self.policy)
    }

    fn matches(&self) -> Matches<'_> {
        match_resources(&self.desired, &self.observed, &self.recorded)
    }

    /// Asserts what the plan says.
    fn shows(&self, lines: &[&str]) {
        assert_eq!(told(&self.plan()), lines);
    }
}

fn declared() -> DesiredConnector {
    DesiredConnector {
        previous_name: None,
        kind: Kind {
            name: "github".into(),
            definition_id: Some(TYPE),
        },
        auth: None,
        template_id: None,
        credentials: token(),
        readable: BTreeSet::new(),
        credentials_version: None,
        rotation: Rotation::Compare,
        environment: None,
        replication_config: None,
        entities: None,
    }
}

fn recorded(number: u128) -> RecordedConnector {
    RecordedConnector {
        id: id(number),
        definition_id: TYPE,
        template_id: None,
        sent: Some(Sent {
            key_id: "key".into(),
            salt: "salt".into(),
            fingerprints: BTreeMap::from([("credentials.token".into(), "f".into())]),
            references: BTreeMap::from([("credentials.token".into(), "${env:TOKEN}".into())]),
            versions: BTreeMap::new(),
            at: "then".into(),
        }),
        credentials_version: None,
        applied: Applied::default(),
        updated_at: None,
    }
}

fn there(name: &str) -> ObservedConnector {
    ObservedConnector {
        name: name.into(),
        definition_id: TYPE,
        kind_name: Some("github".into()),
        template_id: TEMPLATE,
        created_at: None,
        updated_at: None,
        detail: None,
    }
}

fn detail(config: Value) -> Option<ObservedDetail> {
    let Value::Object(replication_config) = config else {
        return None;
    };
    Some(ObservedDetail {
        replication_config,
        entities: Vec::new(),
    })
}

/// A plan in lines, ids short.
fn told(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for customer in &plan.customers {
        lines.extend(customer.steps.iter().map(step));
        let remember = in_short(customer);
        if !remember.is_empty() {
            let remember = serde_json::to_value(&remember).unwrap();
            lines.push(format!("{} remembers {}", customer.name, terse(&remember)));
        }
    }
    let blocked = plan.blocked.iter();
    lines.extend(blocked.map(|one| format!("{} blocked: {:?}", one.address, one.code())));
    lines.extend(
        plan.refusals
            .iter()
            .map(|one| format!("refused: {:?}", one.code())),
    );
    for one in &plan.unverified {
        lines.push(format!(
            "{} unverified: {:?} {:?}",
            one.address, one.why, one.paths
        ));
    }
    let unmanaged = &plan.unmanaged;
    lines.extend(
        unmanaged
            .customers
            .iter()
            .map(|name| format!("unmanaged {name}")),
    );
    for one in &unmanaged.connectors {
        lines.push(format!(
            "unmanaged {} {}",
            one.address,
            terse(&json!(one.id))
        ));
    }
    lines.extend(
        unmanaged
            .not_pruned
            .iter()
            .map(|address| format!("kept {address}")),
    );
    lines
}

/// Without what the ledger keeps for `drift` alone, which has a test of its own.
fn in_short(customer: &CustomerPlan) -> LedgerUpdates {
    LedgerUpdates {
        applied: None,
        unmanaged: None,
        ..customer.ledger_updates.clone()
    }
}

fn step(step: &Step) -> String {
    let mut line = format!("{} {:?} {:?}", step.address, step.action, step.reasons);
    for change in &step.changes {
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

fn terse(value: &Value) -> String {
    let text = value.to_string();
    text.replace("00000000-0000-0000-0000-0000000000", "#")
        .replace('"', "")
}

#[test]
fn what_is_settled_needs_nothing() {
    let scene = Scene::settled();
    scene.shows(&[]);
    let plan = scene.plan();
    assert!(!plan.has_changes() && !plan.partial);
    let [acme] = plan.customers.as_slice() else {
        panic!("what drift compares with is remembered: {plan:#?}");
    };
    let status = acme
        .ledger_updates
        .applied
        .as_ref()
        .and_then(|one| one.status);
    assert_eq!(status, Some(Status::Active));
    assert_eq!(acme.ledger_updates.unmanaged, Some(BTreeSet::new()));
    assert_eq!(plan.summary.customers_declared, 1);
}

#[test]
fn selectors_choose_customers_and_what_is_in_them() {
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
    let one = policy(&["a/b"], &[]);
    assert!(one.is_partial() && !one.deletes_by_absence());
    assert!(wants(&one, "a/b") && !wants(&one, "a/c") && !wants(&one, "a"));
    assert!(one.selects_customer("a") && !one.selects_customer("b"));
    let but = policy(&[], &["a"]);
    assert!(but.is_partial() && !but.deletes_by_absence());
    assert!(!wants(&but, "a") && !wants(&but, "a/b") && wants(&but, "b"));
    assert!(!but.selects_customer("a") && but.selects_customer("b"));
    let both = policy(&["a"], &["a/b"]);
    assert!(wants(&both, "a") && wants(&both, "a/c") && !wants(&both, "a/b"));
    assert!(!wants(&both, "b") && both.selects_customer("a"));
    assert!(!Policy::default().deletes_by_absence());
}
