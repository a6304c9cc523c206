//! Responsible for the sentences about steps: why a step did not succeed, and what a person should
//! know about a step that succeeded.

use crate::apply::{CheckEnd, StaleReason, StepProblem, StepWarning, Wording};
use crate::model::{ConnectorId, WorkspaceId};
use crate::plan::StaleCause;
use crate::render::labels::{self, counted};
use uuid::Uuid;

/// The wording of steps for the events of a run.
pub(crate) const STEPS: Wording = Wording {
    problem,
    code: labels::problem,
    warning,
};

const RUN_ENDED: &str = "not started: the run was stopped";
const CUSTOMER_NOT_CREATED: &str =
    "the customer does not exist, because its creation did not succeed";
const CUSTOMER_ABSENT: &str = "the customer does not exist";
const DELETED_STILL_LISTED: &str = "the API accepted the deletion, but lists still show the connector; the next run \
    checks again (--delete-timeout waits longer)";
const NOT_FOUND_STILL_LISTED: &str = "the API answered that the connector does not exist (404), but lists still show it; the \
    next run checks again";
const WORKSPACE_REMAINS: &str =
    "the API accepted the deletion, but the workspace still exists; the next run checks again";
const WORKSPACE_UNCHANGED: &str = "the API accepted the change, but the workspace does not show it; the next run checks \
    again";
const SEVERAL_CREATED: &str = "more than one connector of this name appeared";
const CHECK_STATUS_UNKNOWN: &str = "the check of the new credentials ended with a status that this version does not know; \
    nothing was changed";
const ADOPTED_INSTEAD: &str =
    "the connector already existed, so it was adopted; its credentials are not verified";
const DUPLICATES_UNCHECKED: &str = "created, but not verified: listing the connectors failed, so a concurrent run may have \
    created a duplicate. The next run checks.";
const EARLIER_UNREADABLE: &str = "created, but not verified: lists show an earlier connector of the same name, which could \
    not be read, so a concurrent run may have created it. The next run checks.";

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
        } => {
            format!("the rotation stopped after wave {wave}: {failures} failed, {allowed} allowed")
        }
        StepProblem::WavesEnded {
            wave,
            failures,
            allowed,
        } => waves_ended(*wave, *failures, *allowed),
        StepProblem::NoWave => "no wave selects the customer".to_owned(),
        StepProblem::Stale { reason } => stale(*reason).to_owned(),
        StepProblem::WorkspaceOfOtherName { workspace_id } => format!(
            "the new token belongs to workspace {workspace_id}, which has another name; airlift \
             writes nothing to it"
        ),
        StepProblem::OlderWorkspace { workspace_id } => older_workspace(*workspace_id),
        StepProblem::NewWorkspaceUnreadable {
            workspace_id,
            error,
        } => format!(
            "the new token belongs to workspace {workspace_id}, which could not be read: {error}"
        ),
        StepProblem::DeletedStillListed => DELETED_STILL_LISTED.to_owned(),
        StepProblem::NotFoundStillListed => NOT_FOUND_STILL_LISTED.to_owned(),
        StepProblem::WorkspaceRemains => WORKSPACE_REMAINS.to_owned(),
        StepProblem::WorkspaceUnchanged => WORKSPACE_UNCHANGED.to_owned(),
        StepProblem::SeveralCreated => SEVERAL_CREATED.to_owned(),
        StepProblem::NotListed { id } => not_listed(*id),
        StepProblem::ReplacementNotListed { id } => {
            format!("{}; the old connector is unchanged", not_listed(*id))
        }
        StepProblem::CheckNotMade { error } => format!("nothing was changed: {error}"),
        StepProblem::CheckFailed { message } => check_failed(message.as_deref()),
        StepProblem::CheckStatusUnknown => CHECK_STATUS_UNKNOWN.to_owned(),
        StepProblem::CheckWithoutVerdict { end } => check_required(*end),
        StepProblem::OldRemains { id, old, problem } => old_remains(*id, *old, problem),
        StepProblem::Request { error } | StepProblem::Ledger { error } => error.clone(),
        StepProblem::NotRecorded { error } => not_recorded(error),
    }
}

