//! Responsible for `adopt`: finds the objects to adopt, and plans their adoption without any other
//! change.

use super::workflow::{Reading, RecoveredState};
use super::{App, Planned, Selectable, adoption_table};
use crate::cli::AdoptTarget;
use crate::failure::Failure;
use crate::model::{
    Address, AdoptPolicy, ConnectorId, Desired, LedgerState, Observed, ObservedConnector,
    WorkspaceId,
};
use crate::plan::{
    Action, Operation, Plan, PlanWarning, Policy, Step, match_resources, only_adoptions, plan,
};
use crate::render::wording;
use crate::secrets::compare;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A declared customer or connector, and the object to adopt for it if the command line names one.
struct Adoption {
    address: Address,
    id: Option<Uuid>,
    extent: Extent,
}

/// What an adoption of a customer covers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Extent {
    /// Its connectors, too.
    WithConnectors,
    /// Only the connectors that have adoptions of their own.
    Alone,
}

impl App<'_> {
    /// Plans the adoption of the targets. Also returns their other changes, which are left for `apply`.
    pub(crate) async fn plan_adoption(
        &self,
        targets: &[AdoptTarget],
    ) -> Result<(Planned, Vec<(Address, Action)>), Failure> {
        let ledger = self.read_ledger().await?;
        let state = self
            .read(ledger, Reading::default(), &Policy::default())
            .await;
        self.end_phase();
        let mut state = state?;
        let locations = locations(&state.observed);
        let selectable = Selectable::declared(&self.project.desired).within(&self.project);
        let mut adoptions = Vec::new();
        for target in &adoption_table::expanded(targets)? {
            adoptions.extend(Adoption::find(target, &selectable, &state.observed)?);
        }
        for adoption in &adoptions {
            adoption.remove_alternatives(&mut state, &locations);
        }
        self.plan_adoptions(state, &adoptions).await
    }

    /// Plans the adoption of a connector that a customer consented to. The connector takes the place of
    /// `replaces`, which is then pending deletion.
    pub(super) async fn plan_consented(
        &self,
        address: &Address,
        id: ConnectorId,
        replaces: Option<ConnectorId>,
    ) -> Result<(Planned, Vec<(Address, Action)>), Failure> {
        let ledger = self.read_ledger().await?;
        let selection = Policy {
            targets: [address.clone()].into(),
            ..Policy::default()
        };
        let state = self.read(ledger, Reading::default(), &selection).await;
        self.end_phase();
        let mut state = state?;
        let adoption = Adoption {
            address: address.clone(),
            id: Some(id.0),
            extent: Extent::WithConnectors,
        };
        adoption.forget_recorded(&mut state.recorded);
        let locations = locations(&state.observed);
        adoption.remove_alternatives(&mut state, &locations);
        let (mut planned, deferred) = self.plan_adoptions(state, &[adoption]).await?;
        for customer in &mut planned.plan.customers {
            for step in &mut customer.steps {
                if let Operation::AdoptConnector { replaces: old, .. } = &mut step.operation {
                    *old = replaces;
                }
            }
        }
        Ok((planned, deferred))
    }

    async fn plan_adoptions(
        &self,
        state: RecoveredState,
        adoptions: &[Adoption],
    ) -> Result<(Planned, Vec<(Address, Action)>), Failure> {
        let policy = Policy {
            targets: adoptions
                .iter()
                .map(|adoption| adoption.address.clone())
                .collect(),
            adopt: AdoptPolicy::Allow,
            ..Policy::default()
        };
        let locations = locations(&state.observed);
        let mut desired = with_existing_names(&self.project.desired, adoptions, &state, &locations);
        remove_unmarked(&mut desired, adoptions);
        let matches = match_resources(&desired, &state.observed, &state.recorded);
        let secrets = compare(&matches, &self.fingerprinters.current, None).await;
        let full = plan(&matches, &secrets, &policy);
        let warnings = full.warnings.clone();
        let (plan, deferred) = only_adoptions(full);
        require_marked_customers(&plan, adoptions)?;
        let planned: BTreeSet<(&Address, Uuid)> = plan
            .steps()
            .filter_map(|step| Some((&step.address, adopted_id(step)?)))
            .collect();
        for adoption in adoptions {
            let id = adoption.id.map(|id| (&adoption.address, id));
            if !id.is_some_and(|id| planned.contains(&id)) {
                adoption.require(&plan, &warnings, &state.recorded)?;
            }
        }
        Ok((state.planned(plan), deferred))
    }
}

