//! Responsible for a run's way to the API, and for its end.

use super::client::Client;
use super::transport::Transport;
use super::{ApiError, Options, Reader, Target, Writer};
use crate::model::{OrganizationId, SecretValue};
use std::sync::Arc;

/// The organization's client credentials (`TokenRequest`).
#[derive(Debug)]
pub struct Credentials {
    /// Names the application; not secret.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretValue,
}

/// One run's way to the API: connections, tokens, limits.
pub struct Session {
    client: Arc<Client>,
}

impl Session {
    /// Gets an application token (`create_account_applications_token`) and refuses one of
    /// another organization than the expected.
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

    /// The view that reads.
    pub fn reader(&self) -> Reader {
        Reader {
            client: Arc::clone(&self.client),
        }
    }

    /// The view that writes, too.
    pub fn writer(&self) -> Writer {
        Writer {
            client: Arc::clone(&self.client),
        }
    }

    /// From now on a call that would have to wait, for the service's return or because it asked to
    /// be left alone, is given up. What may go at once goes on, and what is under way for some
    /// seconds more.
    pub fn halt(&self) {
        self.client.halt();
    }

    /// Notes texts that are no secret, such as declared names: answers show them as they are, even
    /// where they look like part of one.
    pub fn note_plain<'a>(&self, texts: impl IntoIterator<Item = &'a str>) {
        self.client.note_plain(texts);
    }

    /// The organization that the session acts for, as far as known.
    pub fn organization(&self) -> Option<OrganizationId> {
        self.client.organization()
    }
}
