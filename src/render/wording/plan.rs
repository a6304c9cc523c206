//! Responsible for the sentences about what the planner blocked and what its guards refused.

use crate::plan::{BlockReason, Refusal};

const AMBIGUOUS_CONNECTOR: &str = "more than one connector of this name and type is there, and none is recorded; rename \
    or delete one of them, or adopt the right one by its id";
const REPLACEMENT_PROTECTED: &str = "the change needs a replacement, which `protect: true` forbids; drop the protection \
    for the run that is to replace it";
const DELETION_PROTECTED: &str =
    "it is no longer in the files, and `protect: true` of its customer forbids its deletion";
const REMOVAL_PROTECTED: &str = "it is no longer in the files, and was protected when it last was; declare it without \
    `protect: true` first";
const DEACTIVATION_PROTECTED: &str =
    "the files ask for `status: inactive` and for `protect: true`; drop one of them";
const RENAME_CONFLICT: &str = "a workspace of the new name exists beside the one to be renamed; move what it holds \
    or drop previous_name";
const NOT_RECORDED: &str = "it is not in the ledger yet; apply first, then rotate";
const CUSTOMER_CHANGES_FIRST: &str =
    "its customer has pending changes that come first; apply first, then rotate";
const OTHER_CHANGES: &str = "it has other pending changes, which a replacement would carry along; apply first, \
    then rotate";
const REPLACED_MEANWHILE: &str = "a younger connector of this name and type is there beside it, which this ledger does \
    not know: another run may be replacing it, so plan again later; if both stay, rename \
    or delete one of them";

/// What is the matter and what to do, one sentence each.
pub(crate) fn blocked(reason: &BlockReason) -> String {
    match reason {
        BlockReason::AmbiguousCustomer { name } => format!(
            "more than one workspace is named {name:?}; rename or delete one of them, or adopt the \
             right one by its id"
        ),
        BlockReason::AmbiguousType { kind } => {
            format!("several definitions are named {kind:?}; write the definition's id as the type")
        }
        BlockReason::UnknownType { kind, similar } if similar.is_empty() => {
            format!("the live catalog has no type {kind:?}")
        }
        BlockReason::UnknownType { kind, similar } => format!(
            "the live catalog has no type {kind:?}; it has {}",
            similar.join(", ")
        ),
        BlockReason::UnknownStatus { status } => format!(
            "the workspace's status is {status:?}, which this version does not know; nothing is \
             written to it"
        ),
        BlockReason::HoldsUnmanaged { connectors } => holds_unmanaged(*connectors),
        BlockReason::AmbiguousConnector => AMBIGUOUS_CONNECTOR.to_owned(),
        BlockReason::ReplacementProtected => REPLACEMENT_PROTECTED.to_owned(),
        BlockReason::DeletionProtected => DELETION_PROTECTED.to_owned(),
        BlockReason::RemovalProtected => REMOVAL_PROTECTED.to_owned(),
        BlockReason::DeactivationProtected => DEACTIVATION_PROTECTED.to_owned(),
        BlockReason::RenameConflict => RENAME_CONFLICT.to_owned(),
        BlockReason::NotRecorded => NOT_RECORDED.to_owned(),
        BlockReason::CustomerChangesFirst => CUSTOMER_CHANGES_FIRST.to_owned(),
        BlockReason::OtherChanges => OTHER_CHANGES.to_owned(),
        BlockReason::ReplacedMeanwhile => REPLACED_MEANWHILE.to_owned(),
    }
}

fn holds_unmanaged(connectors: usize) -> String {
    let (them, are) = match connectors {
        1 => ("a connector that is not ours", "it"),
        _ => ("connectors that are not ours", "them"),
    };
    format!(
        "its workspace holds {them} ({connectors}), and deleting it would delete {are}, too; \
         remove {are} first, or leave out --delete-customers to make the customer inactive"
    )
}

