//! Responsible for creations of a run that was cut short: they are waited for while they are young,
//! because a list may lag and a server may still be at it. Only reads.

use crate::api::{ApiError, Reader};
use crate::backoff::{Backoff, Limit, Pauses};
use crate::events::{Event, Sink};
use crate::ledger::{Intent, Unsettled, is_unresolved, was_created};
use crate::model::Recorded;
use futures_util::future::try_join_all;
use std::time::Duration;
use tokio::time::Instant;

/// The pauses between two reads.
const PAUSES: Pauses = Pauses {
    first: Duration::from_millis(200),
    factor: 2,
    longest: Duration::from_secs(2),
};

/// Reads what unsettled creations made, until each was found or is older than `grace`.
pub async fn await_pending_creations(
    reader: &Reader,
    recorded: &Recorded,
    unsettled: &[Unsettled],
    grace: Duration,
    events: &dyn Sink,
) -> Result<(), ApiError> {
    let mut pending: Vec<(&Unsettled, Instant)> = unsettled
        .iter()
        .filter(|creation| is_unresolved(creation, recorded))
        .filter_map(|creation| Some((creation, Instant::now() + creation.left_of(grace)?)))
        .collect();
    let mut backoff = Backoff::new(PAUSES, Limit::None);
    let mut announced = false;
    while let Some(last) = pending.iter().map(|(_, until)| *until).max() {
        let reads = pending
            .iter()
            .map(|(creation, _)| is_over(reader, creation));
        let mut over = try_join_all(reads).await?.into_iter();
        pending.retain(|(_, until)| !over.next().unwrap_or(true) && Instant::now() < *until);
        if pending.is_empty() {
            break;
        }
        if !announced {
            let reason = "at most, for what a run that was cut short may have created";
            let longest = last.saturating_duration_since(Instant::now());
            events.emit(Event::WaitStarted { reason, longest });
            announced = true;
        }
        backoff.pause().await;
    }
    Ok(())
}

/// Whether there is nothing to wait for any more.
async fn is_over(reader: &Reader, creation: &Unsettled) -> Result<bool, ApiError> {
    let Intent::CreateConnector {
        customer,
        workspace_id,
        ..
    } = &creation.intent
    else {
        return Ok(true);
    };
    let listed = reader.connectors(*workspace_id, customer).await?;
    Ok(listed.is_none_or(|listed| was_created(creation, *workspace_id, &listed)))
}
