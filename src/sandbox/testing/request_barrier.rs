//! Responsible for holding requests until a test lets them go on, so that tests can put two runs in every order.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::request_log::RequestRecord;

/// What a request gets when it may go on. It is dropped once the response is ready, or never will be.
pub type BarrierPermit = Box<dyn Any + Send>;
/// The wait of a request for its permit.
pub type BarrierWait = Pin<Box<dyn Future<Output = BarrierPermit> + Send>>;

/// Decides when each request may go on.
#[derive(Clone)]
pub struct RequestBarrier(Arc<dyn Fn(&RequestRecord) -> BarrierWait + Send + Sync>);

impl RequestBarrier {
    /// A barrier that calls `wait` for each request when it arrives.
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
