//! Responsible for holding requests until a test releases them, so that a test controls the order of concurrent runs.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::request_log::RequestRecord;

/// The permit to execute a request. The server drops it when the response is ready, or when the client disconnects.
pub type BarrierPermit = Box<dyn Any + Send>;
/// The wait for a permit.
pub type BarrierWait = Pin<Box<dyn Future<Output = BarrierPermit> + Send>>;

/// Decides when each request may be executed.
#[derive(Clone)]
pub struct RequestBarrier(Arc<dyn Fn(&RequestRecord) -> BarrierWait + Send + Sync>);

impl RequestBarrier {
    /// A barrier that calls `wait` on the arrival of each request.
    pub fn new(wait: impl Fn(&RequestRecord) -> BarrierWait + Send + Sync + 'static) -> Self {
        Self(Arc::new(wait))
    }

    pub(crate) fn wait(&self, record: &RequestRecord) -> BarrierWait {
        (self.0)(record)
    }
}

impl fmt::Debug for RequestBarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestBarrier")
    }
}
