//! Responsible for warnings about objects that a plan creates although an existing object may be meant:
//! one with a similar name, or a managed one that the files have under a new name.
//!
//! Does not compare declared names with each other; the validation of the files does.

use super::matching::{ConnectorMatches, MatchedConnector, MatchedCustomer};
use super::{
    CustomerPlan, ExistingKind, ExistingObject, Matches, Operation, Plan, PlanWarning, Waiting,
};
use crate::model::{Address, CustomerEntry, DefinitionId, NameIndex, Resemblance, Setting};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The most objects on either side of a probable rename. With more, none of them is probable.
const MOST: usize = 3;

/// An existing object: its id, what it is to airlift, and the type of a connector.
type Existing = (Uuid, ExistingKind, Option<DefinitionId>);

/// Warnings about the customers that the plan creates.
pub(super) fn customers(matches: &Matches<'_>, plan: &Plan) -> Vec<PlanWarning> {
    let created: BTreeSet<&str> = plan
        .customers
        .iter()
        .filter(|customer| creates_customer(customer))
        .map(|customer| customer.name.as_str())
        .collect();
    if created.is_empty() {
        return Vec::new();
    }
    let renames = customer_renames(matches, &created);
    let index = NameIndex::new(unclaimed(matches));
    created
        .iter()
        .filter_map(|name| {
            let sources = renames.get(name).cloned().unwrap_or_default();
            let previous_name = &matches.desired.customers.get(*name)?.previous_name;
            let names = [Some(*name), previous_name.as_deref()];
            warning(
                Address::customer(*name),
                sources,
                existing(&index, names, None),
            )
        })
        .collect()
}

/// Warnings about the connectors that the plan, or a consent that it waits for, creates in an existing workspace.
pub(super) fn connectors(
    plan: &CustomerPlan,
    waiting: &[Waiting],
    matched: &ConnectorMatches<'_>,
) -> Vec<PlanWarning> {
    let created = plan.steps.iter().filter_map(|step| match &step.operation {
        Operation::CreateConnector { body } => Some(body.name.as_str()),
        _ => None,
    });
    let waiting = waiting
        .iter()
        .filter_map(|waiting| waiting.address.connector.as_deref());
    let names: BTreeSet<&str> = created.chain(waiting).collect();
    let created: Vec<&MatchedConnector<'_>> = matched
        .declared
        .iter()
        .filter(|connector| names.contains(connector.name))
        .collect();
    if created.is_empty() {
        return Vec::new();
    }
    let renames = connector_renames(&created, matched);
    let index = NameIndex::new(existing_connectors(plan, matched));
    created
        .iter()
        .filter_map(|connector| {
            let name = connector.name;
            let sources = renames.get(name).cloned().unwrap_or_default();
            let names = [Some(name), connector.declared.previous_name.as_deref()];
            let existing = existing(&index, names, connector.definition);
            warning(Address::connector(&plan.name, name), sources, existing)
        })
        .collect()
}

/// The warning about one created object. A probable rename says more than a similar name.
fn warning(
    address: Address,
    previous: Vec<String>,
    existing: Vec<ExistingObject>,
) -> Option<PlanWarning> {
    if !previous.is_empty() {
        Some(PlanWarning::ProbableRename { address, previous })
    } else if !existing.is_empty() {
        Some(PlanWarning::ResemblesExisting { address, existing })
    } else {
        None
    }
}

/// The existing objects whose names resemble a declared name or, if none does, its previous name.
fn existing(
    index: &NameIndex<'_, Existing>,
    names: [Option<&str>; 2],
    definition: Option<DefinitionId>,
) -> Vec<ExistingObject> {
    let similar = |name: &str| -> Vec<ExistingObject> {
        index
            .similar(name)
            .into_iter()
            .map(|(resemblance, name, (id, kind, existing))| ExistingObject {
                name: name.to_owned(),
                id,
                resemblance,
                kind: if kind == ExistingKind::Unmanaged && existing != definition {
                    ExistingKind::OtherType
                } else {
                    kind
                },
            })
            .filter(is_likely)
            .collect()
    };
    names
        .into_iter()
        .flatten()
        .map(similar)
        .find(|existing| !existing.is_empty())
        .unwrap_or_default()
}

