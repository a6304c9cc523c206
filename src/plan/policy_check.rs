//! Responsible for checking a plan against the rules of the policy file.

use super::{Action, Impact, Inputs, LimitSource, Operation, Plan, PolicyViolation, Refusal, Step};
use crate::model::{
    Address, ConnectorId, DefinitionId, ImpactLimits, Kind, PolicyLimits, PolicyRule, PolicyRules,
    Region, WorkspaceId, names_part,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The addresses that a violation names.
const NAMED: usize = 5;

/// A rule, and what of the plan violates it: a customer, a type, a region or a name.
type Subject = (PolicyRule, String, Option<Impact>);

/// A connector that a plan deletes, alone or with its customer.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(super) struct DeletedConnector {
    address: Address,
    id: ConnectorId,
    /// The workspace, if it is deleted, too.
    deleted_with: Option<WorkspaceId>,
    /// The type as the policy file names it.
    kind: String,
}

impl DeletedConnector {
    fn is_deleted_by(&self, operation: &Operation) -> bool {
        match operation {
            Operation::DeleteConnector { id } => self.id == *id,
            Operation::DeleteCustomer { workspace_id } => self.deleted_with == Some(*workspace_id),
            _ => false,
        }
    }
}

/// The connectors that a plan deletes, of the types that the rules limit.
pub(super) fn deleted_connectors(inputs: &Inputs<'_>, plan: &Plan) -> Vec<DeletedConnector> {
    let definitions = &inputs.policy.rules.definitions;
    let mut deleted = Vec::new();
    if definitions.is_empty() {
        return deleted;
    }
    let deletions = plan.customers.iter().flat_map(|customer| {
        let steps = customer.steps.iter();
        steps.filter_map(|step| Some((step, customer.workspace_id?)))
    });
    for (step, workspace) in deletions.filter(|(step, _)| step.action == Action::Delete) {
        let is_whole = matches!(step.operation, Operation::DeleteCustomer { .. });
        for (id, (name, definition)) in connectors(inputs, workspace) {
            let Some(kind) = definitions.get(&definition) else {
                continue;
            };
            let connector = DeletedConnector {
                address: Address::connector(&step.address.customer, name),
                id,
                deleted_with: is_whole.then_some(workspace),
                kind: kind.clone(),
            };
            if connector.is_deleted_by(&step.operation) {
                deleted.push(connector);
            }
        }
    }
    deleted
}

/// The connectors of a workspace: those that exist, or those of the ledger if they were not read.
fn connectors<'a>(
    inputs: &Inputs<'a>,
    workspace: WorkspaceId,
) -> BTreeMap<ConnectorId, (&'a str, DefinitionId)> {
    let observed = inputs.matches.observed.customers.get(&workspace);
    if let Some(observed) = observed.and_then(|customer| customer.connectors.as_ref()) {
        let connectors = observed.iter();
        return connectors
            .map(|(id, connector)| (*id, (connector.name.as_str(), connector.definition_id)))
            .collect();
    }
    let recorded = inputs.matches.recorded.customers.get(&workspace);
    let connectors = recorded.into_iter().flat_map(|entry| &entry.connectors);
    connectors
        .map(|(name, entry)| (entry.id, (name.as_str(), entry.definition_id)))
        .collect()
}

/// The refusals of a plan by the rules. `deleted` are its [`deleted_connectors`].
pub(super) fn refusals(
    rules: &PolicyRules,
    deleted: &[DeletedConnector],
    plan: &Plan,
) -> Vec<Refusal> {
    if rules.is_empty() {
        return Vec::new();
    }
    let mut check = Check {
        rules,
        counts: BTreeMap::new(),
        forbidden: BTreeMap::new(),
    };
    for step in plan.steps() {
        check.count(step);
        check.count_deleted(step, deleted);
        check.forbid(step);
    }
    check.refusals()
}

/// A customer that does not exist.
#[derive(Clone, Copy, Debug)]
pub struct NewCustomer<'a> {
    /// The customer.
    pub address: &'a Address,
    /// The declared region.
    pub region: Option<Region>,
}

