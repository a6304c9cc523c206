//! Responsible for sending every call: gets a token, waits for admission, makes attempts, retries
//! them, and turns the response into a result. Does not know the operations; see `request`.

use super::Credentials;
use super::error::{ApiError, ApiErrorKind, Call, TokenOwner};
use super::new_workspaces::KnownWorkspaces;
use super::options::Options;
use super::recent_settings::RecentSettings;
use super::redaction::{Redactor, SentSecrets, ServerMessage, server_message, shown_request_id};
use super::request::Request;
use super::resilience::{AdmissionControl, AttemptKind, AttemptRequest, CallState, Rejection};
use super::server_clock::ServerClock;
use super::success::Success;
use super::tokens::{Bearer, IssuedToken, Tokens};
use super::transport::{Response, Transport};
use crate::http::TransportError;
use crate::model::{LockUnpoisoned, OrganizationId, RecordedPlaces, SecretValue, WorkspaceId};
use jiff::Timestamp;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::time::Instant;

/// A token that is rejected within its first seconds was not rejected because it expired.
const TOO_YOUNG_TO_EXPIRE: Duration = Duration::from_secs(5);

/// Whether a run may still write.
pub(super) type WriteGuard = Box<dyn Fn() -> bool + Send + Sync>;

/// The state that all views of a session share.
pub(super) struct Client {
    pub(super) transport: Transport,
    pub(super) options: Options,
    pub(super) credentials: Credentials,
    pub(super) tokens: Tokens,
    pub(super) known_workspaces: Mutex<KnownWorkspaces>,
    /// The number of connectors of the last usable listing of the organization.
    pub(super) known_connectors: Mutex<Option<usize>>,
    pub(super) recent_settings: RecentSettings,
    pub(super) recorded_places: Mutex<RecordedPlaces>,
    pub(super) sent: Arc<SentSecrets>,
    pub(super) server_clock: ServerClock,
    /// Whether the run may still write. `None` for a run without a lock.
    pub(super) write_guard: Mutex<Option<WriteGuard>>,
    admission: AdmissionControl,
    /// The number of requests sent.
    pub(super) requests: AtomicU64,
    /// The configured organization, else the first that a response named.
    organization: OnceLock<OrganizationId>,
}

impl Client {
    pub(super) fn new(transport: Transport, credentials: Credentials, options: Options) -> Self {
        let sent = SentSecrets::default();
        sent.add_secret(credentials.client_secret.expose());
        Self {
            transport,
            known_workspaces: Mutex::default(),
            known_connectors: Mutex::default(),
            recent_settings: RecentSettings::default(),
            recorded_places: Mutex::default(),
            sent: Arc::new(sent),
            server_clock: ServerClock::default(),
            write_guard: Mutex::default(),
            admission: AdmissionControl::new(&options),
            requests: AtomicU64::new(0),
            organization: options
                .organization_id
                .map_or_else(OnceLock::new, Into::into),
            tokens: Tokens::new(options.limits.scoped_life),
            options,
            credentials,
        }
    }

    /// See [`super::Session::shut_down`].
    pub(super) fn shut_down(&self) {
        self.admission.shut_down();
    }

    /// The organization of the session; `None` until a response names one.
    pub(super) fn organization(&self) -> Option<OrganizationId> {
        self.organization.get().copied()
    }

    /// Fails if a response names another organization than the session's.
    pub(super) fn check_organization(
        &self,
        response: Option<OrganizationId>,
    ) -> Result<(), ApiError> {
        let Some(actual) = response else {
            return Ok(());
        };
        let expected = *self.organization.get_or_init(|| actual);
        if expected != actual {
            return Err(ApiErrorKind::WrongOrganization { expected, actual }.into());
        }
        Ok(())
    }

