//! The nouns that every room shares: names, ids, settings, secrets, and the three states
//! (desired, observed, recorded) that a plan compares.
//!
//! Owns the types and their invariants. Refuses I/O, clocks, randomness and `async`.

mod action;
mod address;
mod body;
mod desired;
mod disguise;
mod evidence;
mod id;
mod observed;
mod probe;
mod recorded;
mod resolved;
mod secret;
mod secret_buffer;
mod setting;
mod spelling;

pub use action::{Action, Outcome};
pub use address::{Address, AddressError};
pub use body::{ConnectorBody, CustomerPatch};
pub use desired::{
    Cache, Contract, Desired, DesiredConnector, DesiredCustomer, Entity, Guards, Kind, Mode,
    Region, Rotation, Status,
};
pub use disguise::{is_mask, looks_secret, names_secret};
pub use evidence::{Evidence, Freshness, WhyUnverified};
pub use id::{ConnectorId, DefinitionId, OrganizationId, TemplateId, WorkspaceId};
pub use observed::{
    Completeness, KindLookup, Observed, ObservedConnector, ObservedCustomer, ObservedDetail,
    ObservedStatus,
};
pub use probe::{Health, Probe};
pub use recorded::{Applied, AppliedCustomer, Recorded, RecordedConnector, RecordedCustomer, Sent};
pub use resolved::Resolved;
pub use secret::{SecretRef, SecretRefError, SecretValue};
pub(crate) use secret_buffer::SecretBuffer;
pub use setting::{Setting, Settings};
pub use spelling::{DEFAULT_STORES, FieldsForm, STORES, is_alias, is_store, misspelt, vault_path};
