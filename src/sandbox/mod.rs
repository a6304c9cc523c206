//! Responsible for the embedded API: a loopback server with the API of Airbyte Agents, for tests and first tries.
//!
//! The sandbox has its own copy of the API's specification (`schemas/api/agent-api.json`), its own parser of the
//! catalog, and a world (the workspaces, connectors and templates) that can be kept in a file. It imports no
//! module but `files`, so that client and server cannot share a mistake. It calls no provider. It never writes or shows a
//! credential or a token.
//!
//! ```text
//! connection ─> server ─> contract ─> execution ─> operations ─> world ─> world_store
//!                 ├ origin_check
//!                 ├ consent_page, widget_page
//!                 ├ fault_injector      └ tokens     └ connector_request
//!                 │   └ request_customer
//!                 └ response
//! ```
//!
//! # Strictness
//!
//! Where the API's documents are ambiguous, the sandbox implements the stricter reading:
//!
//! | request | result |
//! |---|---|
//! | unknown body field or query parameter | 422 |
//! | bearer on the token endpoint | 400 |
//! | workspace name that exists | 400 |
//! | two selectors of a connector's type | 422 |
//! | null where the documents do not define it | 422 |
//! | credentials that do not belong to one auth method | 400 |
//! | consent for a slug in the place of a display name | 404 |
//! | consent without a source template of the organization | 400 |
//! | redirect URL with http, except to loopback | 422 |
//! | OAuth app with a field that the catalog does not list | 422 |
//!
//! An update replaces the whole replication configuration. The sandbox adds settings of its own to it and masks
//! the secrets in it. [`SettingsBehavior`] makes it return settings in another form, or ignore one. Connectors of one workspace may have the same name.
//!
//! # Control by credentials
//!
//! A credential that contains `invalid` makes checks return `failed` and executions return `error`. A credential
//! that contains `pending-check` or `inconclusive-check` makes checks return `pending` or `inconclusive`.
//! [`Faults`] injects all other failures.
//!
//! # Safety
//!
//! The server accepts requests for loopback names only, so that a web page in the user's browser cannot use it
//! (`origin_check`). The world's files can be below a checkout, so `world_store` follows no link.
//!
//! # The vendor's SDK
//!
//! airbyte-agent-sdk works with the sandbox. `SDK_DEV_ADP_API_HOST` sets scheme and host (0.1.98 and 0.1.380).
//!
//! - It sends `X-ADP-Agent-SDK` on every request. The sandbox ignores the header, as it ignores unknown headers.
//! - It sends `X-Organization-Id` if it knows the organization, also on the token request.
//! - It creates connectors with an application token, `definition_id` and `workspace_name` (0.1.98).
//! - It executes with `params: null` if there are no parameters (0.1.98). The sandbox treats this as absent.
//! - It writes five list settings as text (0.1.98), for example github's `repositories`. The sandbox accepts text
//!   for lists.
//!
//! The sandbox rejects two requests that the SDK can send: a `source_template_id` next to the `definition_id`,
//! because the documents require exactly one selector, and greenhouse's `api_key` (0.1.98), because the current
//! definition does not have this field.

mod backend;
mod catalog;
mod connection;
mod consent_page;
mod consent_store;
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
mod organization_objects;
mod origin_check;
mod request_customer;
mod response;
mod schema;
mod server;
mod settings_behavior;
mod shared;
#[doc(hidden)]
pub mod testing;
#[cfg(test)]
mod tests;
mod timestamp;
mod tokens;
mod widget_page;
mod world;
mod world_store;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use contract::ApiContract;
#[cfg(feature = "testing")]
pub use fault_kind::FaultKind;
pub use faults::Faults;
#[cfg(feature = "testing")]
pub use faults::{Fault, When};
#[cfg(feature = "testing")]
pub use options::ORGANIZATION_ID;
pub use options::{Options, SandboxError, StateFile};
#[cfg(feature = "testing")]
pub use settings_behavior::SettingsBehavior;

use backend::{Backend, IdGenerator, SecretPredicate};
use catalog::Catalog;
use connection::ConnectionListener;
use consent_store::ConsentStore;
use fault_injector::FaultInjector;
use shared::Shared;
use testing::{CredentialDigests, Instruments, initial_world};
use timestamp::Clock;
use tokens::TokenStore;
use world::World;
use world_store::WorldStore;

/// Serves on a bound listener until `shutdown` completes.
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

/// Starts a sandbox in this process, on a free loopback port.
pub async fn start(options: Options) -> Result<Sandbox, SandboxError> {
    let shared = assemble(options)?;
    let (listener, address) = bind(0).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let dropped = Arc::clone(&shared);
    // Dropping the sender stops the server, so that the server ends with its `Sandbox`. The process may be about to
    // exit then, and a snapshot would not be complete. The journal contains every change.
    let shutdown = async move {
        if stopped.await.is_err() {
            dropped.skips_snapshot.store(true, Ordering::Relaxed);
        }
    };
    let task = tokio::spawn(server::run(listener, Arc::clone(&shared), shutdown));
    Ok(Sandbox {
        address,
        shared,
        stop,
        task,
    })
}

/// Listens on a free loopback port.
async fn bind(number: usize) -> Result<(ConnectionListener, SocketAddr), SandboxError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(SandboxError::Listen)?;
    let address = listener.local_addr().map_err(SandboxError::Listen)?;
    Ok((ConnectionListener { listener, number }, address))
}

/// A running sandbox. Dropping it stops the server without waiting.
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

    /// Masks every text in later configurations for which `is_secret` returns true. The caller knows the secrets
    /// of the project; the sandbox knows only key names that suggest one.
    pub fn mask(&self, is_secret: impl Fn(&str) -> bool + Send + Sync + 'static) {
        self.shared.backend().is_secret = SecretPredicate(Box::new(is_secret));
    }

    /// Stops the server and waits until the world is on disk.
    pub async fn stop(self) -> Result<(), SandboxError> {
        let _task_may_have_ended = self.stop.send(());
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
    let (store, world) = if let Some(state) = &options.state {
        let (store, world, openings) = WorldStore::open(state, organization, now)?;
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
        skips_snapshot: AtomicBool::new(false),
        store,
        backend: Mutex::new(Backend {
            world,
            catalog: Catalog::shared()?,
            tokens: TokenStore::default(),
            consents: ConsentStore::default(),
            sessions: HashMap::new(),
            ids: IdGenerator::new(options.seed, openings),
            credential_digests: CredentialDigests::new(&options),
            is_secret: SecretPredicate(Box::new(|_| false)),
            settings: options,
        }),
    }))
}
