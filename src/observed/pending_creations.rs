//! Responsible for waiting for creation requests of an interrupted run, because the server may still
//! process them and lists may lag. Does not write.

use crate::api::{ApiError, Reader};
use crate::backoff::{Backoff, Limit, Pauses};
use crate::events::{Event, Sink};
use crate::ledger::{Intent, JournalEntry, is_unresolved, was_created};
use crate::model::LedgerState;
use futures_util::future::try_join_all;
use std::time::Duration;
use tokio::time::Instant;

/// Pauses between two reads of the lists.
const PAUSES: Pauses = Pauses {
    first: Duration::from_millis(200),
    factor: 2,
    longest: Duration::from_secs(2),
};

/// Reads the lists until every unresolved creation is listed or older than `settle_timeout`.
pub async fn await_pending_creations(
    reader: &Reader,
    recorded: &LedgerState,
    unsettled: &[JournalEntry],
    settle_timeout: Duration,
    events: &dyn Sink,
) -> Result<(), ApiError> {
    let mut pending: Vec<(&JournalEntry, Instant)> = unsettled
        .iter()
        .filter(|creation| is_unresolved(creation, recorded))
        .filter_map(|creation| Some((creation, Instant::now() + creation.left_of(settle_timeout)?)))
        .collect();
    let mut backoff = Backoff::new(PAUSES, Limit::None);
    let mut announced = false;
    while let Some(last) = pending.iter().map(|(_, until)| *until).max() {
        let reads = pending
            .iter()
            .map(|(creation, _)| is_resolved(reader, creation));
        let mut resolved = try_join_all(reads).await?.into_iter();
        pending.retain(|(_, until)| !resolved.next().unwrap_or(true) && Instant::now() < *until);
        if pending.is_empty() {
            break;
        }
        if !announced {
            let reason = "an interrupted run may have created connectors";
            let longest = last.saturating_duration_since(Instant::now());
            events.emit(Event::WaitStarted { reason, longest });
            announced = true;
        }
        backoff.pause().await;
    }
    Ok(())
}

/// Whether the creation is listed or cannot be listed any more.
async fn is_resolved(reader: &Reader, creation: &JournalEntry) -> Result<bool, ApiError> {
    let Intent::CreateConnector {
        customer,
        workspace_id,
        ..
    } = &creation.intent
    else {
        return Ok(true);
    };
    let listed = match reader.connectors(*workspace_id, customer).await {
        // A later list may succeed. If none does, the plan blocks the customer.
        Err(error) if error.concerns_object() => return Ok(false),
        listed => listed?,
    };
    Ok(listed.is_none_or(|listed| was_created(creation, *workspace_id, &listed)))
}
