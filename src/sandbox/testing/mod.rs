//! Responsible for the instruments with which tests observe and control a sandbox: request log, view of the world,
//! request barrier, snapshots, credential digests, and checks against the contract.
//!
//! They require the Cargo feature `testing`, which the tests enable. Other builds use `absent` instead.

#[cfg(not(feature = "testing"))]
mod absent;
#[cfg(feature = "testing")]
mod contract_checks;
#[cfg(feature = "testing")]
mod credential_digests;
#[cfg(feature = "testing")]
mod inspect;
#[cfg(feature = "testing")]
mod instruments;
#[cfg(feature = "testing")]
mod request_barrier;
#[cfg(feature = "testing")]
mod request_log;
#[cfg(feature = "testing")]
mod running;
#[cfg(feature = "testing")]
mod snapshot;
#[cfg(feature = "testing")]
mod trace;

#[cfg(not(feature = "testing"))]
pub(crate) use absent::{CredentialDigests, Instruments, RequestTrace, initial_world};
#[cfg(feature = "testing")]
pub(crate) use {
    credential_digests::CredentialDigests, instruments::Instruments, snapshot::initial_world,
    trace::RequestTrace,
};

#[cfg(feature = "testing")]
pub use {
    inspect::{ConnectorView, WorkspaceView, WorldView},
    instruments::TestOptions,
    request_barrier::{BarrierPermit, BarrierWait, RequestBarrier},
    request_log::{Mutation, Object, RecordedEffect, RequestRecord, TokenKind},
    snapshot::Snapshot,
};