/// Whether a reader may take the existing object for the created one. Connectors of two types often
/// have similar names.
fn is_likely(existing: &ExistingObject) -> bool {
    existing.kind != ExistingKind::OtherType || existing.resemblance <= Resemblance::Case
}

fn creates_customer(customer: &CustomerPlan) -> bool {
    let creates = |operation: &Operation| matches!(operation, Operation::CreateCustomer { .. });
    customer.steps.iter().any(|step| creates(&step.operation))
}

/// The workspaces that match no declared customer.
fn unclaimed<'a>(matches: &Matches<'a>) -> impl Iterator<Item = (&'a str, Existing)> {
    let customers = matches.observed.customers.iter();
    let (recorded, claimed) = (&matches.recorded.customers, &matches.claimed);
    customers
        .filter(|(id, _)| !claimed.contains(id))
        .map(|(id, customer)| match recorded.get(id) {
            Some(entry) => (entry.name.as_str(), (id.0, ExistingKind::NotInConfig, None)),
            None => (
                customer.name.as_str(),
                (id.0, ExistingKind::Unmanaged, None),
            ),
        })
}

/// The customer's existing connectors that match no declared one and that no step adopts.
fn existing_connectors<'a>(
    plan: &CustomerPlan,
    matched: &ConnectorMatches<'a>,
) -> impl Iterator<Item = (&'a str, Existing)> {
    let adopted: BTreeSet<_> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.operation {
            Operation::AdoptConnector { id, .. } => Some(*id),
            _ => None,
        })
        .collect();
    let undeclared = matched.undeclared.iter().map(|(name, id, observed)| {
        let kind = ExistingKind::NotInConfig;
        (*name, (id.0, kind, Some(observed.definition_id)))
    });
    let unrecorded = matched.unrecorded.iter();
    let unrecorded =
        unrecorded
            .filter(move |(id, _)| !adopted.contains(id))
            .map(|(id, observed)| {
                let kind = if matched.refused.contains(id) {
                    ExistingKind::RefusedConsent
                } else {
                    ExistingKind::Unmanaged
                };
                (
                    observed.name.as_str(),
                    (id.0, kind, Some(observed.definition_id)),
                )
            });
    undeclared.chain(unrecorded)
}

/// The only undeclared connector of a type, by the only created one of the type. Two connectors with
/// equal references are matched before, as a rename.
fn connector_renames<'a>(
    created: &[&MatchedConnector<'a>],
    matched: &ConnectorMatches<'_>,
) -> BTreeMap<&'a str, Vec<String>> {
    let mut by_type: BTreeMap<DefinitionId, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
    for connector in created {
        if let Some(definition) = connector.definition {
            by_type
                .entry(definition)
                .or_default()
                .0
                .push(connector.name);
        }
    }
    for (name, _, observed) in &matched.undeclared {
        if let Some((_, previous)) = by_type.get_mut(&observed.definition_id) {
            previous.push(name);
        }
    }
    by_type
        .into_values()
        .filter_map(|(created, previous)| match (&created[..], &previous[..]) {
            ([created], [previous]) => Some((*created, vec![(*previous).to_owned()])),
            _ => None,
        })
        .collect()
}

/// Managed customers that are no longer declared, by the created customer with the same connectors.
fn customer_renames<'a>(
    matches: &Matches<'a>,
    created: &BTreeSet<&str>,
) -> BTreeMap<&'a str, Vec<String>> {
    let left: Vec<&CustomerEntry> = no_longer_declared(matches).collect();
    if left.is_empty() {
        return BTreeMap::new();
    }
    let arrived: Vec<&MatchedCustomer<'_>> = matches
        .customers
        .iter()
        .filter(|customer| created.contains(customer.name))
        .collect();
    let mut renames = CustomerRenames::default();
    renames.pair(&left, &arrived, recorded_references, declared_references);
    renames.pair(&left, &arrived, recorded_names, declared_names);
    renames.previous
}

