//! Responsible for the methods of [`Sandbox`] that only tests call.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

use super::inspect::WorldView;
use super::request_log::RequestRecord;
use super::snapshot::Snapshot;
use crate::sandbox::{Faults, Sandbox, SandboxError, bind, server};

impl Sandbox {
    /// Opens another port to the same world and returns its origin. [`RequestRecord::listener`] then distinguishes
    /// clients.
    pub async fn open_listener(&self, number: usize) -> Result<String, SandboxError> {
        let (listener, address) = bind(number).await?;
        let shared = Arc::clone(&self.shared);
        let shutdown = async move { shared.stopped().await };
        tokio::spawn(server::run(listener, Arc::clone(&self.shared), shutdown));
        Ok(format!("http://{address}"))
    }

    /// The requests so far, oldest first.
    pub fn log(&self) -> Vec<RequestRecord> {
        self.shared.instruments.log.read()
    }

    /// The current world.
    pub fn world(&self) -> WorldView {
        WorldView::new(&self.shared.backend(), self.shared.clock.now())
    }

    /// Whether this sandbox created the connector with exactly these credentials.
    pub fn holds_credentials(&self, connector: Uuid, credentials: &Value) -> bool {
        self.shared
            .backend()
            .credential_digests
            .matches(connector, credentials)
    }

    /// Replaces the faults and resets their counts.
    pub fn set_faults(&self, faults: Faults) -> Result<(), SandboxError> {
        faults.check(self.shared.contract)?;
        self.shared.fault_injector.change(faults);
        Ok(())
    }

    /// The number of faults so far, as a value to wait for. A fault after the request's effect counts after the
    /// effect.
    pub fn faults_met(&self) -> watch::Receiver<u64> {
        self.shared.instruments.faults_met.subscribe()
    }

    /// A copy of the world for other sandboxes ([`TestOptions::world`](super::TestOptions::world)).
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(&self.shared.backend())
    }

    /// Revokes every token.
    pub fn expire_tokens(&self) {
        self.shared.backend().tokens.revoke_all();
    }
}
