//! Responsible for the sentences about what the planner blocked and what its guards refused.

use super::grouped;
use super::plan_warning::{confirmation_needed, scalar};
use crate::plan::{BlockReason, Blocked, LimitSource, Refusal, RemovalFlags};
use crate::render::labels::{self, counted};

const AMBIGUOUS_CONNECTOR: &str = "more than one connector has this name and type, and none is in the ledger; rename or \
    delete one of them, or choose one with `airlift adopt CUSTOMER/CONNECTOR=ID`";
const REPLACEMENT_PROTECTED: &str = "the change needs a replacement, which `protect: true` forbids; remove the protection \
    for the run that replaces the connector";
const DELETION_PROTECTED: &str =
    "it is no longer in the files, but `protect: true` of its customer forbids its deletion";
const REMOVAL_PROTECTED: &str = "it is no longer in the files, but was protected when it last was; declare it without \
    `protect: true` first";
const DEACTIVATION_PROTECTED: &str =
    "the files ask for `status: inactive` and for `protect: true`; remove one of them";
const RENAME_CONFLICT: &str = "a workspace of the new name exists beside the one to rename; move its connectors, or \
    remove previous_name";
const NOT_RECORDED: &str = "the connector is not in the ledger yet; apply first, then rotate";
const CUSTOMER_CHANGES_FIRST: &str =
    "the customer has pending changes, which come first; apply first, then rotate";
const OTHER_CHANGES: &str = "the connector has other pending changes, which a replacement would include; apply \
    first, then rotate";
const REPLACED_MEANWHILE: &str = "a younger connector of this name and type exists, which this ledger does not know: \
    another run may be replacing the connector, so plan again later; if both stay, rename \
    or delete one of them";
const CONSENT_REQUIRED: &str = "the change needs a replacement, and only the customer's consent creates one; run `airlift \
    connect CUSTOMER/CONNECTOR --again`";
pub(super) const ADOPTION_NOT_ALLOWED: &str = "it exists and is not in the ledger, and this run would change \
    it; pass `--adopt`, write `adopt: true` into the project file, or run `airlift adopt` first";
/// The problem and what to do about it, as one sentence.
pub(crate) fn blocked(reason: &BlockReason) -> String {
    match reason {
        BlockReason::AmbiguousCustomer { name } => format!(
            "more than one workspace is named {name:?}; rename or delete one of them, or choose \
             one with `airlift adopt CUSTOMER=ID`"
        ),
        BlockReason::AmbiguousType { kind } => {
            format!("several types of the API are named {kind:?}; write the id of one as the type")
        }
        BlockReason::UnknownType { kind, similar } => unknown_type(kind, similar),
        BlockReason::UnknownStatus { status } => format!(
            "the workspace's status is {status:?}, which this version does not know; airlift writes \
             nothing to it"
        ),
        BlockReason::HoldsUnmanaged { connectors } => holds_unmanaged(*connectors),
        BlockReason::ForeignConnector {
            connector,
            recorded_in,
            found_in,
        } => grouped::foreign_connector(*connector, *recorded_in, *found_in),
        BlockReason::Unreadable { error } => {
            format!("it cannot be read, so nothing of this customer is changed: {error}")
        }
        BlockReason::AdoptionNotAllowed { changes } => {
            let changes = grouped::refused_changes(changes);
            format!("{changes}: {ADOPTION_NOT_ALLOWED}")
        }
        BlockReason::LedgerUnverified {
            workspace_id,
            cause,
        } => grouped::ledger_unverified(*workspace_id, *cause),
        BlockReason::AmbiguousConnector => AMBIGUOUS_CONNECTOR.to_owned(),
        BlockReason::ConfirmationNeeded { customer } => confirmation_needed(customer),
        BlockReason::ReplacementProtected => REPLACEMENT_PROTECTED.to_owned(),
        BlockReason::DeletionProtected => DELETION_PROTECTED.to_owned(),
        BlockReason::RemovalProtected => REMOVAL_PROTECTED.to_owned(),
        BlockReason::DeactivationProtected => DEACTIVATION_PROTECTED.to_owned(),
        BlockReason::RenameConflict => RENAME_CONFLICT.to_owned(),
        BlockReason::ConnectorRenameConflict { existing } => format!(
            "connector {existing}, which is not in the ledger, already has the new name; rename or \
             delete one of them, or remove the connector from the files and adopt the other one"
        ),
        BlockReason::NotRecorded => NOT_RECORDED.to_owned(),
        BlockReason::CustomerChangesFirst => CUSTOMER_CHANGES_FIRST.to_owned(),
        BlockReason::OtherChanges => OTHER_CHANGES.to_owned(),
        BlockReason::ConsentRequired => CONSENT_REQUIRED.to_owned(),
        BlockReason::ReplacedMeanwhile => REPLACED_MEANWHILE.to_owned(),
    }
}

