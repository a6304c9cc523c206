//! Responsible for the lines at the start of a journal: what a run carries over from earlier runs.

use super::JournalEntry;
use super::lines::{Chain, IntentLine, NO_INTENT, OutcomeLine};
use super::saved::{SavedEntries, SavedLine};
use super::signature::JournalId;
use crate::ledger::authenticate::Authenticator;
use std::collections::{BTreeMap, BTreeSet};

/// The lines at the start of a journal.
pub(super) fn encode(
    authenticator: &Authenticator,
    id: JournalId,
    carried_over: &BTreeMap<u64, JournalEntry>,
    saved: &SavedEntries,
    unverified: BTreeSet<String>,
) -> serde_json::Result<(Chain, Vec<u8>)> {
    let (mut chain, mut text) = Chain::start(authenticator, id)?;
    for (seq, entry) in carried_over {
        text.extend(chain.line(authenticator, *seq, &IntentLine::new(entry))?);
        if let Some(outcome) = entry.outcome {
            text.extend(chain.line(authenticator, *seq, &OutcomeLine { outcome })?);
        }
    }
    for (id, saved) in saved {
        let line = SavedLine::whole(*id, saved.revision, saved.entry.as_ref());
        text.extend(chain.line(authenticator, NO_INTENT, &line)?);
    }
    for customer in unverified {
        text.extend(chain.unverified_line(authenticator, customer)?);
    }
    Ok((chain, text))
}