/// A problem without the duration of the request and without ids, in which operations differ that failed alike.
pub(crate) fn cause(problem: &str) -> String {
    let mut cause = String::with_capacity(problem.len());
    let mut words = problem.split(' ');
    while let Some(word) = words.next() {
        let number = word.strip_prefix('(').map(str::parse::<f64>);
        let is_id = Uuid::try_parse(word.trim_matches(|c: char| !c.is_alphanumeric())).is_ok();
        if number.is_some_and(|number| number.is_ok()) {
            // The number of attempts follows.
            let _duration = words.by_ref().find(|word| word.contains(')'));
        } else if !is_id {
            cause.push_str(word);
            cause.push(' ');
        }
    }
    cause
}

fn not_recorded(error: &str) -> String {
    format!("the API took the write, and the ledger could not record it: {error}")
}

fn older_workspace(id: WorkspaceId) -> String {
    format!(
        "workspace {id} of this name existed before the run and is not in the ledger; nothing was \
         changed in it. Adopt it with `airlift adopt`, or allow it with --adopt"
    )
}

fn waves_ended(wave: usize, failures: usize, allowed: usize) -> String {
    let customers = counted(failures, "customer");
    format!("the run stopped after wave {wave}: {customers} failed or unhealthy, {allowed} allowed")
}

fn stale(reason: StaleReason) -> &'static str {
    match reason {
        StaleReason::WorkspaceAbsent => "the workspace does not exist",
        StaleReason::WorkspaceGone => "the workspace no longer exists; plan again",
        StaleReason::WorkspaceRenamed => {
            "the workspace was renamed after the plan was made; plan again"
        }
        StaleReason::HoldsUnmanaged => {
            "the workspace now holds a connector that airlift does not manage; plan again"
        }
        StaleReason::AlreadyRecorded => {
            "its workspace is in the ledger, but was missing when the plan was made; plan again"
        }
        StaleReason::ConnectorGone => "the connector no longer exists; plan again",
        StaleReason::ReplacedGone => "the connector to be replaced no longer exists; plan again",
        StaleReason::NamesakeAppeared => {
            "another connector of this name appeared after the plan was made, perhaps created by \
             another run; plan again"
        }
        StaleReason::ForeignConnector => {
            "the connector is not in the customer's workspace, or the API does not tell its \
             workspace; plan again"
        }
        StaleReason::SavedPlan(cause) => since_saved_plan(cause),
    }
}

fn since_saved_plan(cause: StaleCause) -> &'static str {
    match cause {
        StaleCause::Object => "it changed after the plan was saved; plan again",
        StaleCause::Customer => "the customer changed after the plan was saved; plan again",
        StaleCause::Files => "the files declare it differently now; plan again",
        StaleCause::Secret => "a secret has another value than when the plan was saved; plan again",
        StaleCause::Blocked => "it is blocked now; plan again",
    }
}

fn not_listed(id: ConnectorId) -> String {
    format!(
        "created, but not verified: the API reported the connector {id}, but no list shows it. \
         The next run checks"
    )
}

fn check_failed(message: Option<&str>) -> String {
    let explanation = message
        .map(|message| format!(": {message}"))
        .unwrap_or_default();
    format!("the new credentials do not work; nothing was changed{explanation}")
}

fn check_required(end: CheckEnd) -> String {
    format!(
        "the check of the new credentials {}, and --require-check was given; nothing was \
         changed",
        check_end(end)
    )
}

fn check_end(end: CheckEnd) -> &'static str {
    match end {
        CheckEnd::Canceled => "was canceled by the server",
        CheckEnd::Skipped => "was skipped by the server",
        CheckEnd::Inconclusive => "was inconclusive",
        CheckEnd::TimedOut => "did not end in time",
    }
}

fn old_remains(id: ConnectorId, old: ConnectorId, inner: &StepProblem) -> String {
    format!(
        "the replacement {id} is ready, but the old connector {old} could not be deleted; the next \
         run deletes it: {}",
        problem(inner)
    )
}