/// A consent of a customer, which creates a connector.
#[derive(Clone, Copy, Debug)]
pub struct PlannedConsent<'a> {
    /// The connector.
    pub connector: &'a Address,
    /// The connector's type.
    pub kind: &'a Kind,
    /// The customer, if it has to be created for the consent.
    pub new_customer: Option<NewCustomer<'a>>,
    /// `Create`, or `Replace` for a connector that has the name already.
    pub action: Action,
}

/// The refusals of a consent by the policy file. Limits count its objects as those of a run of its own. The limits of the
/// files do not hold: a person asks for each consent.
pub fn consent_refusals(
    rules: &PolicyRules,
    ceiling: PolicyLimits,
    consent: PlannedConsent<'_>,
) -> Vec<Refusal> {
    let mut check = Check {
        rules,
        counts: BTreeMap::new(),
        forbidden: BTreeMap::new(),
    };
    if let Some(NewCustomer { address, region }) = consent.new_customer {
        check.count_object(address, Impact::New, None);
        check.check_region(address, region);
        check.check_name(address, &address.customer);
    }
    let PlannedConsent {
        connector, kind, ..
    } = consent;
    let impact = match consent.action {
        Action::Create => Impact::New,
        _ => Impact::IdChanges,
    };
    let limited = kind.definition_id.and_then(|id| rules.definitions.get(&id));
    check.count_object(connector, impact, limited.map(String::as_str));
    check.check_type(connector, &kind.name, kind.definition_id);
    if consent.action == Action::Create {
        check.check_name(
            connector,
            connector.connector.as_deref().unwrap_or_default(),
        );
    }
    let mut refusals = check.refusals();
    if impact == Impact::IdChanges && ceiling.max_id_changes == Some(0) {
        refusals.push(Refusal::TooManyIdChanges {
            id_changes: 1,
            allowed: 0,
            source: LimitSource::Policy,
        });
    }
    refusals
}

struct Check<'a> {
    rules: &'a PolicyRules,
    /// The objects that limits count.
    counts: BTreeMap<Subject, BTreeSet<&'a Address>>,
    forbidden: BTreeMap<Subject, BTreeSet<&'a Address>>,
}

impl<'a> Check<'a> {
    fn count(&mut self, step: &'a Step) {
        let kind = limited_type(self.rules, &step.operation);
        self.count_object(&step.address, step.impact(), kind);
    }

    /// `kind` is the type as the policy file names it, if it limits the type.
    fn count_object(&mut self, address: &'a Address, impact: Impact, kind: Option<&str>) {
        let customer = address.customer.clone();
        let kind = kind.map(|kind| (PolicyRule::TypeLimit, kind.to_owned()));
        let subjects = [
            Some((PolicyRule::RunLimit, String::new())),
            Some((PolicyRule::CustomerLimit, customer)),
            kind,
        ];
        for (rule, subject) in subjects.into_iter().flatten() {
            let objects = self.counts.entry((rule, subject, Some(impact)));
            objects.or_default().insert(address);
        }
    }

    fn count_deleted(&mut self, step: &Step, deleted: &'a [DeletedConnector]) {
        if step.action != Action::Delete {
            return;
        }
        let removed = deleted
            .iter()
            .filter(|connector| connector.is_deleted_by(&step.operation));
        for connector in removed {
            let kind = connector.kind.clone();
            let subject = (PolicyRule::TypeLimit, kind, Some(Impact::Removed));
            let objects = self.counts.entry(subject);
            objects.or_default().insert(&connector.address);
        }
    }