/// What is the matter and what to do.
pub(crate) fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::EmptyDesired { owned } => format!(
            "the files declare no customer while the ledger owns {owned} objects; a prune would \
             take them all: check the files, or remove customers in smaller steps"
        ),
        Refusal::TooManyDeletes {
            deletes,
            owned,
            allowed,
        } => format!(
            "{deletes} of {owned} owned objects would be deleted or suspended, and {allowed} are \
             allowed; if that is meant, allow it for this run with --allow-delete {deletes}"
        ),
        Refusal::IncompleteListing { problem } => format!(
            "the list of workspaces is not whole ({problem}), so absence proves nothing; run \
             again later, or without --prune"
        ),
        Refusal::RecordedIdRenamed {
            name,
            workspace_id,
            carries,
        } => format!(
            "{name:?} is recorded as workspace {workspace_id}, which now carries the name \
             {carries:?}; nothing in the files explains that: write `previous_name: {carries}` to \
             name it back, or rename the customer in the files"
        ),
        Refusal::UndeclaredIdRenamed {
            name,
            workspace_id,
            carries,
        } => format!(
            "{name:?} is no longer in the files, and its recorded workspace {workspace_id} now \
             carries the name {carries:?}, which nothing explains: declare a customer {carries} \
             with `previous_name: {name}` to keep it, or name it back to have it pruned"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{blocked, refused};
    use crate::plan::{BlockReason, Refusal};

    #[test]
    fn unmanaged_connectors_are_told_in_their_number() {
        let told = |connectors| blocked(&BlockReason::HoldsUnmanaged { connectors });
        assert!(told(1).contains("holds a connector that is not ours (1)"));
        assert!(told(2).contains("holds connectors that are not ours (2)"));
    }

    #[test]
    fn unknown_type_names_what_comes_near() {
        let told = |similar: &[&str]| {
            blocked(&BlockReason::UnknownType {
                kind: "gitea".into(),
                similar: similar.iter().map(ToString::to_string).collect(),
            })
        };
        assert_eq!(told(&[]), "the live catalog has no type \"gitea\"");
        assert_eq!(
            told(&["github", "gitlab"]),
            "the live catalog has no type \"gitea\"; it has github, gitlab"
        );
        let several = blocked(&BlockReason::AmbiguousType {
            kind: "gitea".into(),
        });
        assert!(several.starts_with("several definitions are named \"gitea\""));
    }

    #[test]
    fn pending_changes_come_before_a_rotation() {
        assert_eq!(
            [
                BlockReason::NotRecorded,
                BlockReason::CustomerChangesFirst,
                BlockReason::OtherChanges,
            ]
            .map(|reason| blocked(&reason)),
            [
                "it is not in the ledger yet; apply first, then rotate",
                "its customer has pending changes that come first; apply first, then rotate",
                "it has other pending changes, which a replacement would carry along; apply first, \
                 then rotate",
            ]
        );
    }

    #[test]
    fn refusals_tell_their_numbers_and_names() {
        let deletes = refused(&Refusal::TooManyDeletes {
            deletes: 6,
            owned: 9,
            allowed: 5,
        });
        assert!(
            deletes.starts_with("6 of 9 owned objects") && deletes.contains("and 5 are allowed")
        );
        assert!(deletes.ends_with("--allow-delete 6"), "{deletes}");
        assert!(refused(&Refusal::EmptyDesired { owned: 2 }).contains("owns 2 objects"));
        let problem = "a page is missing".into();
        let incomplete = refused(&Refusal::IncompleteListing { problem });
        assert!(incomplete.contains("(a page is missing)"));
        let renamed = refused(&Refusal::RecordedIdRenamed {
            name: "acme".into(),
            workspace_id: crate::model::WorkspaceId(uuid::Uuid::nil()),
            carries: "acme inc".into(),
        });
        assert!(renamed.contains("previous_name: acme inc"), "{renamed}");
    }
}
