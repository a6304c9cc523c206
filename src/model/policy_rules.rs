//! Responsible for the rules of the policy file on the steps of a plan.

use super::DefinitionId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The rules of the policy file on the steps of a plan. An empty rule allows everything.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct PolicyRules {
    /// Limits on the whole run.
    pub run: ImpactLimits,
    /// Limits on each customer.
    pub customer: ImpactLimits,
    /// Limits on the connectors of a type.
    pub types: BTreeMap<String, ImpactLimits>,
    /// The names in `types` by definition. Each name has one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub definitions: BTreeMap<DefinitionId, String>,
    /// The only types of new and replaced connectors.
    pub allowed_types: Option<BTreeSet<DefinitionId>>,
    /// The only regions of new customers.
    pub allowed_regions: Option<BTreeSet<String>>,
    /// Patterns, of which the name of a new or renamed customer matches one.
    pub customer_names: Vec<String>,
    /// The same for connectors.
    pub connector_names: Vec<String>,
}

impl PolicyRules {
    /// Whether no rule is set.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// The most objects of each impact. `None` sets no limit.
#[derive(
    Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct ImpactLimits {
    /// Objects that are deleted, and customers that are suspended.
    #[serde(default)]
    pub removed: Option<u64>,
    /// Connectors that get another id.
    #[serde(default)]
    pub id_changes: Option<u64>,
    /// Objects that change and keep their ids.
    #[serde(default)]
    pub in_place: Option<u64>,
    /// Objects that are created.
    #[serde(default)]
    pub new: Option<u64>,
}

/// A rule of the policy file that a plan violates.
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PolicyRule {
    /// `limits.run`
    RunLimit,
    /// `limits.customer`
    CustomerLimit,
    /// `limits.types`
    TypeLimit,
    /// `allowed_types`
    AllowedTypes,
    /// `allowed_regions`
    AllowedRegions,
    /// `customer_names`
    CustomerNames,
    /// `connector_names`
    ConnectorNames,
}