    fn forbid(&mut self, step: &'a Step) {
        let Step { address, .. } = step;
        match &step.operation {
            Operation::CreateCustomer { region } => {
                self.check_region(address, *region);
                self.check_name(address, &address.customer);
            }
            Operation::UpdateCustomer { patch, .. } => {
                if let Some(name) = &patch.name {
                    self.check_name(address, name);
                }
            }
            Operation::CreateConnector { body } | Operation::ReplaceConnector { body, .. } => {
                self.check_type(address, &body.kind, Some(body.definition_id));
                if step.action == Action::Create {
                    self.check_name(address, &body.name);
                }
            }
            Operation::UpdateConnector { patch, .. } => {
                if let Some(name) = &patch.name {
                    self.check_name(address, name);
                }
            }
            _ => {}
        }
    }

    /// A type without a definition is not in the catalog, and only a definition allows such a type.
    fn check_type(&mut self, address: &'a Address, kind: &str, definition: Option<DefinitionId>) {
        let Some(types) = &self.rules.allowed_types else {
            return;
        };
        if definition.is_none_or(|definition| !types.contains(&definition)) {
            self.add(PolicyRule::AllowedTypes, kind, address);
        }
    }

    fn check_region(&mut self, address: &'a Address, region: Option<Region>) {
        let Some(regions) = &self.rules.allowed_regions else {
            return;
        };
        let region = region.map_or_else(|| "none".to_owned(), |region| region.to_string());
        if !regions.contains(&region) {
            self.add(PolicyRule::AllowedRegions, &region, address);
        }
    }

    fn check_name(&mut self, address: &'a Address, name: &str) {
        let (rule, patterns) = match address.connector {
            None => (PolicyRule::CustomerNames, &self.rules.customer_names),
            Some(_) => (PolicyRule::ConnectorNames, &self.rules.connector_names),
        };
        if !patterns.is_empty() && !patterns.iter().any(|pattern| names_part(pattern, name)) {
            self.add(rule, &patterns.join(", "), address);
        }
    }

    fn add(&mut self, rule: PolicyRule, subject: &str, address: &'a Address) {
        let objects = self.forbidden.entry((rule, subject.to_owned(), None));
        objects.or_default().insert(address);
    }

    fn refusals(self) -> Vec<Refusal> {
        let rules = self.rules;
        let exceeded = self.counts.into_iter().filter_map(|(subject, objects)| {
            let limits = match subject.0 {
                PolicyRule::RunLimit => rules.run,
                PolicyRule::CustomerLimit => rules.customer,
                _ => rules.types.get(&subject.1).copied().unwrap_or_default(),
            };
            let allowed = limit(limits, subject.2?)?;
            (count(&objects) > allowed).then(|| refusal(subject, Some(allowed), &objects))
        });
        let forbidden = self.forbidden.into_iter();
        let forbidden = forbidden.map(|(subject, objects)| refusal(subject, None, &objects));
        exceeded.chain(forbidden).collect()
    }
}

fn refusal(
    (rule, subject, impact): Subject,
    allowed: Option<u64>,
    objects: &BTreeSet<&Address>,
) -> Refusal {
    Refusal::PolicyViolated(PolicyViolation {
        rule,
        subject,
        impact,
        count: count(objects),
        allowed,
        objects: objects
            .iter()
            .take(NAMED)
            .map(|at| Address::clone(at))
            .collect(),
    })
}

fn count(objects: &BTreeSet<&Address>) -> u64 {
    u64::try_from(objects.len()).unwrap_or(u64::MAX)
}

fn limit(limits: ImpactLimits, impact: Impact) -> Option<u64> {
    match impact {
        Impact::Removed => limits.removed,
        Impact::IdChanges => limits.id_changes,
        Impact::InPlace => limits.in_place,
        Impact::New => limits.new,
        Impact::Adopted => None,
    }
}

/// The type of a step's connector as the policy file names it, if it limits the type. A deletion has none;
/// [`DeletedConnector`] has it.
fn limited_type<'a>(rules: &'a PolicyRules, operation: &Operation) -> Option<&'a str> {
    match operation {
        Operation::CreateConnector { body }
        | Operation::UpdateConnector { body, .. }
        | Operation::ReplaceConnector { body, .. } => rules
            .definitions
            .get(&body.definition_id)
            .map(String::as_str),
        _ => None,
    }
}
