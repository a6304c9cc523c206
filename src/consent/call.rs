//! Responsible for the messages from the listener to the command that runs it.

use super::signed::{Attempt, Link};
use crate::model::ConnectorId;
use tokio::sync::oneshot;

/// What a browser asks for.
#[derive(Debug)]
pub(crate) enum Call {
    /// Start a consent, and answer with the address of the vendor's page.
    Initiate {
        link: Link,
        redirect_url: String,
        reply: oneshot::Sender<Result<String, Refused>>,
    },
    /// Verify and record the connector that the vendor created.
    Complete {
        attempt: Attempt,
        connector: ConnectorId,
        reply: oneshot::Sender<Result<Completed, Refused>>,
    },
    /// Another browser gave the consent than the one that clicked. Note the connector, so that no run adopts it.
    OtherBrowser {
        attempt: Attempt,
        connector: ConnectorId,
        reply: oneshot::Sender<()>,
    },
    /// The customer refused, or the vendor could not create the connector.
    Failed {
        attempt: Attempt,
        reply: oneshot::Sender<Result<Completed, Refused>>,
    },
}

/// How a connector came to be recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Completed {
    New,
    /// An earlier call recorded it.
    Before,
    /// The connector of another consent is recorded. This one is not.
    ByAnotherConsent,
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Refused {
    /// The code on the page. `airlift explain` explains those of consents, but not those of the listener itself.
    pub(crate) code: &'static str,
    /// One or two sentences for the customer. Contains no text of the API.
    pub(crate) message: &'static str,
}

impl Refused {
    pub(crate) const fn new(code: &'static str, message: &'static str) -> Self {
        Self { code, message }
    }
}
