//! What the API's reading, and waiting for it, look like while they last.

use crate::api::OnWait;
use crate::observed::ReadEvent;
use crate::render::Progress;
use std::sync::{Arc, Mutex, PoisonError};

/// Feeds reading events into a progress display.
pub(super) fn reading(progress: &Progress) -> impl Fn(ReadEvent) + Sync + '_ {
    let shown: Mutex<(&str, usize)> = Mutex::new(("", 0));
    move |event| {
        let (phase, done, total) = match event {
            ReadEvent::Workspaces(done) => ("Listing customers", done, None),
            ReadEvent::Connectors { done, total } => ("Listing connectors", done, Some(total)),
            ReadEvent::Details { done, total } => ("Reading details", done, Some(total)),
        };
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.0 != phase || done < shown.1 {
            progress.phase(phase, total.and_then(|total| u64::try_from(total).ok()));
            *shown = (phase, 0);
        }
        progress.advance(u64::try_from(done - shown.1).unwrap_or(0));
        shown.1 = done;
    }
}

/// Feeds waits into a progress display.
pub(super) fn waiting(progress: &Arc<Progress>) -> OnWait {
    let progress = Arc::clone(progress);
    Arc::new(move |reason, wait| {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        progress.wait(reason, seconds);
    })
}
