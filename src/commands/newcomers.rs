//! Before planning: creations of a run that was cut short are waited for while they are young,
//! because a list may lag and a server may still be at it. Only reads.

use super::remote::Remote;
use crate::events::Event;
use crate::failure::Failure;
use crate::ledger::{Intent, Unsettled, is_unresolved, was_created};
use crate::model::Recorded;
use futures_util::future::try_join_all;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The first pause between two looks; it doubles up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Looks for what unsettled creations made, until each was found or is older than `grace`.
pub(super) async fn await_newcomers(
    remote: &Remote,
    recorded: &Recorded,
    unsettled: &[Unsettled],
    grace: Duration,
) -> Result<(), Failure> {
    let wanting = unsettled.iter().filter(|one| is_unresolved(one, recorded));
    let mut wanted: Vec<(&Unsettled, Instant)> = wanting
        .filter_map(|one| Some((one, Instant::now() + one.left_of(grace)?)))
        .collect();
    let mut pause = PAUSE;
    let mut told = false;
    while let Some(last) = wanted.iter().map(|(_, until)| *until).max() {
        let found = wanted.iter().map(|(one, _)| is_there(remote, one));
        let mut found = try_join_all(found).await?.into_iter();
        wanted.retain(|(_, until)| !found.next().unwrap_or(true) && Instant::now() < *until);
        if wanted.is_empty() {
            break;
        }
        if !told {
            let reason = "at most, for what a run that was cut short may have created";
            let longest = last.saturating_duration_since(Instant::now());
            remote.events.emit(Event::WaitStarted { reason, longest });
            told = true;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Ok(())
}

/// Whether there is nothing to wait for any more.
async fn is_there(remote: &Remote, one: &Unsettled) -> Result<bool, Failure> {
    let Intent::CreateConnector {
        customer,
        workspace_id,
        ..
    } = &one.intent
    else {
        return Ok(true);
    };
    let reader = remote.session.reader();
    let there = reader.connectors(*workspace_id, customer).await?;
    Ok(there.is_none_or(|there| was_created(one, *workspace_id, &there)))
}
