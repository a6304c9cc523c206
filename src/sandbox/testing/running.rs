//! Responsible for the methods of a running sandbox that only tests call.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

use super::inspect::WorldView;
use super::request_log::RequestRecord;
use super::snapshot::Snapshot;
use crate::sandbox::{Faults, Sandbox, SandboxError, bind, server};

impl Sandbox {
    /// Opens another port to the same world, so that the log tells callers apart by
    /// [`RequestRecord::listener`]. Returns its scheme, host and port.
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

    /// Whether a connector was created with exactly these credentials, in this process.
    pub fn holds_credentials(&self, connector: Uuid, credentials: &Value) -> bool {
        self.shared
            .backend()
            .credential_digests
            .matches(connector, credentials)
    }

    /// Changes the faults, and counts requests from zero.
    pub fn set_faults(&self, faults: Faults) -> Result<(), SandboxError> {
        faults.check(self.shared.contract)?;
        self.shared.fault_injector.change(faults);
        Ok(())
    }

    /// How many faults were met, as a value to wait on. A fault with an effect counts after its effect.
    pub fn faults_met(&self) -> watch::Receiver<u64> {
        self.shared.instruments.faults_met.subscribe()
    }

    /// The current world, to begin other sandboxes with ([`TestOptions::world`](super::TestOptions::world)).
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(&self.shared.backend())
    }

    /// Ends every token that was issued.
    pub fn expire_tokens(&self) {
        self.shared.backend().tokens.revoke_all();
    }
}
