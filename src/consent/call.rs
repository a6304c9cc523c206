//! Responsible for the messages from the listener to the command that runs it.

use super::signed::{Attempt, Link};
use tokio::sync::oneshot;
use uuid::Uuid;

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
        connector: Uuid,
        reply: oneshot::Sender<Result<Completed, Refused>>,
    },
    /// The customer refused, or the vendor could not create the connector.
    Failed {
        attempt: Attempt,
        refused: Refused,
        reply: oneshot::Sender<()>,
    },
}

/// How a connector came to be recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Completed {
    New,
    /// An earlier call recorded it.
    Before,
}

/// Why a call was refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refused {
    /// The code that `airlift explain` explains.
    pub(crate) code: &'static str,
    /// One sentence for the customer. Contains no text of the API.
    pub(crate) message: String,
}

impl Refused {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}
