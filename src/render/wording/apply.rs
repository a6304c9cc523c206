//! Responsible for the sentences about steps: why one did not succeed, and what a person should know
//! of one that did.

use crate::apply::{CheckEnd, StaleReason, StepProblem, StepWarning, Wording};
use crate::model::ConnectorId;

/// The wording of steps for the events of a run.
pub(crate) const STEPS: Wording = Wording { problem, warning };

const RUN_ENDED: &str = "the run ended before this was begun";
const CUSTOMER_NOT_CREATED: &str =
    "the customer is not there, because its creation did not succeed";
const CUSTOMER_ABSENT: &str = "the customer is not there";
const DELETED_STILL_LISTED: &str = "the deletion was accepted, and lists show the connector all the same; the next \
    run looks again (--delete-timeout waits longer)";
const NOT_FOUND_STILL_LISTED: &str =
    "the server said that there is no such connector (404), and lists it; the next run looks again";
const WORKSPACE_REMAINS: &str =
    "the deletion was accepted, and the workspace is still there; the next run looks again";
const WORKSPACE_UNCHANGED: &str =
    "the change was accepted, and the workspace is as it was; the next run looks again";
const SEVERAL_CREATED: &str = "more than one connector of this name appeared";
const CHECK_STATUS_UNKNOWN: &str = "the check of the new credentials ended with a status that this version does \
    not know, so the old connector is untouched";
const ADOPTED_INSTEAD: &str =
    "it was there already, so it was adopted; its credentials are not verified";
const DUPLICATES_UNCHECKED: &str = "it could not be looked at once more, so nobody knows whether another run \
    created it at the same time; the next run looks";
const EARLIER_UNREADABLE: &str = "a list shows an earlier connector of the same name, and asking for that one by \
    its id was no success: nobody knows whether another run created it; the next run looks";

/// Why a step did not succeed.
pub(crate) fn problem(problem: &StepProblem) -> String {
    match problem {
        StepProblem::RunEnded => RUN_ENDED.to_owned(),
        StepProblem::CustomerNotCreated => CUSTOMER_NOT_CREATED.to_owned(),
        StepProblem::CustomerAbsent => CUSTOMER_ABSENT.to_owned(),
        StepProblem::SecretUnresolved { reason } => {
            format!("a secret could not be resolved: {reason}")
        }
        StepProblem::RotationEnded {
            wave,
            failures,
            allowed,
        } => format!("the rotation ended after wave {wave}: {failures} failed, {allowed} may"),
        StepProblem::Stale { reason } => stale(*reason).to_owned(),
        StepProblem::WorkspaceOfOtherName { workspace_id } => format!(
            "the mint gave workspace {workspace_id}, which carries another name; nothing is done \
             in it"
        ),
        StepProblem::NewWorkspaceUnreadable {
            workspace_id,
            error,
        } => format!("the mint gave workspace {workspace_id}, and looking at it failed: {error}"),
        StepProblem::DeletedStillListed => DELETED_STILL_LISTED.to_owned(),
        StepProblem::NotFoundStillListed => NOT_FOUND_STILL_LISTED.to_owned(),
        StepProblem::WorkspaceRemains => WORKSPACE_REMAINS.to_owned(),
        StepProblem::WorkspaceUnchanged => WORKSPACE_UNCHANGED.to_owned(),
        StepProblem::SeveralCreated => SEVERAL_CREATED.to_owned(),
        StepProblem::NotListed { id } => not_listed(*id),
        StepProblem::ReplacementNotListed { id } => {
            format!("{}; the old connector is untouched", not_listed(*id))
        }
        StepProblem::CheckNotMade { error } => format!("the old connector is untouched: {error}"),
        StepProblem::CheckFailed { message } => check_failed(message.as_deref()),
        StepProblem::CheckStatusUnknown => CHECK_STATUS_UNKNOWN.to_owned(),
        StepProblem::CheckWithoutVerdict { end } => check_required(*end),
        StepProblem::OldRemains { id, old, problem } => old_remains(*id, *old, problem),
        StepProblem::Request { error } | StepProblem::Ledger { error } => error.clone(),
    }
}

