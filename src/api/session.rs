//! Responsible for opening the session of a run and for shutting it down.

use super::client::Client;
use super::transport::Transport;
use super::{ApiError, Options, Reader, Target, Writer};
use crate::model::{LockUnpoisoned, OrganizationId, SecretValue};
use std::sync::Arc;

/// The organization's client credentials (`TokenRequest`).
#[derive(Debug)]
pub struct Credentials {
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretValue,
}

/// The connections, tokens and limits of one run.
pub struct Session {
    client: Arc<Client>,
}

impl Session {
    /// Requests an application token (`create_account_applications_token`). Fails if the token
    /// belongs to another organization than the configured one.
    pub async fn open(
        target: Target,
        credentials: Credentials,
        options: Options,
    ) -> Result<Self, ApiError> {
        let transport = Transport::new(target, &options)?;
        let client = Arc::new(Client::new(transport, credentials, options));
        client.application().await?;
        Ok(Self { client })
    }

    /// The read-only view.
    pub fn reader(&self) -> Reader {
        Reader {
            client: Arc::clone(&self.client),
        }
    }

    /// The view that can also write.
    pub fn writer(&self) -> Writer {
        Writer {
            client: Arc::clone(&self.client),
        }
    }

    /// From now on, calls that would have to wait for the service fail instead. Calls that need not
    /// wait are still sent. Requests in flight have 8 s to finish.
    pub fn shut_down(&self) {
        self.client.shut_down();
    }

    /// From now on, requests that write are sent only while this holds. Replaces an earlier condition.
    pub fn guard_writes(&self, may_write: impl Fn() -> bool + Send + Sync + 'static) {
        *self.client.write_guard.lock_unpoisoned() = Some(Box::new(may_write));
    }

    /// Ends the condition of [`Self::guard_writes`].
    pub fn end_write_guard(&self) {
        *self.client.write_guard.lock_unpoisoned() = None;
    }

    /// Exempts texts from redaction, such as names in the files: responses show them unchanged, even
    /// if they are part of a secret.
    pub fn allow_texts<'a>(&self, texts: impl IntoIterator<Item = &'a str>) {
        let texts = texts.into_iter();
        texts.for_each(|text| self.client.sent.allow(text));
    }

    /// From now on, responses do not show these secrets, as if a request had sent them.
    pub fn add_secrets<'a>(&self, secrets: impl IntoIterator<Item = &'a SecretValue>) {
        let secrets = secrets.into_iter().map(SecretValue::expose);
        secrets.for_each(|secret| self.client.sent.add_secret(secret));
    }

    /// Replaces a text of an earlier response if it repeats a secret. Returns whether it did.
    pub fn redact(&self, text: &mut String) -> bool {
        self.client.sent.redact(text)
    }

    /// The organization of the session; `None` until a response names one.
    pub fn organization(&self) -> Option<OrganizationId> {
        self.client.organization()
    }
}