/// Entries of existing workspaces that match no declared customer. Leaves out customers that an
/// earlier prune suspended.
fn no_longer_declared<'a>(matches: &Matches<'a>) -> impl Iterator<Item = &'a CustomerEntry> {
    let customers = matches.recorded.customers.iter();
    let (observed, claimed) = (&matches.observed.customers, &matches.claimed);
    customers
        .filter(|(id, _)| observed.contains_key(id) && !claimed.contains(id))
        .map(|(_, entry)| entry)
        .filter(|entry| !entry.suspended)
}

/// The probable renames of customers.
#[derive(Debug, Default)]
struct CustomerRenames<'a> {
    /// Old names by new name.
    previous: BTreeMap<&'a str, Vec<String>>,
    /// Old names in `previous`.
    paired: BTreeSet<String>,
}

impl<'a> CustomerRenames<'a> {
    /// Pairs customers with equal keys that are not paired yet.
    fn pair<K: Ord>(
        &mut self,
        left: &[&CustomerEntry],
        arrived: &[&MatchedCustomer<'a>],
        recorded_key: impl Fn(&CustomerEntry) -> Option<K>,
        declared_key: impl Fn(&MatchedCustomer<'a>) -> Option<K>,
    ) {
        let mut by_key: BTreeMap<K, (Vec<&str>, Vec<&'a str>)> = BTreeMap::new();
        for entry in left {
            if let Some(key) = recorded_key(entry).filter(|_| !self.paired.contains(&entry.name)) {
                by_key.entry(key).or_default().0.push(&entry.name);
            }
        }
        for customer in arrived {
            let is_paired = self.previous.contains_key(customer.name);
            if let Some(key) = declared_key(customer).filter(|_| !is_paired) {
                by_key.entry(key).or_default().1.push(customer.name);
            }
        }
        for (left, arrived) in by_key.into_values() {
            if (1..=MOST).contains(&left.len()) && (1..=MOST).contains(&arrived.len()) {
                let left: Vec<String> = left.into_iter().map(str::to_owned).collect();
                let renames = arrived.into_iter().map(|name| (name, left.clone()));
                self.previous.extend(renames);
                self.paired.extend(left);
            }
        }
    }
}

/// A customer's types and references, whatever the names of its connectors; `None` without
/// references.
type References = (Vec<DefinitionId>, BTreeSet<String>);

fn recorded_references(entry: &CustomerEntry) -> Option<References> {
    let connectors = entry.connectors.values();
    let types = connectors.clone().map(|connector| connector.definition_id);
    let references = connectors
        .filter_map(|connector| connector.sent.as_deref())
        .flat_map(|sent| sent.references.values().map(String::from));
    references_key(types, references)
}

fn declared_references(customer: &MatchedCustomer<'_>) -> Option<References> {
    let connectors = customer.connectors.declared.iter();
    let types = connectors
        .clone()
        .filter_map(|connector| connector.definition);
    let references = connectors
        .flat_map(|connector| connector.declared.secret_leaves().into_values())
        .filter_map(|leaf| match leaf {
            Setting::Secret(reference) => Some(reference.to_string()),
            _ => None,
        });
    references_key(types, references)
}

fn references_key(
    types: impl Iterator<Item = DefinitionId>,
    references: impl Iterator<Item = String>,
) -> Option<References> {
    let mut types: Vec<DefinitionId> = types.collect();
    types.sort_unstable();
    let references: BTreeSet<String> = references.collect();
    (!references.is_empty()).then_some((types, references))
}

/// The names and the types of a customer's connectors; `None` without connectors.
type Names = BTreeSet<(String, DefinitionId)>;

fn recorded_names(entry: &CustomerEntry) -> Option<Names> {
    let connectors = entry.connectors.iter();
    let names = connectors.map(|(name, connector)| (name.into(), connector.definition_id));
    Some(names.collect()).filter(|names: &Names| !names.is_empty())
}

fn declared_names(customer: &MatchedCustomer<'_>) -> Option<Names> {
    let connectors = customer.connectors.declared.iter();
    let names =
        connectors.filter_map(|connector| Some((connector.name.to_owned(), connector.definition?)));
    Some(names.collect()).filter(|names: &Names| !names.is_empty())
}
