//! The embedded API: a real server on loopback that behaves as Airbyte Agents does, without its cloud.
//!
//! It owns its own copy of the remote's shapes (`schemas/api/agent-api.json`), its own reading of the catalog,
//! and a world that can outlive the process. It imports nothing of the other rooms, so that one mistake cannot
//! hide in both client and server. It calls no provider, keeps no credential and no token on disk, and shows
//! neither.
//!
//! ```text
//! line ─> server ─> contract ─> tokens ─> routes ─> workspaces, connectors, checks, ──> world ─> store
//!           │          └ operation, shape             definitions, templates   └ draft
//!           └ faults, answer, log
//! ```
//!
//! # What it refuses
//!
//! The documents leave much open; where they do, the stricter reading holds: unknown body fields and query
//! parameters are 422, a bearer on the token endpoint is 400, a name that is taken is 400, two selectors of a
//! connector's type are 422, null where nothing documents it is 422, credentials must be those of one auth
//! method, a change replaces the whole replication configuration, and the server adds settings of its own to
//! it. Names of connectors need not be unique. Secrets inside a replication configuration come back masked.
//!
//! # Steering it
//!
//! A credential with `invalid` in it makes checks answer `failed` and executions `error`; `pending-check` and
//! `inconclusive-check` make checks answer so. [`Faults`] plays everything else that can go wrong.
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

mod answer;
mod checks;
mod connectors;
mod contract;
mod definitions;
mod draft;
mod facts;
mod fault_kind;
mod faults;
mod gate;
mod lies;
mod line;
mod log;
mod moment;
mod operation;
mod options;
mod reply;
mod routes;
mod server;
mod shape;
mod snapshot;
mod store;
mod templates;
#[cfg(test)]
mod tests;
mod tokens;
mod view;
mod weather;
mod workspaces;
mod world;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use contract::Contract;
pub use fault_kind::{FaultKind, Lie, RetryAfter};
pub use faults::{Fault, Faults, When};
pub use gate::{Gate, Pass, Wait};
pub use log::{Deed, Effect, Object, Recorded, TokenKind};
pub use options::{ORGANIZATION_ID, Options, SandboxError};
pub use snapshot::Snapshot;
pub use view::{ConnectorView, WorkspaceView, WorldView};

use line::Lines;
use server::Shared;

/// Serves on a bound listener until `shutdown`.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), SandboxError> {
    let shared = assemble(options)?;
    server::run(Lines { listener, door: 0 }, shared, shutdown).await
}

/// Starts a sandbox in this process, on a loopback port of the system's choice.
pub async fn start(options: Options) -> Result<Running, SandboxError> {
    let shared = assemble(options)?;
    let (lines, address) = bind(0).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    // A dropped sender stops the server as a sent word does, so a forgotten sandbox does not linger.
    let shutdown = async move { drop(stopped.await) };
    let task = tokio::spawn(server::run(lines, Arc::clone(&shared), shutdown));
    Ok(Running {
        address,
        shared,
        stop,
        task,
    })
}

/// A loopback port of the system's choice.
async fn bind(door: usize) -> Result<(Lines, SocketAddr), SandboxError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(SandboxError::Listen)?;
    let address = listener.local_addr().map_err(SandboxError::Listen)?;
    Ok((Lines { listener, door }, address))
}

/// A sandbox in this process. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), SandboxError>>,
}

impl Running {
    /// Scheme, host and port: `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Opens another port to the same world, so that the log tells callers apart by
    /// [`Recorded::door`]; its scheme, host and port.
    pub async fn open_door(&self, door: usize) -> Result<String, SandboxError> {
        let (lines, address) = bind(door).await?;
        let told = Arc::clone(&self.shared);
        let shutdown = async move { told.end().await };
        tokio::spawn(server::run(lines, Arc::clone(&self.shared), shutdown));
        Ok(format!("http://{address}"))
    }

    /// The requests so far, oldest first.
    pub fn log(&self) -> Vec<Recorded> {
        self.shared.log.read()
    }

    /// The world as it stands.
    pub fn world(&self) -> WorldView {
        WorldView::of(&self.shared.api(), self.shared.clock.now())
    }

    /// Whether a connector was created with exactly these credentials, in this process.
    pub fn holds_credentials(&self, connector: Uuid, credentials: &serde_json::Value) -> bool {
        let api = self.shared.api();
        api.digests.get(&connector) == Some(&routes::digest(api.salt, credentials))
    }

    /// Changes the faults; requests are counted anew from here on.
    pub fn set_faults(&self, faults: Faults) -> Result<(), SandboxError> {
        faults.check(self.shared.contract)?;
        self.shared.weather.change(faults);
        Ok(())
    }

    /// How many faults were met, as a value to wait on. One that has an effect counts after it.
    pub fn faults_met(&self) -> watch::Receiver<u64> {
        self.shared.met.subscribe()
    }

    /// The world as it stands, to begin other sandboxes with ([`Options::world`]).
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.shared.api())
    }

    /// Keeps and shows the texts of a configuration for which this holds masked from here on,
    /// because whoever embeds the sandbox knows them to be secret.
    pub fn mask(&self, secret: impl Fn(&str) -> bool + Send + Sync + 'static) {
        self.shared.api().secret = routes::Secret(Box::new(secret));
    }

    /// Ends every token that was issued.
    pub fn expire_tokens(&self) {
        self.shared.api().tokens.revoke_all();
    }

    /// Stops and waits until the world is at rest on disk.
    pub async fn stop(self) -> Result<(), SandboxError> {
        drop(self.stop);
        self.task
            .await
            .map_err(|e| SandboxError::Serve(std::io::Error::other(e)))?
    }
}

fn assemble(options: Options) -> Result<Arc<Shared>, SandboxError> {
    let contract = Contract::shared()?;
    options.faults.check(contract)?;
    let clock = moment::Clock::new();
    let (organization, now) = (options.organization_id, clock.now());
    let (store, world) = match (&options.state, &options.world) {
        (Some(path), _) => {
            let (store, world, openings) = store::Store::open(path, organization, now)?;
            (Some((store, openings)), world)
        }
        (None, Some(snapshot)) => (None, snapshot.world()),
        (None, None) => (None, world::World::first_day(organization, now)),
    };
    let (salt, digests) = match &options.world {
        Some(snapshot) => snapshot.credentials(),
        None => (Uuid::new_v4(), BTreeMap::new()),
    };
    let openings = store.as_ref().map_or(0, |(_, openings)| *openings);
    Ok(Arc::new(Shared {
        contract,
        clock,
        weather: weather::Weather::new(options.faults.clone(), options.seed),
        log: log::Log::new(options.log_capacity),
        latency: options.latency,
        gate: options.gate.clone(),
        stopping: watch::Sender::new(false),
        met: watch::Sender::new(0),
        store,
        api: Mutex::new(routes::Api {
            world,
            facts: facts::Facts::shared()?,
            tokens: tokens::Tokens::default(),
            ids: routes::Ids::new(options.seed, openings),
            salt,
            digests,
            secret: routes::Secret(Box::new(|_| false)),
            settings: options,
        }),
    }))
}
