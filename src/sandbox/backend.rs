//! Responsible for the state that all operations share. Does not wait, read a clock, or use sockets or files.

use std::collections::HashMap;
use std::fmt;

use uuid::Uuid;

use super::Options;
use super::catalog::{Catalog, stable_id};
use super::consent_store::ConsentStore;
use super::operations::BrowserSession;
use super::testing::CredentialDigests;
use super::tokens::TokenStore;
use super::world::World;

/// The state that all operations share.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) world: World,
    pub(crate) catalog: &'static Catalog,
    pub(crate) tokens: TokenStore,
    pub(crate) consents: ConsentStore,
    pub(crate) sessions: HashMap<Uuid, BrowserSession>,
    pub(crate) settings: Options,
    pub(crate) ids: IdGenerator,
    pub(crate) credential_digests: CredentialDigests,
    /// Decides which texts of a configuration are masked, in addition to those whose key suggests a secret.
    pub(crate) is_secret: SecretPredicate,
}

/// Decides whether a text is secret.
pub(crate) struct SecretPredicate(pub(crate) Box<dyn Fn(&str) -> bool + Send + Sync>);

impl fmt::Debug for SecretPredicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretPredicate")
    }
}

/// Generates ids: random without a seed, and reproducible with one.
#[derive(Debug)]
pub(crate) struct IdGenerator {
    seed: Option<u64>,
    /// How often the world was opened before, so that a restart does not repeat ids.
    openings: u64,
    serial: u64,
}

impl IdGenerator {
    pub(crate) fn new(seed: Option<u64>, openings: u64) -> Self {
        Self {
            seed,
            openings,
            serial: 0,
        }
    }

    pub(crate) fn next_id(&mut self) -> Uuid {
        let Some(seed) = self.seed else {
            return Uuid::new_v4();
        };
        self.serial += 1;
        stable_id(
            "seeded",
            &format!("{seed} {} {}", self.openings, self.serial),
        )
    }
}