    /// Sends a request with the application token. A token that the server rejects is replaced.
    pub(super) async fn as_application(&self, request: &Request<'_>) -> Result<Success, ApiError> {
        let mut state = CallState::new(false);
        loop {
            let token = self.application().await;
            let token = token.map_err(|error| without_token(error, request, &state))?;
            let outcome = self
                .send_with_retries(request, Some(token.bearer()), &mut state)
                .await;
            match outcome {
                Ok(Some(success)) => return Ok(success),
                Ok(None) => {}
                Err(error) if error.is_unauthorized() && may_renew(&mut state, &token) => {
                    self.tokens.reject(&token);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends a request with the scoped token of a customer. A token that the server rejects is
    /// replaced.
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
            let outcome = self
                .send_with_retries(request, Some(token.issued.bearer()), &mut state)
                .await;
            match outcome {
                Ok(Some(success)) => return Ok(success),
                Ok(None) => {}
                Err(error) if error.is_unauthorized() && may_renew(&mut state, &token.issued) => {
                    self.tokens.scoped.reject(customer, &token).await;
                }
                Err(error) => return Err(error.of_customer()),
            }
        }
    }

    /// Sends a request with the given token or without one. Token requests are sent with this
    /// method, so it must not wait for a token.
    pub(super) async fn send(
        &self,
        request: &Request<'_>,
        token: Option<&SecretValue>,
        may_have_taken_effect: bool,
    ) -> Result<Success, ApiError> {
        let mut state = CallState::new(may_have_taken_effect);
        let bearer = token.map(|token| Bearer {
            token,
            expires_at: None,
        });
        match self.send_with_retries(request, bearer, &mut state).await? {
            Some(success) => Ok(success),
            None => Err(not_sent(request, &state, "its token expired".to_owned())),
        }
    }

    /// Sends a request, and retries it as far as the retry policy and admission control allow.
    /// Returns `None` if the token expired before the request was sent; the caller continues with a
    /// new token and the same `state`.
    async fn send_with_retries(
        &self,
        request: &Request<'_>,
        bearer: Option<Bearer<'_>>,
        state: &mut CallState,
    ) -> Result<Option<Success>, ApiError> {
        let policy = &self.options.retry;
        loop {
            let attempt = AttemptRequest {
                // A request for a token says nothing about the reads that follow.
                writes: request.writes || bearer.is_none(),
                priority: request.priority,
                kind: state.kind,
                // The rest of the time is for the response.
                deadline: state.started + policy.total.mul_f64(0.9),
                token_expires_at: bearer.and_then(|bearer| bearer.expires_at),
            };
            let permit = match self.admission.admit(attempt).await {
                Ok(permit) => permit,
                Err(Rejection::TokenExpired) => return Ok(None),
                Err(rejection) => return Err(rejected(rejection, request, state)),
            };
            if request.writes && !self.may_write() {
                let reason = "this run lost the lock of the ledger, so another run may write";
                return Err(not_sent(request, state, reason.to_owned()));
            }
            let token = bearer.map(|bearer| bearer.token);
            let outcome = self.attempt(request, token, state).await;
            let is_probe = permit.is_probe();
            permit.end(&outcome);
            let error = match outcome {
                Ok(success) => {
                    // Lets the call that waits for the place start before this response is processed.
                    tokio::task::yield_now().await;
                    return Ok(Some(success));
                }
                Err(error) => error,
            };
            let Some(pause) = self.retry_pause(&error, is_probe, request, state) else {
                return Err(error);
            };
            let resumed = self.admission.pause(pause, request.operation).await;
            if resumed.is_err() {
                return Err(error);
            }
            state.last = Some(error);
        }
    }

    /// Whether no other run can hold the lock of the ledger. Checked right before each attempt, because the waits before it
    /// and a suspended machine can outlast a lease.
    fn may_write(&self) -> bool {
        let guard = self.write_guard.lock_unpoisoned();
        guard.as_ref().is_none_or(|may_write| may_write())
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
        let sent_at = Instant::now();
        let sent = Timestamp::now();
        let outcome = tokio::select! {
            biased;
            outcome = self.transport.attempt(request, bearer, organization, left) => outcome,
            () = self.admission.drain() => Err(TransportError::TimedOut),
        };
        if let Some(date) = outcome.as_ref().ok().and_then(|response| response.date) {
            self.server_clock.observe(date, sent, Timestamp::now());
        }
        self.report_request(request, &outcome, (sent_at, state.attempts), bearer);
        self.classify(outcome, sent_at, call(request, state), request, bearer)
    }

    /// The pause before the next attempt, or `None` to give up. Failed probes are not counted as
    /// failures, because the circuit breaker limits them.
    fn retry_pause(
        &self,
        error: &ApiError,
        is_probe: bool,
        request: &Request<'_>,
        state: &mut CallState,
    ) -> Option<Duration> {
        let is_throttled = error.is_throttled();
        state.failures += u32::from(!is_throttled && !is_probe);
        let pause = self.options.retry.delay(error, request.idempotency, state);
        if pause.is_some() {
            state.may_have_taken_effect |= request.writes && error.may_have_taken_effect();
            state.kind = if is_throttled {
                AttemptKind::First
            } else {
                self.admission.retry()
            };
        } else if is_throttled {
            self.admission.gave_up();
        }
        pause
    }

    /// The result of an attempt: a success, or the cause of the failure.
    fn classify(
        &self,
        outcome: Result<Response, TransportError>,
        sent_at: Instant,
        call: Call,
        request: &Request<'_>,
        bearer: Option<&SecretValue>,
    ) -> Result<Success, ApiError> {
        let limit = self.options.limits.body;
        let response = outcome.map_err(|error| {
            let kind = match error {
                TransportError::Connect(reason) | TransportError::ConnectTimedOut(reason) => {
                    ApiErrorKind::Connect(format!("{}: {reason}", self.transport.target))
                }
                TransportError::Tls(reason) => {
                    ApiErrorKind::Tls(format!("{}: {reason}", self.transport.target))
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
                sent_at,
                sent: Arc::clone(&self.sent),
            }),
            _ => Err(status_error(
                &response,
                call,
                &self.redactor(request, bearer),
            )),
        }
    }

    /// The redactor for texts in the response to a request.
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
        token_owner: TokenOwner::Organization,
    }
}

fn not_sent(request: &Request<'_>, state: &CallState, reason: String) -> ApiError {
    ApiError::new(call(request, state), ApiErrorKind::Unavailable(reason))
}

/// The error of a call whose next attempt was not admitted: the error of the last attempt, if there
/// was one. A call that the service put off before the run stopped did not fail.
fn rejected(rejection: Rejection, request: &Request<'_>, state: &mut CallState) -> ApiError {
    let last = state.last.take();
    let is_put_off = |error: &ApiError| rejection == Rejection::ShutDown && error.is_throttled();
    last.filter(|error| !is_put_off(error)).unwrap_or_else(|| {
        let reason = match rejection {
            Rejection::Outage(failures) => {
                format!("the service failed {failures} times in a row")
            }
            Rejection::ShutDown => "the run is stopping".to_owned(),
            Rejection::DeadlineExceeded | Rejection::TokenExpired => {
                "the time for the call was spent waiting".to_owned()
            }
        };
        not_sent(request, state, reason)
    })
}

/// The error of a call that got no token. If an earlier attempt may have taken effect, the effect of
/// the call stays unknown.
fn without_token(error: ApiError, request: &Request<'_>, state: &CallState) -> ApiError {
    if state.may_have_taken_effect {
        return not_sent(request, state, format!("no token was issued: {error}"));
    }
    error
}

/// Whether the call is sent again with a new token after its token was rejected. That happens once,
/// and again only if the token was old enough to have expired on the way.
fn may_renew(state: &mut CallState, token: &IssuedToken) -> bool {
    let first = !state.renewed;
    state.renewed = true;
    state.kind = AttemptKind::First;
    state.last = None;
    first || token.age() > TOO_YOUNG_TO_EXPIRE
}

fn status_error(response: &Response, call: Call, redactor: &Redactor<'_>) -> ApiError {
    let message = match response.status {
        // The body of a redirect may show its target, which can contain a secret.
        300..400 => ServerMessage::default(),
        _ => server_message(&response.body, redactor),
    };
    let kind = ApiErrorKind::Status {
        status: response.status,
        retry_after: response.retry_after,
        message,
    };
    let id = response.request_id.as_deref();
    let id = id.and_then(|id| shown_request_id(id, redactor));
    ApiError::new(call, kind).with_request_id(id)
}