/// What a person should know about a step that succeeded.
pub(crate) fn warning(warning: &StepWarning) -> String {
    match warning {
        StepWarning::AdoptedInstead => ADOPTED_INSTEAD.to_owned(),
        StepWarning::CheckWithoutVerdict { end } => format!(
            "the check of the new credentials {}; they are not verified",
            check_end(*end)
        ),
        StepWarning::DuplicatesUnchecked => DUPLICATES_UNCHECKED.to_owned(),
        StepWarning::EarlierUnreadable => EARLIER_UNREADABLE.to_owned(),
        StepWarning::EarlierAttempt { earlier, own } => format!(
            "an earlier attempt had already created {earlier}; airlift keeps it and deletes the \
             second connector {own}"
        ),
        StepWarning::ConcurrentRun { earlier, own } => format!(
            "another run created the connector at the same time; airlift keeps {earlier}, whose \
             credentials are not verified, and deletes its own connector {own}"
        ),
        StepWarning::DuplicatesUnresolved { problem: inner } => problem(inner),
        StepWarning::SettingsNotKept { paths } => format!(
            "the API answered {} with the old value, or without it; the next plan sends it again or \
             names it (see `airlift explain setting_not_kept`)",
            paths.join(", ")
        ),
        StepWarning::SettingsStoredDifferently { paths } => format!(
            "the API stores {} in another form than it was sent; airlift compares with this form \
             from now on (see `airlift explain settings_stored_differently`)",
            paths.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{cause, problem, warning};
    use crate::apply::{CheckEnd, StepProblem, StepWarning};
    use crate::model::ConnectorId;

    use uuid::Uuid;

    #[test]
    fn cause_of_problem_has_no_duration_and_no_id() {
        let id = |n| ConnectorId(Uuid::from_u128(n));
        for (a, b) in [
            (
                "create (0.1 s): refused (422): x",
                "create (12.0 s, 7 attempts): refused (422): x",
            ),
            (
                &*format!("the replacement {}, ready (a b)", id(1)),
                &*format!("the replacement {}, ready (a b)", id(2)),
            ),
        ] {
            assert_eq!(cause(a), cause(b));
        }
        assert_ne!(cause("a (0.1 s): (422)"), cause("a (0.1 s): (423)"));
        assert_ne!(cause("a (server error)"), cause("a (some error)"));
    }

    #[test]
    fn problem_of_an_old_connector_that_remains_names_both_and_the_cause() {
        let remains = StepProblem::OldRemains {
            id: ConnectorId(Uuid::from_u128(1)),
            old: ConnectorId(Uuid::from_u128(2)),
            problem: Box::new(StepProblem::Request {
                error: "no complete response in time".into(),
            }),
        };
        assert_eq!(
            problem(&remains),
            "the replacement 00000000-0000-0000-0000-000000000001 is ready, but the old connector \
             00000000-0000-0000-0000-000000000002 could not be deleted; the next run deletes it: \
             no complete response in time"
        );
    }

    #[test]
    fn problem_of_a_required_check_without_verdict_names_its_end() {
        let end = CheckEnd::TimedOut;
        assert_eq!(
            problem(&StepProblem::CheckWithoutVerdict { end }),
            "the check of the new credentials did not end in time, and --require-check was given; \
             nothing was changed"
        );
    }

    #[test]
    fn warning_of_a_check_without_verdict_names_its_end() {
        let end = CheckEnd::TimedOut;
        assert_eq!(
            warning(&StepWarning::CheckWithoutVerdict { end }),
            "the check of the new credentials did not end in time; they are not verified"
        );
    }

    #[test]
    fn problem_of_a_failed_check_repeats_the_message_of_the_server() {
        let worded = |message: Option<&str>| {
            problem(&StepProblem::CheckFailed {
                message: message.map(str::to_owned),
            })
        };
        let without = "the new credentials do not work; nothing was changed";
        assert_eq!(worded(None), without);
        assert_eq!(worded(Some("no scope")), format!("{without}: no scope"));
    }
}
