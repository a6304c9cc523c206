//! What a run may set about the session. Owns the defaults and their reasons; reads nothing
//! itself: flags, environment and files are the caller's.

use crate::events::{Event, Sink};
use crate::model::{Contract, OrganizationId};
use std::sync::Arc;
use std::time::Duration;

/// Settings of a session. Not printable: a proxy's address may hold a password.
#[derive(Clone, Default)]
pub struct Options {
    /// The organization that the run is for; a token of any other is refused.
    pub organization_id: Option<OrganizationId>,
    /// Which names the remote API uses.
    pub contract: Contract,
    /// Which token a connector's creation carries.
    pub connector_token: ConnectorToken,
    /// Certificates to trust beside the system's, as PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// A proxy for HTTPS, asked for by flag. The environment's proxies are ignored: whoever can
    /// set a variable on a runner could otherwise read along.
    pub proxy: Option<String>,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// How often to try again.
    pub retry: RetryPolicy,
    /// How hard to press the service.
    pub load: Load,
    /// When the circuit breaker opens, and for how long.
    pub circuit: CircuitOptions,
    /// How much to accept.
    pub limits: Limits,
    /// Receives each request, and every wait that a person would notice.
    pub events: Option<Arc<dyn Sink>>,
}

impl Options {
    pub(super) fn emit(&self, event: Event<'_>) {
        if let Some(sink) = &self.events {
            sink.emit(event);
        }
    }
}

/// Which token `create_integrations_connectors` carries; the documents differ.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ConnectorToken {
    /// The customer's own, as the hosted-authentication guide has it.
    #[default]
    Scoped,
    /// The organization's, as the specification has it.
    Application,
}

/// Deadlines of one attempt.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Until a connection stands.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub idle: Duration,
    /// From first byte sent to last byte read.
    pub attempt: Duration,
    /// The same for creating, checking and deleting, which do work before they answer.
    pub create: Duration,
}

impl Default for Timeouts {
    /// The vendor's own clients wait between 30 s and 300 s, so slow answers are to be expected.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            attempt: Duration::from_mins(1),
            create: Duration::from_mins(2),
        }
    }
}

/// How calls are repeated.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Attempts of one call, the first included.
    pub attempts: u32,
    /// The first wait's upper bound; doubles each time.
    pub base: Duration,
    /// No wait is longer, unless the server asks.
    pub cap: Duration,
    /// No wait that the server asks for is honoured beyond this.
    pub retry_after_cap: Duration,
    /// Attempts and waits of one call together.
    pub total: Duration,
    /// Retries that the session starts with, for isolated faults.
    pub initial_budget: u32,
    /// The largest retry budget. Each response adds half a retry and an outage adds none, so that
    /// a run in an outage makes hardly more requests than calls.
    pub max_budget: u32,
}

impl Default for RetryPolicy {
    /// With one fault in five calls, six attempts are what a plan of a thousand reads needs. The
    /// shared retry budget, not their number, bounds what an outage costs.
    fn default() -> Self {
        Self {
            attempts: 6,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(20),
            retry_after_cap: Duration::from_mins(2),
            total: Duration::from_mins(5),
            initial_budget: 2,
            max_budget: 20,
        }
    }
}

/// How hard the service is pressed; reads and writes count apart where calls are counted.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Calls of a kind at a time, at most; the service's answers decide how many there are.
    pub parallelism: usize,
    /// Requests per second, at most.
    pub max_rps: Option<f64>,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            parallelism: 10,
            max_rps: None,
        }
    }
}

/// When the circuit breaker opens, and how it closes again.
#[derive(Clone, Copy, Debug)]
pub struct CircuitOptions {
    /// Failures in a row that open the circuit: then only probes are sent.
    pub failure_threshold: u32,
    /// The longest time between two probes; the first ones come sooner.
    pub probe_interval: Duration,
    /// How long calls wait for a recovery; a third of it if the service has never responded. After
    /// that they fail without a request.
    pub open_timeout: Duration,
}

impl Default for CircuitOptions {
    /// A restart of the service takes seconds; a run that waits for longer helps nobody.
    fn default() -> Self {
        Self {
            failure_threshold: 5,
            probe_interval: Duration::from_secs(5),
            open_timeout: Duration::from_secs(30),
        }
    }
}

/// Bounds on what a server may make this program do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one answer.
    pub body: usize,
    /// Workspaces asked for at once (`list_workspaces` allows 1 to 100).
    pub page: u32,
    /// Pages of one listing.
    pub pages: u32,
    /// How often a listing is read that turns out not to be whole.
    pub listings: u32,
    /// How long a scoped token lives; its answer does not say (documented as 20 minutes).
    pub scoped_life: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 8 * 1024 * 1024,
            page: 100,
            pages: 10_000,
            listings: 3,
            scoped_life: Duration::from_mins(20),
        }
    }
}
