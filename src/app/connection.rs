//! Responsible for the session with the API: its settings from the command line, and the text of
//! responses that it may show.

use super::Invocation;
use super::endpoint::Endpoint;
use super::known_texts::each_text;
use super::ledger_keys::Keys;
use super::network::{self, Destination};
use super::project::ca_pem;
use crate::api::{ApiError, ApiErrorKind, ConnectorToken, Load, Options, Session};
use crate::cli::{self, ConnectionArgs, LockArgs, RateArgs};
use crate::config::Project;
use crate::failure::Failure;
use crate::ledger::JournalEntry;
use crate::model::{Desired, LedgerState, OrganizationId};
use crate::sandbox;
use crate::secrets::{Values, value_matcher};
use std::time::Duration;

/// The request rate of a session, and the token that creates connectors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionSettings {
    connector_token: ConnectorToken,
    pub(super) parallelism: u16,
    max_rps: Option<f64>,
    /// How long the command waits for the lock of the ledger.
    pub(super) lock_timeout: Duration,
}

impl SessionSettings {
    /// The largest number of requests in 100 seconds, if there is a limit.
    pub(super) fn per_hundred_seconds(&self) -> Option<u64> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate is a number from 0.01 to 10000"
        )]
        self.max_rps.map(|rate| (rate * 100.0).round() as u64)
    }
}

impl Default for SessionSettings {
    /// The settings for commands that send few requests.
    fn default() -> Self {
        Self {
            connector_token: ConnectorToken::default(),
            parallelism: 4,
            max_rps: None,
            lock_timeout: Duration::ZERO,
        }
    }
}

impl From<&RateArgs> for SessionSettings {
    fn from(args: &RateArgs) -> Self {
        Self {
            connector_token: ConnectorToken::default(),
            parallelism: args.parallelism,
            max_rps: args.max_rps,
            lock_timeout: Duration::ZERO,
        }
    }
}

impl From<&ConnectionArgs> for SessionSettings {
    fn from(args: &ConnectionArgs) -> Self {
        Self {
            connector_token: match args.connector_token {
                cli::ConnectorTokenArg::Scoped => ConnectorToken::Scoped,
                cli::ConnectorTokenArg::Application => ConnectorToken::Application,
            },
            ..Self::from(&args.rate)
        }
    }
}

impl SessionSettings {
    /// Sets how long the command waits for the lock of the ledger.
    pub(crate) fn with_lock(self, args: LockArgs) -> Self {
        Self {
            lock_timeout: args.timeout(),
            ..self
        }
    }

    /// Waits at least half a minute for the lock of the ledger: the consent of a customer should not be lost to
    /// another run.
    pub(crate) fn patient(self) -> Self {
        Self {
            lock_timeout: self.lock_timeout.max(Duration::from_secs(30)),
            ..self
        }
    }

    pub(super) fn options(
        self,
        invocation: Invocation<'_>,
        project: &Project,
        organization: Option<OrganizationId>,
    ) -> Result<Options, Failure> {
        Ok(Options {
            organization_id: organization,
            contract: project.desired.contract,
            connector_token: self.connector_token,
            ca_pem: ca_pem(invocation.global)?,
            proxy: invocation.global.proxy.clone(),
            load: Load {
                parallelism: self.parallelism.into(),
                max_rps: self.max_rps,
            },
            ..Options::default()
        })
    }
}

/// An open session, with the embedded API of `--sandbox`.
pub(crate) struct Connection {
    pub(crate) session: Session,
    /// The address as shown to people.
    pub(crate) name: String,
    /// The organization that the session acts for.
    pub(crate) organization: OrganizationId,
    sandbox: Option<sandbox::Sandbox>,
}

impl Connection {
    /// Opens the session. Returns it with the keys of its ledger's fingerprints.
    pub(super) async fn open(
        endpoint: Endpoint,
        options: Options,
        invocation: Invocation<'_>,
    ) -> Result<(Self, Keys), Failure> {
        let target = endpoint.target.clone();
        let destination = Destination {
            target: &target,
            organization: endpoint.organization,
        };
        let session = Session::open(endpoint.target, endpoint.credentials, options)
            .await
            .map_err(|error| network::cannot_open(error, &destination, invocation))?;
        let organization = session
            .organization()
            .ok_or_else(|| ApiError::from(ApiErrorKind::UnknownOrganization))?;
        let connection = Self {
            session,
            name: endpoint.name,
            organization,
            sandbox: endpoint.sandbox,
        };
        Ok((connection, endpoint.keys))
    }

    /// Masks these values in the state file of the embedded API, in every setting.
    pub(super) fn mask(&self, values: &Values) {
        if let Some(running) = &self.sandbox {
            running.mask(value_matcher(values));
        }
    }

    /// Allows responses to show text that the files or the ledger contain, even if it resembles a
    /// secret.
    pub(super) fn allow_known_texts(
        &self,
        desired: &Desired,
        recorded: &LedgerState,
        unsettled: &[JournalEntry],
    ) {
        self.session.allow_texts(desired.texts());
        let allow = |text: &str| self.session.allow_texts([text]);
        for entry in recorded.customers.values() {
            each_text(entry, allow);
        }
        for unsettled in unsettled {
            each_text(&unsettled.intent, allow);
        }
    }

    /// Stops the embedded API, which then writes its state.
    pub(super) async fn close(self) -> Result<(), Failure> {
        match self.sandbox {
            Some(running) => Ok(running.stop().await?),
            None => Ok(()),
        }
    }
}