fn unknown_type(kind: &str, similar: &[String]) -> String {
    let names: Vec<String> = similar.iter().map(|name| type_name(name)).collect();
    if names.is_empty() {
        return format!(
            "the API has no type {kind:?}; `airlift types` lists the types that this version knows"
        );
    }
    format!(
        "the API has no type {kind:?}; did you mean {}?",
        names.join(" or ")
    )
}

/// The name of a type as files have it: `zendesk-support` for `Zendesk Support`.
fn type_name(name: &str) -> String {
    name.to_lowercase().replace([' ', '_'], "-")
}

fn holds_unmanaged(connectors: usize) -> String {
    let count = counted(connectors, "connector");
    let pronoun = if connectors == 1 { "it" } else { "them" };
    format!(
        "the workspace holds {count} that airlift does not manage; deleting the customer would \
         delete {pronoun} too: remove {pronoun} first, or leave out --delete-customers to make the \
         customer inactive"
    )
}

/// The code of a block, which `airlift explain` explains.
pub(crate) fn block_code(blocked: &Blocked) -> String {
    labels::code(blocked.code())
}

/// The code of a refusal, which `airlift explain` explains.
pub(crate) fn refusal_code(refusal: &Refusal) -> String {
    labels::code(refusal.code())
}

/// The problem and what to do about it.
pub(crate) fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::EmptyDesired { owned } => format!(
            "the files declare no customer, but the ledger owns {owned} objects, which a prune \
             would remove; check the files, or remove customers in smaller steps"
        ),
        Refusal::TooManyDeletes {
            deletes,
            owned,
            allowed,
            source,
            flags,
        } => {
            let advice = deletion_advice(*source, *flags, *deletes);
            let limit = limit_source(*source);
            format!(
                "{deletes} of {owned} owned objects would be deleted or suspended, and {allowed} \
                 are allowed by {limit}; {advice}"
            )
        }
        Refusal::TooManyIdChanges {
            id_changes,
            allowed,
            source,
        } => too_many_id_changes(*id_changes, *allowed, *source),
        Refusal::PolicyViolated(violation) => super::policy::violated(violation),
        Refusal::SourceTemplate(problem) => super::source_template::missing(problem),
        Refusal::IncompleteListing { problem } => format!(
            "the list of workspaces is incomplete ({problem}), so a missing workspace may still \
             exist; run again later, or without --prune"
        ),
        Refusal::RecordedIdRenamed {
            name,
            workspace_id,
            carries,
        } => format!(
            "{name:?} is recorded as workspace {workspace_id}, which is now named {carries:?}; the files do not \
             explain that: write `previous_name: {}` to rename it back, or rename the customer in the files",
            scalar(carries)
        ),
        Refusal::UndeclaredIdRenamed {
            name,
            workspace_id,
            carries,
        } => format!(
            "{name:?} is no longer in the files, and its recorded workspace {workspace_id} is now named {carries:?}: declare \
             a customer {carries} with `previous_name: {}` to keep it, or rename it back to have it pruned",
            scalar(name)
        ),
    }
}

/// What to do about too many deletions: a command that allows this number.
fn deletion_advice(source: LimitSource, flags: RemovalFlags, deletes: u64) -> String {
    if source == LimitSource::Policy {
        return "remove fewer objects per run, or have the owner of the policy file raise its limit"
            .to_owned();
    }
    let flags = match flags {
        RemovalFlags::None => "",
        RemovalFlags::Prune => " --prune",
        RemovalFlags::PruneAndDeleteCustomers => " --prune --delete-customers",
    };
    format!(
        "if that is intended, allow it for one run with \
         `airlift apply{flags} --allow-delete {deletes}`"
    )
}

fn too_many_id_changes(id_changes: u64, allowed: u64, source: LimitSource) -> String {
    let advice = if source == LimitSource::Policy {
        "change fewer connectors per run, or have the owner of the policy file raise its limit"
            .to_owned()
    } else {
        format!("if that is intended, allow it for one run with `--allow-id-changes {id_changes}`")
    };
    format!(
        "{id_changes} connectors would get another id, and {allowed} are allowed by {}; {advice}",
        limit_source(source)
    )
}

