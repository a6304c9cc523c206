//! Responsible for the course of every call: authorization, admission, attempt, retry, and the
//! outcome.

use super::Credentials;
use super::error::{ApiError, ApiErrorKind, Call};
use super::options::Options;
use super::redaction::{Redactor, SentSecrets, ServerMessage, server_message};
use super::request::Request;
use super::resilience::{AdmissionControl, AttemptKind, AttemptRequest, CallState, Rejection};
use super::success::Success;
use super::tokens::{Bearer, Held, Tokens};
use super::transport::{Response, Transport};
use crate::events::{Event, RequestEvent, ResponseSummary};
use crate::http::TransportError;
use crate::model::{OrganizationId, SecretValue, WorkspaceId};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::Instant;

/// A token that is refused within its first seconds was not refused for its age.
const YOUNG: Duration = Duration::from_secs(5);

/// What a session's views share.
pub(super) struct Client {
    pub(super) transport: Transport,
    pub(super) options: Options,
    pub(super) credentials: Credentials,
    pub(super) tokens: Tokens,
    sent: Arc<SentSecrets>,
    admission: AdmissionControl,
    /// Requests made.
    made: AtomicU64,
    /// The expected organization, else the first that an answer named.
    organization: OnceLock<OrganizationId>,
}

impl Client {
    pub(super) fn new(transport: Transport, credentials: Credentials, options: Options) -> Self {
        Self {
            transport,
            sent: Arc::default(),
            admission: AdmissionControl::new(&options),
            made: AtomicU64::new(0),
            organization: options
                .organization_id
                .map_or_else(OnceLock::new, Into::into),
            tokens: Tokens::new(options.limits.scoped_life),
            options,
            credentials,
        }
    }

    /// Has nothing wait for the service any more.
    pub(super) fn halt(&self) {
        self.admission.shut_down();
    }

