//! Responsible for what a step that failed reports about its last request.

use serde::{Deserialize, Serialize};

/// The last request of a step that did not succeed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FailedRequest {
    /// The operation id of the API's specification.
    pub operation: String,
    /// How often the request was sent.
    pub attempts: u32,
    /// The HTTP status of the last response; null without a response.
    pub status: Option<u16>,
    /// The id of the last response (`X-Request-Id`), which the support of the API asks for.
    pub request_id: Option<String>,
}
