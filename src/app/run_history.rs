//! Responsible for the history of runs in the ledger: who ran what and when, from which commit, and what it did.

use super::commit::commit;
use super::execution::Strategy;
use super::ledger_access::on_machine;
use super::{App, Planned};
use crate::apply::ApplyReport;
use crate::failure::Failure;
use crate::model::{RunCounts, RunRecord};
use crate::render::RunHistory;
use jiff::Timestamp;

/// The most characters of a user's name that are kept.
const LONGEST_NAME: usize = 100;

impl App<'_> {
    /// Records the start of a run. The record is stored with the head that starts the journal, so that it shows a run
    /// that was killed, too. A run that changes nothing is not recorded, so that frequent runs do not displace others.
    pub(super) fn record_run(&self, planned: &Planned, strategy: Strategy<'_>) {
        let plan = &planned.plan;
        let changes = !plan.customers.is_empty() || plan.changes_organization();
        if !changes && planned.unsaved.is_empty() {
            return;
        }
        let command = match strategy {
            Strategy::AtOnce(command) => command,
            Strategy::Rotation(_) => "rotate",
            Strategy::Rollout(_) => "apply",
        };
        let user = self.invocation.env.user().unwrap_or_default();
        let user: String = user.chars().take(LONGEST_NAME).collect();
        let user = if user.is_empty() { system_user() } else { user };
        let commit = commit(self.invocation, &self.project.root);
        self.ledger.record_runs([RunRecord {
            run_id: self.ledger.run_id(),
            command: command.to_owned(),
            started_at: now(),
            ended_at: None,
            by: on_machine(&user),
            clean: commit.as_ref().and_then(|commit| commit.clean),
            commit: commit.map(|commit| commit.id),
            plan_id: planned.saved.clone(),
            counts: None,
        }]);
    }

    /// Records the end of the run.
    pub(super) fn record_end(&self, report: &ApplyReport) {
        let (done, left) = (report.counts(), report.unsuccessful());
        let counts = RunCounts {
            added: done.added,
            changed: done.changed,
            destroyed: done.destroyed,
            adopted: done.adopted,
            not_done: left.failed
                + left.blocked
                + left.stale
                + left.unknown
                + left.not_attempted
                + report.unplanned(),
        };
        self.ledger.record_end(now(), counts);
    }

    /// The runs that the ledger has, the newest first.
    pub(crate) async fn run_history(&self) -> Result<RunHistory, Failure> {
        self.ledger.load().await?;
        let mut runs = self.ledger.runs();
        runs.reverse();
        Ok(RunHistory {
            location: self.ledger.shown().trim_end_matches('/').to_owned(),
            runs,
        })
    }
}

/// The user of this process, without a variable that names it.
fn system_user() -> String {
    #[cfg(unix)]
    let user = format!("user {}", rustix::process::getuid().as_raw());
    #[cfg(not(unix))]
    let user = "unknown".to_owned();
    user
}

fn now() -> String {
    Timestamp::now().strftime("%FT%TZ").to_string()
}
