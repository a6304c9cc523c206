//! Responsible for the connectors of a plan that wait for their customer's consent.

use crate::plan::Waiting;
use crate::render::view::waiting::scopes;
use schemars::JsonSchema;
use serde::Serialize;

/// A connector that waits for its customer's consent.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Waiting")]
pub(super) struct WaitingEntry<'a> {
    /// `customer/connector`.
    address: String,
    /// The connector's type.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The permissions that the consent asks for, as far as the catalog knows them.
    scopes: Vec<String>,
}

impl<'a> WaitingEntry<'a> {
    pub(super) fn new(waiting: &'a Waiting) -> Self {
        Self {
            address: waiting.address.to_string(),
            kind: &waiting.kind,
            scopes: scopes(waiting),
        }
    }
}
