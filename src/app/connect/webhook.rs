//! Responsible for the events that a team's webhook gets: which ones, and the secret that signs them.

use crate::app::Environment;
use crate::app::credentials::WEBHOOK_SECRET;
use crate::cli::ConnectServeArgs;
use crate::consent::{Attempt, Webhook, WebhookMessage};
use crate::failure::{Failure, FailureKind};
use crate::ledger::Authenticator;
use crate::model::ConnectorId;
use jiff::Timestamp;
use serde_json::json;
use std::fmt;

/// The shortest secret. Who sees an event can try secrets offline.
const MIN_LENGTH: usize = 24;

/// What happened to a consent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum EventKind {
    Connected,
    Refused,
    Failed,
}

/// What the webhook gets.
#[derive(Clone, Debug)]
pub(super) struct ConsentEvent {
    kind: EventKind,
    attempt: Attempt,
    id: Option<ConnectorId>,
    code: Option<&'static str>,
    /// Whether the same consent gets no other event.
    is_final: bool,
    at: Timestamp,
}

impl ConsentEvent {
    pub(super) fn connected(attempt: &Attempt, id: ConnectorId) -> Self {
        Self {
            id: Some(id),
            ..Self::new(EventKind::Connected, attempt)
        }
    }

    pub(super) fn refused(attempt: &Attempt, failure: &Failure) -> Self {
        Self {
            code: Some(failure.code),
            ..Self::new(EventKind::Refused, attempt)
        }
    }

    /// A connector that was not recorded. Unless it was refused, a repeated callback may record it.
    pub(super) fn failed(attempt: &Attempt, id: ConnectorId, failure: &Failure) -> Self {
        Self {
            id: Some(id),
            code: Some(failure.code),
            is_final: failure.kind == FailureKind::Refused,
            ..Self::new(EventKind::Failed, attempt)
        }
    }

    fn new(kind: EventKind, attempt: &Attempt) -> Self {
        Self {
            kind,
            attempt: attempt.clone(),
            id: None,
            code: None,
            is_final: true,
            at: Timestamp::now(),
        }
    }

    fn name(&self) -> &'static str {
        match self.kind {
            EventKind::Connected => "consent.connected",
            EventKind::Refused => "consent.refused",
            EventKind::Failed => "consent.failed",
        }
    }

    /// The same for a repeated event, so that the receiver can ignore it.
    fn identity(&self) -> String {
        let Attempt { link, started, .. } = &self.attempt;
        let code = self.code.unwrap_or_default();
        format!("{} {code} {} {started}", self.name(), link.nonce)
    }

    fn body(&self) -> String {
        let link = &self.attempt.link;
        let body = json!({
            "type": self.name(),
            "timestamp": self.at.to_string(),
            "data": {
                "customer": link.customer,
                "connector": link.connector,
                "connector_id": self.id.map(|id| id.to_string()),
                "code": self.code,
                "final": self.is_final,
            },
        });
        body.to_string()
    }
}

impl fmt::Display for ConsentEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.attempt.link.address();
        write!(f, "the event {} of {address}", self.name())
    }
}

/// Sends events to the webhook.
#[derive(Debug)]
pub(super) struct Notifier {
    webhook: Webhook,
    authenticator: Authenticator,
}

impl Notifier {
    /// The webhook of the arguments, if they name one.
    pub(super) fn from_args(
        env: &Environment,
        args: &ConnectServeArgs,
        authenticator: &Authenticator,
    ) -> Result<Option<Self>, Failure> {
        let Some(url) = &args.webhook else {
            return Ok(None);
        };
        let secret = WEBHOOK_SECRET.read(env)?.ok_or_else(|| {
            let message = "--webhook needs a secret that signs its events";
            Failure::error("bad_webhook", message)
                .hint("set AIRLIFT_WEBHOOK_SECRET to the output of `openssl rand -hex 32`")
        })?;
        if secret.trim().len() < MIN_LENGTH {
            let message = format!("AIRLIFT_WEBHOOK_SECRET has fewer than {MIN_LENGTH} characters");
            return Err(Failure::error("bad_webhook", message));
        }
        let webhook = Webhook::new(url, secret.trim())
            .map_err(|problem| Failure::error("bad_webhook", format!("--webhook {problem}")))?;
        Ok(Some(Self {
            webhook,
            authenticator: authenticator.clone(),
        }))
    }

    /// Sends an event, and repeats it after failures.
    pub(super) async fn send(&self, event: &ConsentEvent) -> Result<(), String> {
        let mac = self
            .authenticator
            .mac_of_consent("event", &event.identity());
        let id = mac.get(..32).unwrap_or(&mac);
        let message = WebhookMessage {
            id: format!("evt_{id}"),
            body: event.body(),
        };
        self.webhook.deliver(&message).await
    }
}
