//! Responsible for the existing objects that may be adopted as declarations: those that match exactly, those with a
//! similar name, and those of which several match.

use crate::app::App;
use crate::app::adoption::{adopted_id, locations};
use crate::app::workflow::Reading;
use crate::catalog;
use crate::failure::Failure;
use crate::model::{
    Address, AdoptPolicy, ConnectorId, LedgerState, Observed, ObservedConnector, WorkspaceId,
};
use crate::plan::{BlockReason, Blocked, ExistingKind, PlanWarning, Policy, match_resources, plan};
use crate::secrets::compare;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How an object matches a declaration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum MatchKind {
    /// It is the only one with the name and type.
    Exact,
    /// Its name resembles the declared one.
    Likely,
    /// Others have the same name and type.
    Ambiguous,
}

/// An object that may be adopted.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) address: Address,
    pub(super) kind: MatchKind,
    pub(super) id: Uuid,
    pub(super) existing_name: String,
    /// Empty for a workspace.
    pub(super) type_name: String,
    pub(super) created_at: String,
}

impl App<'_> {
    /// The objects that may be adopted as the selected declarations, in the order of their addresses.
    pub(super) async fn adoption_candidates(
        &self,
        selected: &BTreeSet<Address>,
    ) -> Result<Vec<Candidate>, Failure> {
        let ledger = self.read_ledger().await?;
        let policy = Policy {
            targets: selected.clone(),
            adopt: AdoptPolicy::Allow,
            ..Policy::default()
        };
        let state = self.read(ledger, Reading::default(), &policy).await;
        self.end_phase();
        let state = state?;
        let matches = match_resources(&self.project.desired, &state.observed, &state.recorded);
        let secrets = compare(&matches, &self.fingerprinters.current, None).await;
        let all = plan(&matches, &secrets, &policy);
        // An ambiguous connector blocks its customer, so the others are planned without it.
        let ambiguous = all.blocked.iter();
        let ambiguous =
            ambiguous.filter(|blocked| blocked.reason == BlockReason::AmbiguousConnector);
        let without_ambiguous = Policy {
            excludes: ambiguous.map(|blocked| blocked.address.clone()).collect(),
            ..policy
        };
        let rest = plan(&matches, &secrets, &without_ambiguous);
        let objects = Objects {
            observed: &state.observed,
            recorded: &state.recorded,
            locations: locations(&state.observed),
        };
        let exact = rest.steps().filter_map(|step| {
            let id = adopted_id(step)?;
            objects.candidate(&step.address, MatchKind::Exact, id)
        });
        let ambiguous = all.blocked.iter();
        let ambiguous = ambiguous.flat_map(|blocked| objects.ambiguous(blocked));
        let likely = rest.warnings.iter();
        let likely = likely.flat_map(|warning| objects.likely(warning));
        let mut candidates: Vec<Candidate> = exact.chain(ambiguous).chain(likely).collect();
        candidates.sort_by(|a, b| a.address.cmp(&b.address));
        Ok(candidates)
    }
}

/// The objects of the API.
struct Objects<'a> {
    observed: &'a Observed,
    recorded: &'a LedgerState,
    locations: BTreeMap<ConnectorId, WorkspaceId>,
}

impl Objects<'_> {
    fn candidate(&self, address: &Address, kind: MatchKind, id: Uuid) -> Option<Candidate> {
        let new = |existing_name: &str, type_name: String, created_at: &str| Candidate {
            address: address.clone(),
            kind,
            id,
            existing_name: existing_name.to_owned(),
            type_name,
            created_at: created_at.to_owned(),
        };
        if address.connector.is_none() {
            let customer = self.observed.customers.get(&WorkspaceId(id))?;
            return Some(new(&customer.name, String::new(), &customer.created_at));
        }
        let connector = self.connector(ConnectorId(id))?;
        let created_at = connector.created_at.as_deref().unwrap_or_default();
        Some(new(&connector.name, type_name(connector), created_at))
    }

    fn connector(&self, id: ConnectorId) -> Option<&ObservedConnector> {
        let workspace = self.locations.get(&id)?;
        let customer = self.observed.customers.get(workspace)?;
        customer.connectors.as_ref()?.get(&id).map(Box::as_ref)
    }

    /// The objects of which several match.
    fn ambiguous(&self, blocked: &Blocked) -> Vec<Candidate> {
        let address = &blocked.address;
        let ids: Vec<Uuid> = match &blocked.reason {
            BlockReason::AmbiguousCustomer { name } => {
                let customers = self.observed.customers.iter();
                let unrecorded =
                    customers.filter(|(id, _)| !self.recorded.customers.contains_key(id));
                let named = unrecorded.filter(|(_, customer)| customer.name == *name);
                named.map(|(id, _)| id.0).collect()
            }
            BlockReason::AmbiguousConnector => self.namesakes(address),
            _ => Vec::new(),
        };
        let candidate = |id| self.candidate(address, MatchKind::Ambiguous, id);
        ids.into_iter().filter_map(candidate).collect()
    }

    /// The unrecorded connectors with the declared name in the customer's workspace.
    fn namesakes(&self, address: &Address) -> Vec<Uuid> {
        let customers = self.observed.customers.iter();
        let of_customer = customers.filter(|(id, customer)| {
            let entry = self.recorded.customers.get(id);
            let name = entry.map_or(&customer.name, |entry| &entry.name);
            *name == address.customer
        });
        let connectors = of_customer.flat_map(|(id, customer)| {
            let entry = self.recorded.customers.get(id);
            let connectors = customer.connectors.iter().flatten();
            connectors.filter(move |(id, _)| !entry.is_some_and(|entry| entry.owns(**id)))
        });
        let named = connectors
            .filter(|(_, connector)| Some(connector.name.as_str()) == address.connector.as_deref());
        named.map(|(id, _)| id.0).collect()
    }

    /// The objects whose names resemble that of an object that the plan would create.
    fn likely(&self, warning: &PlanWarning) -> Vec<Candidate> {
        let PlanWarning::ResemblesExisting { address, existing } = warning else {
            return Vec::new();
        };
        let unmanaged = existing
            .iter()
            .filter(|object| object.kind == ExistingKind::Unmanaged);
        unmanaged
            .filter_map(|object| self.candidate(address, MatchKind::Likely, object.id))
            .collect()
    }
}

fn type_name(connector: &ObservedConnector) -> String {
    let definition = connector.definition_id.to_string();
    catalog::find(&definition).map_or(definition, |kind| kind.name.clone())
}
