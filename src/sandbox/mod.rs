//! Responsible for the embedded API: a server on loopback that behaves as Airbyte Agents does, without its cloud.
//!
//! The sandbox has its own copy of the API's specification (`schemas/api/agent-api.json`), its own reading of the
//! catalog, and a world that can outlive the process. It imports no other module, so that one mistake cannot hide
//! in both client and server. It calls no provider, and never writes or shows a credential or a token.
//!
//! ```text
//! connection ─> server ─> contract ─> execution ─> operations ─> world ─> world_store
//!                 ├ fault_injector      └ tokens     └ connector_request
//!                 └ response
//! ```
//!
//! # What it refuses
//!
//! Where the documents leave a choice, the stricter reading holds: unknown body fields and query
//! parameters are 422, a bearer on the token endpoint is 400, a name that is taken is 400, two selectors of a
//! connector's type are 422, null where nothing documents it is 422, credentials must be those of one auth
//! method, a change replaces the whole replication configuration, and the server adds settings of its own to
//! it. Names of connectors need not be unique. Secrets inside a replication configuration come back masked.
//!
//! # Steering it
//!
//! A credential with `invalid` in it makes checks return `failed` and executions `error`. With `pending-check` or
//! `inconclusive-check` in it, checks return `pending` or `inconclusive`. [`Faults`] causes everything else that
//! can go wrong.
//!
//! # The vendor's SDK
//!
//! airbyte-agent-sdk finds it through `SDK_DEV_ADP_API_HOST` (scheme and host; read by 0.1.98 and 0.1.380).
//! It sends `X-ADP-Agent-SDK` on every request, which is ignored as any unknown header is, and
//! `X-Organization-Id` when it knows one, on the token call, too. It creates with an application token,
//! `definition_id` and `workspace_name` (0.1.98), and executes with `params: null` where there are none
//! (0.1.98), which is taken as absent. It writes five settings that are lists today as text (0.1.98, among them
//! github's `repositories`), so text passes where a list is meant. Two things it could send are refused: a
//! `source_template_id` beside the `definition_id`, since the documents ask for exactly one selector, and
//! greenhouse's `api_key` (0.1.98), which the current definition no longer knows.

mod backend;
mod catalog;
mod connection;
mod contract;
mod execution;
mod fault_injector;
mod fault_kind;
mod faults;
mod inconsistent;
mod operation;
mod operation_request;
mod operation_result;
mod operations;
mod options;
mod response;
mod schema;
mod server;
mod shared;
#[doc(hidden)]
pub mod testing;
#[cfg(test)]
mod tests;
mod timestamp;
mod tokens;
mod world;
mod world_store;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use contract::ApiContract;
pub use fault_kind::{FaultKind, InconsistentResponse, RetryAfter};
pub use faults::{Fault, Faults, When};
pub use options::{ORGANIZATION_ID, Options, SandboxError};

use backend::{Backend, IdGenerator, SecretPredicate};
use catalog::Catalog;
use connection::ConnectionListener;
use fault_injector::FaultInjector;
use shared::Shared;
use testing::{CredentialDigests, Instruments, initial_world};
use timestamp::Clock;
use tokens::TokenStore;
use world::World;
use world_store::WorldStore;

/// Serves on a bound listener until `shutdown`.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), SandboxError> {
    let shared = assemble(options)?;
    let listener = ConnectionListener {
        listener,
        number: 0,
    };
    server::run(listener, shared, shutdown).await
}

/// Starts a sandbox in this process, on a loopback port of the system's choice.
pub async fn start(options: Options) -> Result<Sandbox, SandboxError> {
    let shared = assemble(options)?;
    let (listener, address) = bind(0).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    // Dropping the sender stops the server, so a sandbox does not outlive its owner.
    let shutdown = async move { drop(stopped.await) };
    let task = tokio::spawn(server::run(listener, Arc::clone(&shared), shutdown));
    Ok(Sandbox {
        address,
        shared,
        stop,
        task,
    })
}

/// A loopback port of the system's choice.
async fn bind(number: usize) -> Result<(ConnectionListener, SocketAddr), SandboxError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(SandboxError::Listen)?;
    let address = listener.local_addr().map_err(SandboxError::Listen)?;
    Ok((ConnectionListener { listener, number }, address))
}

/// A sandbox in this process. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), SandboxError>>,
}

impl Sandbox {
    /// Scheme, host and port: `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Masks the texts of configurations for which `is_secret` holds, from here on, because the owner of the
    /// sandbox knows that they are secret.
    pub fn mask(&self, is_secret: impl Fn(&str) -> bool + Send + Sync + 'static) {
        self.shared.backend().is_secret = SecretPredicate(Box::new(is_secret));
    }

    /// Stops, and waits until the world is on disk.
    pub async fn stop(self) -> Result<(), SandboxError> {
        drop(self.stop);
        self.task
            .await
            .map_err(|e| SandboxError::Serve(std::io::Error::other(e)))?
    }
}

fn assemble(options: Options) -> Result<Arc<Shared>, SandboxError> {
    let contract = ApiContract::shared()?;
    options.faults.check(contract)?;
    let clock = Clock::new();
    let (organization, now) = (options.organization_id, clock.now());
    let (store, world) = if let Some(path) = &options.state {
        let (store, world, openings) = WorldStore::open(path, organization, now)?;
        (Some((store, openings)), world)
    } else {
        let world = initial_world(&options)
            .unwrap_or_else(|| World::with_default_workspace(organization, now));
        (None, world)
    };
    let openings = store.as_ref().map_or(0, |(_, openings)| *openings);
    Ok(Arc::new(Shared {
        contract,
        clock,
        fault_injector: FaultInjector::new(options.faults.clone(), options.seed),
        instruments: Instruments::new(&options),
        latency: options.latency,
        stopping: tokio::sync::watch::Sender::new(false),
        store,
        backend: Mutex::new(Backend {
            world,
            catalog: Catalog::shared()?,
            tokens: TokenStore::default(),
            ids: IdGenerator::new(options.seed, openings),
            credential_digests: CredentialDigests::new(&options),
            is_secret: SecretPredicate(Box::new(|_| false)),
            settings: options,
        }),
    }))
}
