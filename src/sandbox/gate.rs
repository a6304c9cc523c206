//! Where requests wait for their turn, for tests that put two runs in every order.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::log::Recorded;

/// What the gate gives a request that may go on: dropped once its answer is ready, or it never will be.
pub type Pass = Box<dyn Any + Send>;
/// A request's wait.
pub type Wait = Pin<Box<dyn Future<Output = Pass> + Send>>;

/// Decides when each request may go on.
#[derive(Clone)]
pub struct Gate(Arc<dyn Fn(&Recorded) -> Wait + Send + Sync>);

impl Gate {
    /// A gate that asks `wait` about each request as it comes.
    pub fn new(wait: impl Fn(&Recorded) -> Wait + Send + Sync + 'static) -> Self {
        Self(Arc::new(wait))
    }

    /// What this request waits for.
    pub(crate) fn wait(&self, recorded: &Recorded) -> Wait {
        (self.0)(recorded)
    }
}

/// There is nothing in it to show.
impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}
