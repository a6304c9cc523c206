//! Responsible for the changes of OAuth apps in the document of a plan.

use crate::plan::{OauthAppAction, OauthAppChange};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// A change of the organization's OAuth app of a type.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OauthApp")]
pub(super) struct OauthAppEntry<'a> {
    /// The connector type.
    #[serde(rename = "type")]
    kind: &'a str,
    /// What apply does.
    action: OauthAppAction,
    /// The names of the fields that change. Values are never shown.
    fields: &'a BTreeSet<String>,
}

impl<'a> OauthAppEntry<'a> {
    pub(super) fn new(change: &'a OauthAppChange) -> Self {
        Self {
            kind: &change.kind,
            action: change.action,
            fields: &change.fields,
        }
    }
}
