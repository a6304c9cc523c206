//! Responsible for decoding response bodies. Ignores unknown fields, and treats fields as optional
//! that only newer specifications require. Does not quote responses in errors.

mod connectors;
mod templates;
mod tokens;
mod visit_strings;
mod workspaces;

pub(super) use connectors::{
    CheckResponse, ConnectorList, ConnectorResponse, CreateResponse, DefinitionDetail,
    DefinitionList, DeleteResponse, ExecuteResponse, InspectResponse, OrganizationConnector,
    OrganizationPage,
};
pub(super) use templates::{ConsentUrlResponse, TemplateCreated, TemplateList};
pub(super) use tokens::{ScopedTokenResponse, TokenInfo, TokenResponse, WidgetTokenResponse};
pub(super) use visit_strings::VisitStrings;
pub(super) use workspaces::{StatsResponse, WorkspacePage, WorkspaceResponse};

use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// A type that a response body is decoded into.
pub(super) trait ResponseBody: DeserializeOwned + VisitStrings {
    /// The name of the body in error messages.
    const KIND: &'static str;
}

/// Decodes a response body. The reason of a failure contains a position and what was expected. It
/// contains nothing of the body, although the messages of `serde_json` quote it.
pub(super) fn decode<T: ResponseBody>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| {
        let what = match error.classify() {
            Category::Io | Category::Eof => "the body ends early",
            Category::Syntax => "the body is not JSON",
            Category::Data => "the body has other fields or types",
        };
        let missing = missing_field(&error.to_string());
        format!(
            "expected {}, but {what}{missing} at line {} column {}",
            T::KIND,
            error.line(),
            error.column()
        )
    })
}

/// The name of a missing field may be shown, because it comes from this program.
fn missing_field(message: &str) -> String {
    message
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split_once('`'))
        .map(|(name, _)| format!(" (no `{name}`)"))
        .unwrap_or_default()
}
