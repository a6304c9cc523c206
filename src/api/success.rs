//! Responsible for decoding a successful response. Replaces each text that repeats a secret of the
//! session.

use super::error::{ApiError, ApiErrorKind, Call};
use super::redaction::SentSecrets;
use super::transport::Response;
use super::wire::{self, ResponseBody};
use std::sync::Arc;
use tokio::time::Instant;

/// A response with a 2xx status.
pub(super) struct Success {
    pub(super) response: Response,
    pub(super) call: Call,
    /// When the attempt was sent.
    pub(super) sent_at: Instant,
    /// The secrets that the session has sent so far.
    pub(super) sent: Arc<SentSecrets>,
}

impl Success {
    /// Decodes the body and replaces texts that repeat a secret. If the body cannot be decoded, it is
    /// unknown whether the call took effect.
    pub(super) fn decode<T: ResponseBody>(&self) -> Result<T, ApiError> {
        let mut body: T = self.decode_unredacted()?;
        body.visit_strings(&mut |text| {
            self.sent.redact(text);
        });
        Ok(body)
    }

    /// Decodes the body as it is, for values that are only sent back to the API.
    pub(super) fn decode_unredacted<T: ResponseBody>(&self) -> Result<T, ApiError> {
        wire::decode(&self.response.body).map_err(|reason| {
            let status = self.response.status;
            ApiError::new(self.call, ApiErrorKind::Undecodable { status, reason })
        })
    }
}