/// The workspace of each connector.
pub(super) fn locations(observed: &Observed) -> BTreeMap<ConnectorId, WorkspaceId> {
    let customers = observed.customers.iter();
    customers
        .flat_map(|(workspace, customer)| {
            let connectors = customer.connectors.iter().flatten();
            connectors.map(|(id, _)| (*id, *workspace))
        })
        .collect()
}

/// The files, with the names that the objects to adopt have as previous names, so that each declaration matches its
/// object. A name that differs is left to `apply`, which renames.
fn with_existing_names<'a>(
    desired: &'a Desired,
    adoptions: &[Adoption],
    state: &RecoveredState,
    locations: &BTreeMap<ConnectorId, WorkspaceId>,
) -> Cow<'a, Desired> {
    let mut desired = Cow::Borrowed(desired);
    for Adoption { address, id, .. } in adoptions {
        let Some(id) = *id else { continue };
        let customers = &state.observed.customers;
        if address.connector.is_none() {
            let existing = customers.get(&WorkspaceId(id));
            let Some(existing) = existing.filter(|existing| existing.name != address.customer)
            else {
                continue;
            };
            if let Some(customer) = desired.to_mut().customers.get_mut(&address.customer) {
                customer.previous_name = Some(existing.name.clone());
            }
            continue;
        }
        let id = ConnectorId(id);
        let existing = locations
            .get(&id)
            .and_then(|workspace| customers.get(workspace)?.connectors.as_ref()?.get(&id))
            .map(Box::as_ref);
        let name = address.connector.as_deref();
        let is_other = |existing: &&ObservedConnector| Some(existing.name.as_str()) != name;
        if let (Some(existing), Some(name)) = (existing.filter(is_other), &address.connector)
            && let Some(customer) = desired.to_mut().customers.get_mut(&address.customer)
            && let Some(connector) = customer.connectors.get_mut(name)
        {
            connector.previous_name = Some(String::from(&existing.name));
        }
    }
    desired
}

/// Removes the declared connectors that have no adoption of their own from customers that are adopted alone.
fn remove_unmarked(desired: &mut Cow<'_, Desired>, adoptions: &[Adoption]) {
    let marked: BTreeSet<&Address> = adoptions.iter().map(|adoption| &adoption.address).collect();
    for Adoption {
        address, extent, ..
    } in adoptions
    {
        if *extent == Extent::WithConnectors || address.connector.is_some() {
            continue;
        }
        if let Some(customer) = desired.to_mut().customers.get_mut(&address.customer) {
            let is_marked =
                |name: &str| marked.contains(&Address::connector(&address.customer, name));
            customer.connectors.retain(is_marked);
        }
    }
}

/// Refuses a table that marks a connector and not its customer, because a connector is adopted with its customer.
fn require_marked_customers(plan: &Plan, adoptions: &[Adoption]) -> Result<(), Failure> {
    let marked: BTreeSet<&Address> = adoptions.iter().map(|adoption| &adoption.address).collect();
    let adopted: BTreeSet<&str> = plan
        .steps()
        .filter(|step| matches!(step.operation, Operation::AdoptCustomer { .. }))
        .map(|step| step.address.customer.as_str())
        .collect();
    for Adoption {
        address, extent, ..
    } in adoptions
    {
        let customer = Address::customer(&address.customer);
        if *extent == Extent::Alone
            && adopted.contains(address.customer.as_str())
            && !marked.contains(&customer)
        {
            let message = format!(
                "the table marks {address} with `yes` and not its customer {customer}, and a connector is adopted with its customer"
            );
            return Err(Failure::usage("bad_adoption_table", message).hint(
                "write `yes` into the row of the customer, or `no` into the rows of its connectors",
            ));
        }
    }
    Ok(())
}

impl Adoption {
    /// The declarations that a target names, with the object that it names.
    fn find(
        target: &AdoptTarget,
        selectable: &Selectable,
        observed: &Observed,
    ) -> Result<Vec<Self>, Failure> {
        let (address, id) = match target {
            AdoptTarget::Declared(selector) => {
                let named = selectable.select([selector])?.into_iter();
                let adoption = |address| Self {
                    address,
                    id: None,
                    extent: Extent::WithConnectors,
                };
                return Ok(named.map(adoption).collect());
            }
            AdoptTarget::DeclaredAs(address, id) | AdoptTarget::Row(address, id) => {
                (address.clone(), *id)
            }
            AdoptTarget::Table(path) => {
                let message = format!("{} is not a table here", path.display());
                return Err(Failure::internal(message));
            }
            AdoptTarget::Object(id) => (
                address_of(*id, observed).ok_or_else(|| no_object(*id))?,
                *id,
            ),
        };
        selectable.require(&address)?;
        Ok(vec![Self {
            address,
            id: Some(id),
            extent: match target {
                AdoptTarget::Row(..) => Extent::Alone,
                _ => Extent::WithConnectors,
            },
        }])
    }

