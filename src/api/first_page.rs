//! Responsible for requesting the first page of workspaces before its listing starts, so that the ledger is read while
//! the page is under way.
//!
//! The listing decodes the page. The texts of the ledger, which responses may show, are known by then.

use super::success::Success;
use super::{ApiError, Reader, request};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// A page that was requested longer ago is requested again, because workspaces may have been created since.
const RECENT: Duration = Duration::from_secs(5);

/// The first page of workspaces, while it is under way. Ends the request when it is dropped.
pub struct FirstPage {
    requested: Instant,
    task: JoinSet<Result<Success, ApiError>>,
}

impl fmt::Debug for FirstPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstPage")
    }
}

impl Reader {
    /// Requests the first page of all workspaces (`list_workspaces`). Needs a Tokio runtime.
    pub fn request_first_page(&self) -> FirstPage {
        let client = Arc::clone(&self.client);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let request = request::list_workspaces(client.options.limits.page, None, None);
            client.as_application(&request).await
        });
        FirstPage {
            requested: Instant::now(),
            task,
        }
    }
}

impl FirstPage {
    /// The response. `None` if it is not recent, or if the task was ended from outside, as when the runtime shuts down.
    pub(super) async fn response(mut self) -> Option<Result<Success, ApiError>> {
        if self.requested.elapsed() > RECENT {
            return None;
        }
        match self.task.join_next().await? {
            Ok(response) => Some(response),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => None,
        }
    }
}
