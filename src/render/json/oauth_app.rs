//! Responsible for the changes of OAuth apps in the documents of a plan and of a report.

use crate::apply::{OauthAppReport, Outcome};
use crate::model::FailedRequest;
use crate::plan::{OauthAppAction, OauthAppChange};
use crate::render::{labels, wording};
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

/// The result of a change of the organization's OAuth app of a type.
#[derive(Serialize, JsonSchema)]
pub(super) struct OauthAppResult<'a> {
    /// The connector type.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The planned change.
    action: OauthAppAction,
    /// The result.
    outcome: Outcome,
    /// The stable code of the reason why the change did not succeed, which `airlift explain` knows.
    code: Option<String>,
    /// Why the change did not succeed.
    message: Option<String>,
    /// The request that failed, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a FailedRequest>,
}

impl<'a> OauthAppResult<'a> {
    pub(super) fn new(app: &'a OauthAppReport) -> Self {
        Self {
            kind: &app.kind,
            action: app.action,
            outcome: app.outcome,
            code: app.problem.as_ref().map(labels::problem),
            message: app.problem.as_ref().map(wording::problem),
            request: app.request.as_ref(),
        }
    }
}
