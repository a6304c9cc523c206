//! Responsible for what a saved plan contains: the plan, what it was made for and from, and until
//! when it is valid.
//!
//! Contains no secret's value: references, and keyed fingerprints of the values that the plan sends.

use super::canonical::canonical;
use super::digest;
use crate::model::{Address, CountOrPercent, Desired, DesiredConnector, DesiredCustomer, Selector};
use crate::plan::Plan;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// The version of the rules by which plans are made. A plan that other rules made is not executed,
/// because its steps may mean something else. Increase it when steps or their preconditions change.
pub const PLANNER: u32 = 2;

/// The content of a saved plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// The version of airlift that made the plan.
    pub airlift: String,
    /// The version of the planner's rules.
    pub planner: u32,
    /// The origin of the API, as in the scope of the ledger.
    pub origin: String,
    /// When the plan was made, in RFC 3339.
    pub created_at: String,
    /// When the plan stops being valid, in RFC 3339.
    pub expires_at: String,
    /// The commit of the files, if git or the variables of a CI runner name one.
    pub commit: Option<Commit>,
    /// The options of planning.
    pub options: PlanOptions,
    /// Digests of the declarations.
    pub declarations: Declarations,
    /// Makes fingerprints of two plans incomparable.
    pub salt: String,
    /// Keyed fingerprints of the values that the plan sends, by reference. A reference that was not
    /// resolved has none.
    pub secrets: BTreeMap<String, String>,
    /// The plan.
    pub plan: Plan,
}

/// The commit that the files of a plan came from.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    /// The id.
    pub id: String,
    /// Whether the files were as in the commit. `None` if only the variables of a CI runner name
    /// the commit.
    pub clean: Option<bool>,
}

/// The options that a plan was made with. A later comparison plans with the same ones.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct PlanOptions {
    /// `--target`.
    pub target: Vec<Selector>,
    /// `--exclude`.
    pub exclude: Vec<Selector>,
    /// `--prune`.
    pub prune: bool,
    /// `--delete-customers`.
    pub delete_customers: bool,
    /// `--allow-delete`.
    pub allow_delete: Option<CountOrPercent>,
    /// `--allow-id-changes`.
    pub allow_id_changes: Option<u64>,
    /// `--adopt`.
    pub adopt: bool,
    /// `--confirm`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirm: Vec<String>,
}

/// Digests of the declarations of customers and their connectors.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Declarations(BTreeMap<String, CustomerDigests>);

#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
struct CustomerDigests {
    digest: String,
    connectors: BTreeMap<String, String>,
}

impl Declarations {
    /// The digests of the customers that a plan changes.
    pub fn new(desired: &Desired, plan: &Plan) -> Self {
        let changed = plan
            .customers
            .iter()
            .filter(|customer| !customer.steps.is_empty());
        let declared = changed.filter_map(|customer| {
            let declared = desired.customers.get(&customer.name)?;
            Some((customer.name.clone(), CustomerDigests::new(declared)))
        });
        Self(declared.collect())
    }

    /// Whether the files declare an object as they did when the digests were made.
    pub fn has_same(&self, desired: &Desired, address: &Address) -> bool {
        let then = self.0.get(&address.customer);
        let now = desired.customers.get(&address.customer);
        match &address.connector {
            None => then.map(|customer| &customer.digest) == now.map(customer_digest).as_ref(),
            Some(name) => {
                let then = then.and_then(|customer| customer.connectors.get(name));
                let now = now.and_then(|customer| customer.connectors.get(name));
                then == now.map(|now| connector_digest(now)).as_ref()
            }
        }
    }
}

impl CustomerDigests {
    fn new(customer: &DesiredCustomer) -> Self {
        let connectors = customer.connectors.iter();
        Self {
            digest: customer_digest(customer),
            connectors: connectors
                .map(|(name, connector)| (name.to_owned(), connector_digest(connector)))
                .collect(),
        }
    }
}

/// The digest of a customer without its connectors.
fn customer_digest(customer: &DesiredCustomer) -> String {
    let DesiredCustomer {
        previous_name,
        region,
        status,
        cache,
        protect,
        // Labels are not sent.
        labels: _,
        connectors: _,
    } = customer;
    let fields = json!([previous_name, region, status, cache, protect]);
    digest(canonical(&fields).as_bytes())
}

fn connector_digest(connector: &DesiredConnector) -> String {
    let DesiredConnector {
        previous_name,
        kind,
        auth,
        template_id,
        consent,
        credentials,
        readable: _,
        credentials_version,
        rotation: _,
        environment,
        replication_config,
        entities,
    } = connector;
    let fields = json!([
        previous_name,
        kind,
        auth,
        template_id,
        consent,
        credentials,
        credentials_version,
        environment,
        replication_config,
        entities
    ]);
    digest(canonical(&fields).as_bytes())
}

impl SavedPlan {
    /// Whether the plan is no longer valid.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at
            .parse()
            .map_or(true, |expires_at: Timestamp| expires_at <= now)
    }
}
