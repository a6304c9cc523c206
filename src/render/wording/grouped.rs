//! Responsible for the sentences about blocks that can concern many objects: the cause, which is the same for all of
//! them, and what each of them has of its own.

use super::plan::{ADOPTION_NOT_ALLOWED, blocked};
use super::plan_warning::confirmation_needed;
use crate::model::{ConnectorId, UnverifiedCause, WorkspaceId};
use crate::plan::{BlockReason, Blocked, RefusedChange};
use crate::render::labels;

/// The refused changes that a message names.
const NAMED_CHANGES: usize = 5;
const ENTRY: &str = "the ledger entry";
const RESTORE_ENTRY: &str = "nothing of this customer is changed: restore the customer's ledger entry, or remove it and \
    run `airlift ledger sign`";

/// The problem without what concerns one object only, so that objects of one cause can be grouped.
pub(crate) fn block_cause(reason: &BlockReason) -> String {
    match reason {
        BlockReason::AdoptionNotAllowed { .. } => ADOPTION_NOT_ALLOWED.to_owned(),
        BlockReason::ConfirmationNeeded { .. } => confirmation_needed("CUSTOMER"),
        BlockReason::LedgerUnverified {
            workspace_id: Some(_),
            cause: Some(cause),
        } => unverified_entry(ENTRY, *cause),
        BlockReason::ForeignConnector { .. } => format!(
            "the ledger records a connector in the workspace of this customer, but the API does not show it there; \
             {RESTORE_ENTRY}"
        ),
        _ => blocked(reason),
    }
}

/// What [`block_cause`] leaves out.
pub(crate) fn block_detail(entry: &Blocked) -> Option<String> {
    match &entry.reason {
        BlockReason::AdoptionNotAllowed { changes } => Some(refused_changes(changes)),
        BlockReason::LedgerUnverified {
            workspace_id: Some(id),
            cause: Some(_),
        } => {
            let is_named = entry.address.customer != id.to_string();
            is_named.then(|| format!("workspace {id}"))
        }
        BlockReason::ForeignConnector {
            connector,
            recorded_in,
            found_in,
        } => Some(format!(
            "connector {connector}, recorded in workspace {recorded_in}; {}",
            place_of(*found_in)
        )),
        _ => None,
    }
}

pub(super) fn foreign_connector(
    connector: ConnectorId,
    recorded_in: WorkspaceId,
    found_in: Option<WorkspaceId>,
) -> String {
    let place = place_of(found_in);
    format!(
        "the ledger records connector {connector} in workspace {recorded_in}, but {place}; {RESTORE_ENTRY}"
    )
}

fn place_of(found_in: Option<WorkspaceId>) -> String {
    found_in.map_or_else(
        || "the API does not tell its workspace".to_owned(),
        |found_in| format!("it is in workspace {found_in}"),
    )
}

pub(super) fn ledger_unverified(
    workspace_id: Option<WorkspaceId>,
    cause: Option<UnverifiedCause>,
) -> String {
    match (workspace_id, cause) {
        (Some(id), Some(cause)) => unverified_entry(&format!("{ENTRY} of workspace {id}"), cause),
        (None, Some(cause)) => unverified(&format!(
            "the ledger has entries and no valid head, which would say which entries are missing [{}]",
            cause.code()
        )),
        _ => unverified("a journal line about this customer is not authentic"),
    }
}

fn unverified_entry(entry: &str, cause: UnverifiedCause) -> String {
    let problem = match cause {
        UnverifiedCause::Damaged(damage) => format!("cannot be read{damage}"),
        UnverifiedCause::PackDamaged(damage) => format!("is in a pack that cannot be read{damage}"),
        _ => "is not authentic".to_owned(),
    };
    unverified(&format!("{entry} {problem} [{}]", cause.code()))
}

fn unverified(what: &str) -> String {
    format!(
        "{what}; nothing of this customer is changed: restore the ledger, or check the customer and \
         run `airlift ledger sign`"
    )
}

pub(super) fn refused_changes(changes: &[RefusedChange]) -> String {
    let named = changes.iter().take(NAMED_CHANGES).map(|change| {
        let action = labels::action(change.action);
        let address = &change.address;
        match change.paths.as_slice() {
            [] => format!("{action} {address}"),
            paths => format!("{action} {address} ({})", paths.join(", ")),
        }
    });
    let mut named: Vec<String> = named.collect();
    if changes.len() > NAMED_CHANGES {
        named.push(format!("and {} more", changes.len() - NAMED_CHANGES));
    }
    named.join(", ")
}
