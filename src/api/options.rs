//! Responsible for the options of a session and their defaults. Does not read flags, the environment
//! or files.

use crate::events::{Event, Sink};
use crate::model::{Contract, OrganizationId};
use std::sync::Arc;
use std::time::Duration;

/// The options of a session. Without `Debug`, because the address of a proxy may contain a password.
#[derive(Clone, Default)]
pub struct Options {
    /// The organization of the run. A token of another organization is rejected.
    pub organization_id: Option<OrganizationId>,
    /// The field names that the API uses.
    pub contract: Contract,
    /// The token that is sent to create a connector.
    pub connector_token: ConnectorToken,
    /// Certificates as PEM that are trusted in addition to those of the system.
    pub ca_pem: Option<Vec<u8>>,
    /// A proxy for HTTPS. Proxies of the environment are ignored, because anyone who can set a
    /// variable on a runner could otherwise intercept requests.
    pub proxy: Option<String>,
    /// The deadlines of an attempt.
    pub timeouts: Timeouts,
    /// How calls are retried.
    pub retry: RetryPolicy,
    /// How many calls are sent at a time and per second.
    pub load: Load,
    /// When the circuit breaker opens, and for how long.
    pub circuit: CircuitOptions,
    /// The limits on responses.
    pub limits: Limits,
    /// Receives each request, and each wait of more than a second.
    pub events: Option<Arc<dyn Sink>>,
}

impl Options {
    pub(super) fn emit(&self, event: Event<'_>) {
        if let Some(sink) = &self.events {
            sink.emit(event);
        }
    }
}

/// The token of `create_integrations_connectors`. Airbyte's documents contradict each other.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ConnectorToken {
    /// The customer's token, as the hosted-authentication guide says.
    #[default]
    Scoped,
    /// The organization's token, as the specification says.
    Application,
}

/// Deadlines of one attempt.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Until the connection is established.
    pub connect: Duration,
    /// Between two parts of a response body.
    pub idle: Duration,
    /// From the first byte sent to the last byte read.
    pub attempt: Duration,
    /// The same for creating, checking and deleting, which take long on the server.
    pub create: Duration,
}

impl Default for Timeouts {
    /// Airbyte's own clients wait between 30 s and 300 s, so responses can be slow.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            attempt: Duration::from_mins(1),
            create: Duration::from_mins(2),
        }
    }
}

/// How calls are retried.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// The largest number of attempts of one call, including the first one.
    pub attempts: u32,
    /// The upper bound of the first pause. It doubles with each attempt.
    pub base: Duration,
    /// The longest pause, unless the server asks for more.
    pub cap: Duration,
    /// The longest time of `Retry-After` that is respected.
    pub retry_after_cap: Duration,
    /// The longest time of one call, with all attempts and pauses.
    pub total: Duration,
    /// The retry budget at the start of a session, for isolated failures.
    pub initial_budget: u32,
    /// The largest retry budget. Each response adds half a retry and an outage adds nothing, so that
    /// a run sends few retries during an outage.
    pub max_budget: u32,
}

impl Default for RetryPolicy {
    /// If one request in five fails, six attempts let a plan with a thousand reads succeed. The
    /// retry budget of the session, not the number of attempts, limits retries during an outage.
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

/// How many calls are sent.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// The largest number of requests at a time. The adaptive limits of reads and of writes may be
    /// lower.
    pub parallelism: usize,
    /// The largest number of requests per second.
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
    /// The number of failures in a row that opens the circuit. Then only probes are sent.
    pub failure_threshold: u32,
    /// The longest time between two probes. The first ones come sooner.
    pub probe_interval: Duration,
    /// How long calls wait for a recovery. If the service has never responded, they wait a third of
    /// it. After that, calls fail without a request.
    pub open_timeout: Duration,
}

impl Default for CircuitOptions {
    /// A restart of the service takes seconds. A longer outage is better reported than waited for.
    fn default() -> Self {
        Self {
            failure_threshold: 5,
            probe_interval: Duration::from_secs(5),
            open_timeout: Duration::from_secs(30),
        }
    }
}

/// Limits on responses, so that a server cannot exhaust memory or time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body in bytes.
    pub body: usize,
    /// Workspaces per page (`list_workspaces` allows 1 to 100).
    pub page: u32,
    /// The largest number of rows of a listing, whatever count the statistics give. Each row takes
    /// about 200 bytes, so that the list takes up to 100 MB.
    pub rows: usize,
    /// The largest size of the texts of a listing in bytes, so that long names cannot fill the memory. 500,000 names
    /// have 128 bytes each.
    pub text: usize,
    /// How often a listing is read if it is incomplete or does not end.
    pub listings: u32,
    /// The lifetime of a scoped token, which the response does not contain (documented as 20
    /// minutes).
    pub scoped_life: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 8 * 1024 * 1024,
            page: 100,
            rows: 500_000,
            text: 64 * 1024 * 1024,
            listings: 3,
            scoped_life: Duration::from_mins(20),
        }
    }
}
