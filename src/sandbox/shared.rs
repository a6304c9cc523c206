//! Responsible for the state that all requests of a sandbox share, and for writing changes of the world to disk.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::SandboxError;
use super::backend::Backend;
use super::contract::ApiContract;
use super::fault_injector::FaultInjector;
use super::testing::Instruments;
use super::timestamp::Clock;
use super::world_store::WorldStore;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) backend: Mutex<Backend>,
    pub(crate) contract: &'static ApiContract,
    pub(crate) clock: Clock,
    /// The files of the world, and how often they were opened before.
    pub(crate) store: Option<(WorldStore, u64)>,
    pub(crate) fault_injector: FaultInjector,
    #[cfg_attr(
        not(feature = "testing"),
        expect(dead_code, reason = "only the instruments of tests read it")
    )]
    pub(crate) instruments: Instruments,
    pub(crate) latency: Duration,
    pub(crate) stopping: watch::Sender<bool>,
    /// Whether the server ends without writing a snapshot of the world.
    pub(crate) skips_snapshot: AtomicBool,
}

impl Shared {
    pub(crate) fn backend(&self) -> MutexGuard<'_, Backend> {
        self.backend.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the changes of the world to disk.
    pub(crate) fn persist(&self) -> Result<(), SandboxError> {
        let Some((store, openings)) = &self.store else {
            let _in_memory_only = self.backend().world.take_changes();
            return Ok(());
        };
        store.append(|| self.backend().world.take_changes())?;
        if store.is_due() {
            store.compact(|| self.backend().world.as_changes(), *openings)
        } else {
            Ok(())
        }
    }

    /// Completes when the sandbox stops.
    pub(crate) async fn stopped(&self) {
        let mut stopping = self.stopping.subscribe();
        let _sender_lives_in_self = stopping.wait_for(|stop| *stop).await;
    }
}
