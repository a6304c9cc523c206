//! Responsible for the state behind all operations. Does not wait, read a clock, or touch a socket or file.

use std::fmt;

use uuid::Uuid;

use super::Options;
use super::catalog::{Catalog, stable_id};
use super::testing::CredentialDigests;
use super::tokens::TokenStore;
use super::world::World;

/// The state behind all operations.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) world: World,
    pub(crate) catalog: &'static Catalog,
    pub(crate) tokens: TokenStore,
    pub(crate) settings: Options,
    pub(crate) ids: IdGenerator,
    pub(crate) credential_digests: CredentialDigests,
    /// Decides which texts of a configuration are secret, besides those under a key that says so.
    pub(crate) is_secret: SecretPredicate,
}

/// Decides whether a text is secret.
pub(crate) struct SecretPredicate(pub(crate) Box<dyn Fn(&str) -> bool + Send + Sync>);

impl fmt::Debug for SecretPredicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretPredicate")
    }
}

/// Generates ids: random, or the same in every run with the same seed.
#[derive(Debug)]
pub(crate) struct IdGenerator {
    seed: Option<u64>,
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
