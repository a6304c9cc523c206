//! Responsible for what the head keeps beside the entries: guards, OAuth apps and the history of runs. In the head they
//! need no further object, and are as authentic as the entries.

use super::Ledger;
use crate::model::{DefinitionId, RecordedGuards, RecordedOauthApp, RunCounts, RunRecord};
use uuid::Uuid;

/// The most runs that are kept.
const MOST: usize = 100;

impl Ledger {
    /// Records the guards of the files for the next head.
    pub fn record_guards(&self, guards: RecordedGuards) {
        let mut state = self.state();
        if state.guards.replace(guards) != Some(guards) {
            state.mark_changed();
        }
    }

    /// Records an OAuth app for the next head, or that it was removed. The ledger must be loaded. A run that is
    /// killed before the head is written sets or removes the app again, which changes nothing.
    pub fn record_oauth_app(&self, definition: DefinitionId, app: Option<RecordedOauthApp>) {
        let mut state = self.state();
        match app {
            Some(app) => drop(state.oauth_apps.insert(definition, app)),
            None => drop(state.oauth_apps.remove(&definition)),
        }
        state.mark_changed();
    }

    /// The same ledger, for a run with this id.
    #[must_use]
    pub fn with_run(self, run: Uuid) -> Self {
        Self { run, ..self }
    }

    /// The id of this run.
    pub fn run_id(&self) -> Uuid {
        self.run
    }

    /// The runs, the oldest first. The ledger must be loaded.
    pub fn runs(&self) -> Vec<RunRecord> {
        self.state().runs.clone()
    }

    /// Adds runs to the next head. A run with several parts, such as the consents of a `connect`, keeps the start and the
    /// counts of those before. The ledger must be loaded.
    pub fn record_runs(&self, runs: impl IntoIterator<Item = RunRecord>) {
        let mut state = self.state();
        for run in runs {
            let known = |other: &&mut RunRecord| other.run_id == run.run_id;
            match state.runs.iter_mut().find(known) {
                Some(known) => {
                    *known = RunRecord {
                        started_at: known.started_at.clone(),
                        counts: run.counts.or(known.counts),
                        ..run
                    };
                }
                None => state.runs.push(run),
            }
        }
        state
            .runs
            .sort_by(|left, right| left.started_at.cmp(&right.started_at));
        let surplus = state.runs.len().saturating_sub(MOST);
        state.runs.drain(..surplus);
        state.mark_changed();
    }

    /// Adds the end of this run to the next head.
    pub fn record_end(&self, ended_at: String, counts: RunCounts) {
        let mut state = self.state();
        let run = state.runs.iter_mut().find(|run| run.run_id == self.run);
        if let Some(run) = run {
            run.ended_at = Some(ended_at);
            run.counts = Some(run.counts.unwrap_or_default() + counts);
            state.mark_changed();
        }
    }
}
