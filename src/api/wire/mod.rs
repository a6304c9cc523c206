//! Responsible for the shapes of responses. Unknown fields are ignored, and fields that only newer
//! specifications require are optional. Errors do not quote a response.

mod connectors;
mod tokens;
mod visit_strings;
mod workspaces;

pub(super) use connectors::{
    CheckResponse, ConnectorList, ConnectorResponse, CreateResponse, DefinitionList,
    DeleteResponse, TemplateList,
};
pub(super) use tokens::{ScopedTokenResponse, TokenInfo, TokenResponse};
pub(super) use visit_strings::VisitStrings;
pub(super) use workspaces::{StatsResponse, WorkspacePage, WorkspaceResponse};

use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// An answer's shape.
pub(super) trait ResponseBody: DeserializeOwned + VisitStrings {
    /// What it is, for messages.
    const KIND: &'static str;
}

/// Decodes an answer; the reason of a failure is a place and an expectation, never content
/// (`serde_json`'s own messages quote what they read).
pub(super) fn decode<T: ResponseBody>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| {
        let what = match error.classify() {
            Category::Io | Category::Eof => "it ends early",
            Category::Syntax => "it is not JSON",
            Category::Data => "its shape differs",
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

/// The name of a missing field is our own word, not the server's.
fn missing_field(message: &str) -> String {
    message
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split_once('`'))
        .map(|(name, _)| format!(" (no `{name}`)"))
        .unwrap_or_default()
}