/// The name of what sets a limit of the guards.
pub(crate) fn limit_source(source: LimitSource) -> &'static str {
    match source {
        LimitSource::Files => "`guards` in the files",
        LimitSource::Default => "the default of `guards`",
        LimitSource::AllowDelete => "`--allow-delete`",
        LimitSource::AllowIdChanges => "`--allow-id-changes`",
        LimitSource::Policy => "the policy file",
    }
}

#[cfg(test)]
mod tests {
    use super::{blocked, refused};
    use crate::plan::{BlockReason, LimitSource, Refusal, RemovalFlags};

    #[test]
    fn blocked_by_unmanaged_connectors_counts_them() {
        let worded = |connectors| blocked(&BlockReason::HoldsUnmanaged { connectors });
        assert!(worded(1).contains("holds 1 connector that airlift does not manage"));
        assert!(worded(2).contains("holds 2 connectors that airlift does not manage"));
    }

    #[test]
    fn blocked_by_an_unknown_type_names_similar_types() {
        let worded = |similar: &[&str]| {
            blocked(&BlockReason::UnknownType {
                kind: "gitea".into(),
                similar: similar.iter().map(ToString::to_string).collect(),
            })
        };
        let unknown = "the API has no type \"gitea\"; ";
        assert!(worded(&[]).starts_with(&format!("{unknown}`airlift types`")));
        assert_eq!(
            worded(&["GitHub", "Zendesk Support"]),
            format!("{unknown}did you mean github or zendesk-support?")
        );
    }

    #[test]
    fn blocked_by_an_ambiguous_type_asks_for_its_id() {
        let worded = blocked(&BlockReason::AmbiguousType {
            kind: "gitea".into(),
        });
        assert!(worded.starts_with("several types of the API are named \"gitea\""));
    }

    #[test]
    fn blocked_by_pending_changes_asks_to_apply_first() {
        for reason in [
            BlockReason::NotRecorded,
            BlockReason::CustomerChangesFirst,
            BlockReason::OtherChanges,
        ] {
            let worded = blocked(&reason);
            assert!(worded.ends_with("apply first, then rotate"), "{worded}");
        }
    }

    #[test]
    fn refused_for_too_many_deletes_names_the_numbers_and_the_flag() {
        let worded = |flags| {
            refused(&Refusal::TooManyDeletes {
                deletes: 6,
                owned: 9,
                allowed: 5,
                source: LimitSource::Files,
                flags,
            })
        };
        let pruned = worded(RemovalFlags::Prune);
        assert!(pruned.starts_with("6 of 9 owned objects"), "{pruned}");
        assert!(pruned.contains("and 5 are allowed"), "{pruned}");
        assert!(pruned.ends_with("`airlift apply --prune --allow-delete 6`"));
        let deleted = worded(RemovalFlags::PruneAndDeleteCustomers);
        let command = "`airlift apply --prune --delete-customers --allow-delete 6`";
        assert!(deleted.ends_with(command), "{deleted}");
        let superseded = worded(RemovalFlags::None);
        assert!(superseded.ends_with("`airlift apply --allow-delete 6`"));
    }

    #[test]
    fn refused_for_too_many_id_changes_names_the_limit_and_the_flag() {
        let worded = |source| {
            refused(&Refusal::TooManyIdChanges {
                id_changes: 3,
                allowed: 2,
                source,
            })
        };
        let files = worded(LimitSource::Files);
        assert!(
            files.starts_with("3 connectors would get another id, and 2 are allowed by `guards`"),
            "{files}"
        );
        assert!(files.ends_with("`--allow-id-changes 3`"), "{files}");
        let policy = worded(LimitSource::Policy);
        assert!(policy.contains("owner of the policy file"), "{policy}");
    }

    #[test]
    fn refused_for_empty_files_names_the_owned_objects() {
        assert!(refused(&Refusal::EmptyDesired { owned: 2 }).contains("owns 2 objects"));
    }

    #[test]
    fn refused_for_an_incomplete_listing_names_the_problem() {
        let problem = "a page is missing".into();
        assert!(refused(&Refusal::IncompleteListing { problem }).contains("(a page is missing)"));
    }

    #[test]
    fn refused_for_a_renamed_workspace_names_the_way_back() {
        let worded = refused(&Refusal::RecordedIdRenamed {
            name: "acme".into(),
            workspace_id: crate::model::WorkspaceId(uuid::Uuid::nil()),
            carries: "acme inc".into(),
        });
        assert!(worded.contains("previous_name: acme inc"), "{worded}");
    }
}
