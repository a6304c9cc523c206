//! Responsible for slow operations on the disk. They run on a thread of their own, so that the requests of
//! other customers go on meanwhile.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Runs an operation on another thread. A runtime with one thread is that of a test with simulated time,
/// where the order of events must not depend on another thread.
pub(super) async fn run<T: Send + 'static>(
    operation: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<T> {
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        return Ok(operation());
    }
    let result = tokio::task::spawn_blocking(operation).await;
    result.map_err(std::io::Error::other)
}
