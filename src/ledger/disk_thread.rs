//! Responsible for slow operations on the disk. They run on a thread of their own, so that the requests of
//! other customers go on meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::{Handle, RuntimeFlavor};

/// Whether operations run on another thread although the runtime has one thread only. Off in tests with
/// simulated time, where the order of events must not depend on another thread.
static IS_USED: AtomicBool = AtomicBool::new(false);

/// Lets operations run on another thread from now on.
pub(crate) fn use_disk_thread() {
    IS_USED.store(true, Ordering::Relaxed);
}

/// Runs an operation on another thread, or on this one in such a test.
pub(super) async fn run<T: Send + 'static>(
    operation: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<T> {
    let has_one_thread = Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread;
    if has_one_thread && !IS_USED.load(Ordering::Relaxed) {
        return Ok(operation());
    }
    let result = tokio::task::spawn_blocking(operation).await;
    result.map_err(std::io::Error::other)
}