    /// Removes the other unrecorded objects of the same name from the observed state, so that the
    /// declaration matches only the object that the command line names.
    fn remove_alternatives(
        &self,
        state: &mut RecoveredState,
        locations: &BTreeMap<ConnectorId, WorkspaceId>,
    ) {
        let Some(id) = self.id else {
            return;
        };
        let RecoveredState {
            observed, recorded, ..
        } = state;
        if self.address.connector.is_none() {
            let chosen = observed.customers.get(&WorkspaceId(id));
            let name = chosen
                .map_or(&self.address.customer, |chosen| &chosen.name)
                .clone();
            observed.customers.retain(|workspace, customer| {
                customer.name != name
                    || workspace.0 == id
                    || recorded.customers.contains_key(workspace)
            });
            return;
        }
        let id = ConnectorId(id);
        for entry in recorded.customers.values_mut() {
            entry.refused_consents.remove(&id);
        }
        let Some(workspace) = locations.get(&id) else {
            return;
        };
        let customer = observed.customers.get_mut(workspace);
        let Some(connectors) = customer.and_then(|customer| customer.connectors.as_mut()) else {
            return;
        };
        let Some(chosen) = connectors.get(&id) else {
            return;
        };
        let (name, definition_id) = (chosen.name.clone(), chosen.definition_id);
        let entry = recorded.customers.get(workspace);
        connectors.retain(|other, connector| {
            connector.name != name
                || connector.definition_id != definition_id
                || *other == id
                || entry.is_some_and(|entry| entry.owns(*other))
        });
    }

    /// Removes the record of the connector, so that the declaration matches another one.
    fn forget_recorded(&self, recorded: &mut LedgerState) {
        let entries = recorded.customers.values_mut();
        for entry in entries.filter(|entry| entry.name == self.address.customer) {
            if let Some(name) = &self.address.connector {
                entry.connectors.remove(name.as_str());
            }
        }
    }

    /// Requires that the plan adopts the object, or that the ledger already has it. The error names
    /// existing objects with similar names.
    fn require(
        &self,
        plan: &Plan,
        warnings: &[PlanWarning],
        recorded: &LedgerState,
    ) -> Result<(), Failure> {
        let is_planned = plan
            .steps()
            .filter(|step| step.address.is_within(&self.address))
            .any(|step| self.id.is_none_or(|id| adopted_id(step) == Some(id)));
        if is_planned || self.is_recorded(recorded) {
            return Ok(());
        }
        let reason = plan
            .blocked
            .iter()
            .find(|blocked| blocked.address.is_within(&self.address))
            .map_or_else(
                || "no object with its name and type exists".to_owned(),
                |blocked| wording::blocked(&blocked.reason),
            );
        let message = match self.id {
            None => format!("{} cannot be adopted: {reason}", self.address),
            Some(id) => format!("{id} cannot be adopted as {}: {reason}", self.address),
        };
        let hints = warnings
            .iter()
            .filter(|warning| warning.created() == Some(&self.address))
            .map(|warning| wording::plan_warning(warning).text());
        let failure = Failure::error("not_adoptable", message);
        Err(hints
            .fold(failure, Failure::hint)
            .hint("`airlift plan` shows what the files match"))
    }

    fn is_recorded(&self, recorded: &LedgerState) -> bool {
        recorded
            .customers
            .iter()
            .filter(|(_, customer)| customer.name == self.address.customer)
            .filter_map(|(workspace, customer)| match &self.address.connector {
                None => Some(workspace.0),
                Some(name) => Some(customer.connectors.get(name.as_str())?.id.0),
            })
            .any(|recorded| self.id.is_none_or(|id| recorded == id))
    }
}

/// The object that a step adopts.
pub(super) fn adopted_id(step: &Step) -> Option<Uuid> {
    match &step.operation {
        Operation::AdoptCustomer { workspace_id } => Some(workspace_id.0),
        Operation::AdoptConnector { id, .. } => Some(id.0),
        _ => None,
    }
}

fn address_of(id: Uuid, observed: &Observed) -> Option<Address> {
    if let Some(customer) = observed.customers.get(&WorkspaceId(id)) {
        return Some(Address::customer(&customer.name));
    }
    observed.customers.values().find_map(|customer| {
        let connector = customer.connectors.as_ref()?.get(&ConnectorId(id))?;
        Some(Address::connector(&customer.name, &connector.name))
    })
}

fn no_object(id: Uuid) -> Failure {
    let message = format!("the API has no workspace or connector with id {id}");
    Failure::unknown_selector(message).hint("`airlift export` shows what exists")
}
