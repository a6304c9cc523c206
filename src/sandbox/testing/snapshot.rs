//! Responsible for copies of a world, so that many tests can start from the same world.

use std::fmt;
use std::sync::Arc;

use super::credential_digests::CredentialDigests;
use crate::sandbox::Options;
use crate::sandbox::backend::Backend;
use crate::sandbox::world::{World, WorldChange};

/// A copy of a world and its credential digests. Clones share the data.
#[derive(Clone)]
pub struct Snapshot(Arc<Contents>);

struct Contents {
    objects: Vec<WorldChange>,
    credential_digests: CredentialDigests,
}

impl Snapshot {
    pub(crate) fn new(backend: &Backend) -> Self {
        Self(Arc::new(Contents {
            objects: backend.world.as_changes(),
            credential_digests: backend.credential_digests.clone(),
        }))
    }

    pub(crate) fn credential_digests(&self) -> CredentialDigests {
        self.0.credential_digests.clone()
    }

    fn world(&self) -> World {
        let mut world = World::default();
        for object in &self.0.objects {
            world.apply(object.clone());
        }
        let _already_persisted = world.take_changes();
        world
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot({} objects)", self.0.objects.len())
    }
}

/// The initial world that a test set.
pub(crate) fn initial_world(options: &Options) -> Option<World> {
    options.testing.world.as_ref().map(Snapshot::world)
}
