//! A world to begin with, taken from a running sandbox: for tests that try many things from one start.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::routes::Api;
use super::world::{Change, World};

/// A world as it stood, with what is remembered of credentials. Cheap to copy.
#[derive(Clone)]
pub struct Snapshot(Arc<Kept>);

struct Kept {
    objects: Vec<Change>,
    salt: Uuid,
    digests: BTreeMap<Uuid, [u8; 32]>,
}

impl Snapshot {
    pub(crate) fn of(api: &Api) -> Self {
        Self(Arc::new(Kept {
            objects: api.world.as_changes(),
            salt: api.salt,
            digests: api.digests.clone(),
        }))
    }

    pub(crate) fn world(&self) -> World {
        let mut world = World::default();
        self.0
            .objects
            .iter()
            .cloned()
            .for_each(|one| world.apply(one));
        let _already_known = world.take_changes();
        world
    }

    /// Salt and digests.
    pub(crate) fn credentials(&self) -> (Uuid, BTreeMap<Uuid, [u8; 32]>) {
        (self.0.salt, self.0.digests.clone())
    }
}

/// Without what is remembered of credentials.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a world of {} objects", self.0.objects.len())
    }
}
