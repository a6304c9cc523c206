//! Responsible for decoding a successful response, with texts replaced that repeat a secret.

use super::error::{ApiError, ApiErrorKind, Call};
use super::redaction::{Redactor, SentSecrets, WITHHELD};
use super::transport::Response;
use super::wire::{self, ResponseBody};
use std::sync::Arc;
use tokio::time::Instant;

/// A success, with the call it answers.
pub(super) struct Success {
    pub(super) response: Response,
    pub(super) call: Call,
    /// When the attempt began that it answers.
    pub(super) asked: Instant,
    /// What went to the server before it came.
    pub(super) sent: Arc<SentSecrets>,
}

impl Success {
    /// The answer as a shape, without texts that repeat a secret; a success that is not
    /// understood is an error with doubt.
    pub(super) fn decode<T: ResponseBody>(&self) -> Result<T, ApiError> {
        let mut shape: T = self.decode_unseen()?;
        shape.visit_strings(&mut |text| self.withhold(text));
        Ok(shape)
    }

    /// The answer as it is, for what is sent back to where it came from and shown to nobody.
    pub(super) fn decode_unseen<T: ResponseBody>(&self) -> Result<T, ApiError> {
        wire::decode(&self.response.body).map_err(|reason| {
            let status = self.response.status;
            ApiError::new(self.call, ApiErrorKind::Undecodable { status, reason })
        })
    }

    /// Most texts are times, which hold no secret and are quickly told.
    fn withhold(&self, text: &mut String) {
        if self.sent.is_allowed(text) {
            return;
        }
        let redactor = Redactor {
            sent: Some(&self.sent),
            ..Redactor::default()
        };
        if text.parse::<jiff::Timestamp>().is_err() && redactor.shows_in(text) {
            WITHHELD.clone_into(text);
        }
    }
}