fn stale(reason: StaleReason) -> &'static str {
    match reason {
        StaleReason::WorkspaceAbsent => "the workspace is not there",
        StaleReason::WorkspaceGone => "the workspace is gone; plan again",
        StaleReason::WorkspaceRenamed => "the workspace carries another name by now; plan again",
        StaleReason::HoldsUnmanaged => {
            "the workspace holds a connector that is not ours by now; plan again"
        }
        StaleReason::AlreadyRecorded => {
            "its workspace is the one in the ledger, which could not be found before; plan again"
        }
        StaleReason::ConnectorGone => "the connector is gone; plan again",
        StaleReason::ReplacedGone => "the connector to be replaced is gone; plan again",
        StaleReason::NamesakeAppeared => {
            "another connector of its name came to be after the plan was made, perhaps by another \
             run that replaced it; plan again"
        }
    }
}

fn not_listed(id: ConnectorId) -> String {
    format!(
        "the server answered that it made {id}, and no list shows that one: nobody knows what it \
         made; the next run looks"
    )
}

fn check_failed(message: Option<&str>) -> String {
    let said = message
        .map(|message| format!(": {message}"))
        .unwrap_or_default();
    format!("the new credentials do not work, and the old connector is untouched{said}")
}

fn check_required(end: CheckEnd) -> String {
    format!(
        "the check of the new credentials {}, and --require-check was given; the old connector is \
         untouched",
        check_end(end)
    )
}

fn check_end(end: CheckEnd) -> &'static str {
    match end {
        CheckEnd::Canceled => "was cancelled by the server",
        CheckEnd::Skipped => "was skipped by the server",
        CheckEnd::Inconclusive => "was inconclusive",
        CheckEnd::TimedOut => "did not end in time",
    }
}

fn old_remains(id: ConnectorId, old: ConnectorId, inner: &StepProblem) -> String {
    format!(
        "the new connector {id} is in place, but the old one {old} could not be deleted; the next \
         run deletes it: {}",
        problem(inner)
    )
}

/// What a person should know of a step that succeeded.
pub(crate) fn warning(warning: &StepWarning) -> String {
    match warning {
        StepWarning::AdoptedInstead => ADOPTED_INSTEAD.to_owned(),
        StepWarning::CheckWithoutVerdict { end } => format!(
            "the check of the new credentials {}: unverified",
            check_end(*end)
        ),
        StepWarning::DuplicatesUnchecked => DUPLICATES_UNCHECKED.to_owned(),
        StepWarning::EarlierUnreadable => EARLIER_UNREADABLE.to_owned(),
        StepWarning::EarlierAttempt { earlier, own } => format!(
            "an earlier try had made {earlier} after all; the second one {own} was to be removed"
        ),
        StepWarning::ConcurrentRun { earlier, own } => format!(
            "another run created it at the same time: its connector {earlier} is kept with \
             credentials not verified, and the own one {own} was to be removed"
        ),
        StepWarning::DuplicatesUnresolved { problem: inner } => problem(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::{problem, warning};
    use crate::apply::{CheckEnd, StepProblem, StepWarning};
    use crate::model::ConnectorId;
    use uuid::Uuid;

    #[test]
    fn old_connector_that_remains_is_told_with_its_problem() {
        let remains = StepProblem::OldRemains {
            id: ConnectorId(Uuid::from_u128(1)),
            old: ConnectorId(Uuid::from_u128(2)),
            problem: Box::new(StepProblem::Request {
                error: "no whole answer in time".into(),
            }),
        };
        assert_eq!(
            problem(&remains),
            "the new connector 00000000-0000-0000-0000-000000000001 is in place, but the old one \
             00000000-0000-0000-0000-000000000002 could not be deleted; the next run deletes it: \
             no whole answer in time"
        );
    }

    #[test]
    fn check_without_verdict_is_worded_alike_as_problem_and_warning() {
        let end = CheckEnd::TimedOut;
        assert_eq!(
            problem(&StepProblem::CheckWithoutVerdict { end }),
            "the check of the new credentials did not end in time, and --require-check was given; \
             the old connector is untouched"
        );
        assert_eq!(
            warning(&StepWarning::CheckWithoutVerdict { end }),
            "the check of the new credentials did not end in time: unverified"
        );
    }

    #[test]
    fn failed_check_repeats_the_server_where_it_says_something() {
        let told = |message: Option<&str>| {
            problem(&StepProblem::CheckFailed {
                message: message.map(str::to_owned),
            })
        };
        let bare = "the new credentials do not work, and the old connector is untouched";
        assert_eq!(told(None), bare);
        assert_eq!(told(Some("no scope")), format!("{bare}: no scope"));
    }
}
