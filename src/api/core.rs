//! The way of every call: authorized, repeated where that is harmless, judged. Owns the order
//! of these; the parts are in their own files.

use super::Credentials;
use super::echo::Sensitive;
use super::error::{ApiError, Call};
use super::event::{Answered, Exchange};
use super::http::{Broken, Http, Reply};
use super::options::Options;
use super::request::Request;
use super::retry::Budget;
use super::said::said;
use super::tokens::Tokens;
use super::wire::{self, Shape};
use crate::model::{OrganizationId, SecretValue, WorkspaceId};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::time::{Instant, sleep};

/// What a session's views share.
pub(super) struct Core {
    pub(super) http: Http,
    pub(super) options: Options,
    pub(super) credentials: Credentials,
    pub(super) tokens: Tokens,
    pub(super) budget: Budget,
    /// Requests made.
    made: AtomicU64,
    /// The expected organization, else the first that an answer named.
    organization: OnceLock<OrganizationId>,
}

/// A success, with the call it answers.
pub(super) struct Answer {
    pub(super) reply: Reply,
    pub(super) call: Call,
}

impl Answer {
    /// The answer as a shape; a success that is not understood is an error with doubt.
    pub(super) fn decode<T: Shape>(&self) -> Result<T, ApiError> {
        wire::decode(&self.reply.body).map_err(|reason| ApiError::Undecodable {
            call: self.call,
            status: self.reply.status,
            reason,
        })
    }
}

impl Core {
    pub(super) fn new(http: Http, credentials: Credentials, options: Options) -> Self {
        Self {
            http,
            budget: Budget::new(options.retry.budget),
            made: AtomicU64::new(0),
            organization: options
                .organization_id
                .map_or_else(OnceLock::new, Into::into),
            options,
            credentials,
            tokens: Tokens::default(),
        }
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
            return Err(ApiError::WrongOrganization { expected, found });
        }
        Ok(())
    }

    /// Sends with the organization's token; a refused token is replaced once.
    pub(super) async fn as_application(&self, request: &Request<'_>) -> Result<Answer, ApiError> {
        let token = self.application().await?;
        match self.send(request, Some(&token.token), false).await {
            Err(ApiError::Unauthorized { call, .. }) => {
                self.tokens.reject(&token).await;
                let token = self.application().await?;
                self.send(request, Some(&token.token), call.doubt).await
            }
            other => other,
        }
    }

    /// Sends with a customer's token; a refused token is replaced once.
    pub(super) async fn as_customer(
        &self,
        request: &Request<'_>,
        customer: &str,
        workspace: WorkspaceId,
    ) -> Result<Answer, ApiError> {
        let token = self.scoped(customer, workspace).await?;
        match self.send(request, Some(&token.held.token), false).await {
            Err(ApiError::Unauthorized { call, .. }) => {
                self.tokens.reject_scoped(customer, &token).await;
                let token = self.scoped(customer, workspace).await?;
                self.send(request, Some(&token.held.token), call.doubt)
                    .await
            }
            other => other,
        }
    }

    /// Sends, and sends again as far as policy and budget allow.
    pub(super) async fn send(
        &self,
        request: &Request<'_>,
        bearer: Option<&SecretValue>,
        mut doubt: bool,
    ) -> Result<Answer, ApiError> {
        let policy = &self.options.retry;
        let started = Instant::now();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let left = policy.total.saturating_sub(started.elapsed());
            let organization = self.organization();
            let sent = Instant::now();
            let outcome = self.http.attempt(request, bearer, organization, left).await;
            self.tell(request, &outcome, sent, attempts);
            let call = Call {
                operation: request.operation,
                elapsed: started.elapsed(),
                attempts,
                writes: request.writes,
                doubt,
            };
            let error = match self.judge(outcome, call, request, bearer) {
                Ok(answer) => {
                    self.budget.refill();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let elapsed = started.elapsed();
            match policy.wait(&self.budget, &error, request.repeat, attempts, elapsed) {
                None => return Err(error),
                Some(wait) => {
                    doubt |= request.writes && error.may_have_acted();
                    sleep(wait).await;
                }
            }
        }
    }

    fn tell(
        &self,
        request: &Request<'_>,
        outcome: &Result<Reply, Broken>,
        sent: Instant,
        attempt: u32,
    ) {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let Some(listener) = &self.options.on_exchange else {
            return;
        };
        listener(&Exchange {
            number,
            operation: request.operation,
            about: &request.about,
            answered: match outcome {
                Ok(reply) => Answered::Status(reply.status),
                Err(Broken::Connect(_)) => Answered::NotConnected,
                Err(Broken::TimedOut) => Answered::TimedOut,
                Err(Broken::Interrupted(_)) => Answered::Interrupted,
                Err(Broken::TooLarge) => Answered::TooLarge,
            },
            elapsed: sent.elapsed(),
            attempt,
        });
    }

    /// An answer or its error, by cause.
    fn judge(
        &self,
        outcome: Result<Reply, Broken>,
        call: Call,
        request: &Request<'_>,
        bearer: Option<&SecretValue>,
    ) -> Result<Answer, ApiError> {
        let reply = outcome.map_err(|broken| match broken {
            Broken::Connect(reason) => ApiError::Connect { call, reason },
            Broken::TimedOut => ApiError::TimedOut { call },
            Broken::Interrupted(reason) => ApiError::Interrupted { call, reason },
            Broken::TooLarge => ApiError::TooLarge {
                call,
                limit: self.options.limits.body,
            },
        })?;
        match reply.status {
            200..300 => Ok(Answer { reply, call }),
            _ => Err(refusal(&reply, call, request, bearer)),
        }
    }
}

fn refusal(
    reply: &Reply,
    call: Call,
    request: &Request<'_>,
    bearer: Option<&SecretValue>,
) -> ApiError {
    let sensitive = Sensitive {
        secrets: request.sensitive.secrets.clone(),
        literals: request.sensitive.literals.clone(),
        bearer: bearer.map(SecretValue::expose),
    };
    let said = said(&reply.body, &sensitive);
    let retry_after = reply.retry_after;
    match reply.status {
        status @ 300..400 => ApiError::Redirected { call, status },
        401 => ApiError::Unauthorized { call, said },
        403 => ApiError::Forbidden { call, said },
        404 => ApiError::NotFound { call, said },
        429 => ApiError::Throttled {
            call,
            retry_after,
            said,
        },
        status @ 400..500 => ApiError::Refused { call, status, said },
        // 1xx cannot get here; whatever is left is treated as the server's failure.
        status => ApiError::Server {
            call,
            status,
            retry_after,
            said,
        },
    }
}