    /// Notes texts that are no secret, whatever they look like.
    pub(super) fn note_plain<'a>(&self, texts: impl IntoIterator<Item = &'a str>) {
        texts.into_iter().for_each(|text| self.sent.allow(text));
    }

    /// The organization that calls are for, as far as known.
    pub(super) fn organization(&self) -> Option<OrganizationId> {
        self.organization.get().copied()
    }

    /// Every answer that names an organization must name the same.
    pub(super) fn check_organization(&self, found: Option<OrganizationId>) -> Result<(), ApiError> {
        let Some(found) = found else {
            return Ok(());
        };
        let expected = *self.organization.get_or_init(|| found);
        if expected != found {
            return Err(ApiErrorKind::WrongOrganization { expected, found }.into());
        }
        Ok(())
    }

    /// Sends with the organization's token; a refused token is replaced.
    pub(super) async fn as_application(&self, request: &Request<'_>) -> Result<Success, ApiError> {
        let mut state = CallState::new(false);
        loop {
            let token = self.application().await;
            let token = token.map_err(|error| without_token(error, request, &state))?;
            match self.go(request, Some(token.bearer()), &mut state).await {
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) => {}
                Err(error) if error.is_unauthorized() && renews(&mut state, &token) => {
                    self.tokens.reject(&token);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends with a customer's token; a refused token is replaced.
    pub(super) async fn as_customer(
        &self,
        request: &Request<'_>,
        customer: &str,
        workspace: WorkspaceId,
    ) -> Result<Success, ApiError> {
        let mut state = CallState::new(false);
        loop {
            let token = self.scoped(customer, workspace).await;
            let token = token.map_err(|error| without_token(error, request, &state))?;
            match self
                .go(request, Some(token.held.bearer()), &mut state)
                .await
            {
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) => {}
                Err(error) if error.is_unauthorized() && renews(&mut state, &token.held) => {
                    self.tokens.reject_scoped(customer, &token).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends with the token given, or with none. Whoever asks for tokens comes this way, so
    /// nothing here may wait for one.
    pub(super) async fn send(
        &self,
        request: &Request<'_>,
        token: Option<&SecretValue>,
        may_have_taken_effect: bool,
    ) -> Result<Success, ApiError> {
        let mut state = CallState::new(may_have_taken_effect);
        let bearer = token.map(|token| Bearer { token, until: None });
        match self.go(request, bearer, &mut state).await? {
            Some(answer) => Ok(answer),
            None => Err(unasked(request, &state, "its token has ended".to_owned())),
        }
    }

    /// Sends, and sends again as far as policy and traffic allow. Nothing when the token's time
    /// ended before it could be sent: the next one may go on with the same `state`.
    async fn go(
        &self,
        request: &Request<'_>,
        bearer: Option<Bearer<'_>>,
        state: &mut CallState,
    ) -> Result<Option<Success>, ApiError> {
        let policy = &self.options.retry;
        loop {
            let attempt = AttemptRequest {
                writes: request.writes,
                kind: state.kind,
                // What is begun needs time to end.
                deadline: state.started + policy.total.mul_f64(0.9),
                token_expires_at: bearer.and_then(|bearer| bearer.until),
            };
            let permit = match self.admission.admit(attempt).await {
                Ok(permit) => permit,
                Err(Rejection::TokenExpired) => return Ok(None),
                Err(rejection) => return Err(turned_back(rejection, request, state)),
            };
            let token = bearer.map(|bearer| bearer.token);
            let outcome = self.attempt(request, token, state).await;
            let is_probe = permit.is_probe();
            permit.end(&outcome);
            let error = match outcome {
                Ok(answer) => return Ok(Some(answer)),
                Err(error) => error,
            };
            let Some(pause) = self.after(&error, is_probe, request, state) else {
                return Err(error);
            };
            if self
                .admission
                .pause(pause, request.operation)
                .await
                .is_err()
            {
                return Err(error);
            }
            state.last = Some(error);
        }
    }

    fn tell(
        &self,
        request: &Request<'_>,
        outcome: &Result<Response, TransportError>,
        asked: Instant,
        attempt: u32,
    ) {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        self.options.emit(Event::RequestFinished(RequestEvent {
            number,
            operation: request.operation,
            about: &request.about,
            response: match outcome {
                Ok(response) => ResponseSummary::Status(response.status),
                Err(TransportError::Connect(_) | TransportError::ConnectTimedOut(_)) => {
                    ResponseSummary::NotConnected
                }
                Err(TransportError::TimedOut) => ResponseSummary::TimedOut,
                Err(TransportError::Interrupted(_)) => ResponseSummary::Interrupted,
                Err(TransportError::TooLarge) => ResponseSummary::TooLarge,
            },
            elapsed: asked.elapsed(),
            attempt,
        }));
    }

    async fn attempt(
        &self,
        request: &Request<'_>,
        bearer: Option<&SecretValue>,
        state: &mut CallState,
    ) -> Result<Success, ApiError> {
        state.attempts += 1;
        let total = self.options.retry.total;
        let left = total.saturating_sub(state.started.elapsed());
        let organization = self.organization();
        let secrets = request.redactor.secrets.iter().copied();
        secrets
            .chain(bearer.map(SecretValue::expose))
            .for_each(|secret| self.sent.add_secret(secret));
        let asked = Instant::now();
        let outcome = tokio::select! {
            biased;
            outcome = self.transport.attempt(request, bearer, organization, left) => outcome,
            () = self.admission.drain() => Err(TransportError::TimedOut),
        };
        self.tell(request, &outcome, asked, state.attempts);
        self.judge(outcome, asked, call(request, state), request, bearer)
    }

    /// The pause before the next attempt, or nothing to give up. How long probes go on is the
    /// breaker's to say.
    fn after(
        &self,
        error: &ApiError,
        is_probe: bool,
        request: &Request<'_>,
        state: &mut CallState,
    ) -> Option<Duration> {
        let turned_away = error.is_throttled();
        state.failures += u32::from(!turned_away && !is_probe);
        let pause = self.options.retry.delay(error, request.idempotency, state);
        if pause.is_some() {
            state.may_have_taken_effect |= request.writes && error.may_have_taken_effect();
            state.kind = if turned_away {
                AttemptKind::First
            } else {
                self.admission.retry()
            };
        } else if turned_away {
            self.admission.gave_up();
        }
        pause
    }

    /// An answer or its error, by cause.
    fn judge(
        &self,
        outcome: Result<Response, TransportError>,
        asked: Instant,
        call: Call,
        request: &Request<'_>,
        bearer: Option<&SecretValue>,
    ) -> Result<Success, ApiError> {
        let limit = self.options.limits.body;
        let response = outcome.map_err(|error| {
            let kind = match error {
                TransportError::Connect(reason) | TransportError::ConnectTimedOut(reason) => {
                    ApiErrorKind::Connect(reason)
                }
                TransportError::TimedOut => ApiErrorKind::TimedOut,
                TransportError::Interrupted(reason) => ApiErrorKind::Interrupted(reason),
                TransportError::TooLarge => ApiErrorKind::TooLarge { limit },
            };
            ApiError::new(call, kind)
        })?;
        match response.status {
            200..300 => Ok(Success {
                response,
                call,
                asked,
                sent: Arc::clone(&self.sent),
            }),
            _ => Err(refusal(&response, call, &self.redactor(request, bearer))),
        }
    }

    /// What a text that answers a request must not show.
    pub(super) fn redactor<'a>(
        &'a self,
        request: &'a Request<'_>,
        bearer: Option<&'a SecretValue>,
    ) -> Redactor<'a> {
        Redactor {
            secrets: request.redactor.secrets.clone(),
            literals: request.redactor.literals.clone(),
            bearer: bearer.map(SecretValue::expose),
            sent: Some(&self.sent),
        }
    }
}

fn call(request: &Request<'_>, state: &CallState) -> Call {
    Call {
        operation: request.operation,
        elapsed: state.started.elapsed(),
        attempts: state.attempts,
        writes: request.writes,
        may_have_taken_effect: state.may_have_taken_effect,
    }
}

fn unasked(request: &Request<'_>, state: &CallState, reason: String) -> ApiError {
    ApiError::new(call(request, state), ApiErrorKind::Unavailable(reason))
}

/// A call that is to be repeated and cannot be failed as it did; any other was not made.
fn turned_back(rejection: Rejection, request: &Request<'_>, state: &mut CallState) -> ApiError {
    state.last.take().unwrap_or_else(|| {
        let reason = match rejection {
            Rejection::Outage(failures) => {
                format!("the service has failed {failures} times in a row")
            }
            Rejection::ShutDown => "the run is to end".to_owned(),
            Rejection::DeadlineExceeded | Rejection::TokenExpired => {
                "there was no turn for it in time".to_owned()
            }
        };
        unasked(request, state, reason)
    })
}

/// No token, no call; but what an earlier attempt may have done stays in doubt.
fn without_token(error: ApiError, request: &Request<'_>, state: &CallState) -> ApiError {
    if state.may_have_taken_effect {
        return unasked(request, state, format!("no token could be had: {error}"));
    }
    error
}

/// Whether a refused token is worth another one. Once it is; more often only if the token had
/// been waiting to be used, so that it may have ended on the way.
fn renews(state: &mut CallState, token: &Held) -> bool {
    let first = !state.renewed;
    state.renewed = true;
    state.kind = AttemptKind::First;
    state.last = None;
    first || token.age() > YOUNG
}

fn refusal(response: &Response, call: Call, redactor: &Redactor<'_>) -> ApiError {
    let message = match response.status {
        // Where a redirect leads is nobody's business.
        300..400 => ServerMessage::default(),
        _ => server_message(&response.body, redactor),
    };
    let kind = ApiErrorKind::Status {
        status: response.status,
        retry_after: response.retry_after,
        message,
    };
    ApiError::new(call, kind)
}
