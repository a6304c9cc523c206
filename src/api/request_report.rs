//! Responsible for the event of a request that ended.

use super::client::Client;
use super::redaction::shown_request_id;
use super::request::Request;
use super::transport::Response;
use crate::events::{Event, RequestEvent, ResponseSummary};
use crate::http::TransportError;
use crate::model::SecretValue;
use std::sync::atomic::Ordering;
use tokio::time::Instant;

impl Client {
    /// Reports a request. Only the id of an error is reported, because only an error is looked up.
    pub(super) fn report_request(
        &self,
        request: &Request<'_>,
        outcome: &Result<Response, TransportError>,
        (sent_at, attempt): (Instant, u32),
        bearer: Option<&SecretValue>,
    ) {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let request_id = match outcome {
            Ok(Response {
                status,
                request_id: Some(id),
                ..
            }) if !(200..300).contains(status) => {
                shown_request_id(id, &self.redactor(request, bearer))
            }
            _ => None,
        };
        self.options.emit(Event::RequestFinished(RequestEvent {
            number,
            operation: request.operation,
            about: &request.about,
            response: match outcome {
                Ok(response) => ResponseSummary::Status(response.status),
                Err(
                    TransportError::Connect(_)
                    | TransportError::ConnectTimedOut(_)
                    | TransportError::Tls(_),
                ) => ResponseSummary::NotConnected,
                Err(TransportError::TimedOut) => ResponseSummary::TimedOut,
                Err(TransportError::Interrupted(_)) => ResponseSummary::Interrupted,
                Err(TransportError::TooLarge) => ResponseSummary::TooLarge,
            },
            elapsed: sent_at.elapsed(),
            attempt,
            request_id: request_id.as_deref(),
        }));
    }
}
