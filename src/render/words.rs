//! Plain words for the plan's codes, as short as a line of a plan needs them.
//!
//! Every match is exhaustive: a new reason does not compile before it has words. The longer
//! texts are in `explain`.

use super::sanitize::Safe;
use crate::apply::Outcome;
use crate::catalog;
use crate::model::WhyUnverified;
use crate::plan::{Action, DriftKind, DriftSubject, Operation, Reason};

/// Why a step exists.
pub(super) fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::MissingRemote => "not there yet",
        Reason::DeletedOutOfBand => "was deleted outside airlift",
        Reason::FoundByName => "found by its name",
        Reason::FieldChanged => "a declared field differs",
        Reason::Renamed => "renamed in the files",
        Reason::KeyRemoved => "a key is no longer declared",
        Reason::SecretRotated => "a secret is not what was last sent",
        Reason::StoreVersionChanged => "a secret's store has another version",
        Reason::CredentialsVersionChanged => "credentials_version was changed",
        Reason::Requested => "rotation was asked for",
        Reason::TypeChanged => "the type changed, which no update can do",
        Reason::EnvironmentChanged => "the environment changed, which no update can do",
        Reason::TemplateChanged => "the template changed, which no update can do",
        Reason::SecretInConfig => "replication_config holds a secret, which no update can carry",
        Reason::NotInConfig => "ours, and no longer in the files",
        Reason::Superseded => "left over from a replacement or deletion that did not finish",
        Reason::SetAfterCreation => "set right after creation, which cannot carry it",
    }
}

/// Why a secret could not be compared.
pub(super) fn unverified(why: WhyUnverified) -> &'static str {
    match why {
        WhyUnverified::Unavailable => "the reference cannot be resolved here",
        WhyUnverified::NotAsked => "no secrets were to be read (--no-secrets)",
        WhyUnverified::KeyChanged => "the key of the fingerprints changed",
        WhyUnverified::NeverSent => "adopted: never sent by airlift",
        WhyUnverified::Manual => "rotation: manual, so it is not read to compare",
    }
}

/// What was to be done, in a report.
pub(super) fn action(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "change",
        Action::Rename => "rename",
        Action::Adopt => "adopt",
        Action::Rotate => "rotate",
        Action::Replace => "replace",
        Action::Delete => "delete",
    }
}

/// How something changed out of band.
pub(super) fn drift(kind: DriftKind) -> &'static str {
    match kind {
        DriftKind::Gone => "gone",
        DriftKind::RenamedRemotely => "renamed",
        DriftKind::ChangedRemotely => "changed",
        DriftKind::Appeared => "new, not ours",
    }
}

/// What drifted: a customer, or a type of connector.
pub(super) fn drifted(subject: DriftSubject) -> String {
    match subject {
        DriftSubject::Customer(_) => "customer".to_owned(),
        DriftSubject::Connector(_, definition) => {
            let id = definition.to_string();
            catalog::find(&id).map_or(id, |known| known.name.clone())
        }
    }
}

/// What became of an operation.
pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Failed => "failed",
        Outcome::Blocked => "blocked",
        Outcome::Stale => "stale",
        Outcome::Unknown => "unknown",
        Outcome::NotAttempted => "not attempted",
    }
}

/// What a step concerns: a customer, or a type of connector.
pub(super) fn kind(operation: &Operation) -> &str {
    match operation {
        Operation::CreateCustomer { .. }
        | Operation::AdoptCustomer { .. }
        | Operation::UpdateCustomer { .. }
        | Operation::DeleteCustomer { .. } => "customer",
        Operation::CreateConnector { body }
        | Operation::AdoptConnector { body, .. }
        | Operation::UpdateConnector { body, .. }
        | Operation::ReplaceConnector { body, .. } => body.kind.as_str(),
        Operation::DeleteConnector { .. } => "connector",
    }
}

/// How a step is carried out, where its symbol does not say all.
pub(super) fn how(operation: &Operation) -> Option<Safe> {
    let text = match operation {
        Operation::ReplaceConnector { id, .. } => {
            format!("check, create anew, then delete {id}")
        }
        Operation::DeleteConnector { id } => format!("delete {id}"),
        Operation::DeleteCustomer { workspace_id, .. } => {
            format!("delete workspace {workspace_id} and all it holds")
        }
        Operation::UpdateCustomer { retire: true, .. } => {
            "suspend it; nothing is lost, --delete-customers deletes it".to_owned()
        }
        Operation::AdoptConnector { id, .. } => format!("take over {id}; nothing is written"),
        Operation::AdoptCustomer { workspace_id } => {
            format!("take over {workspace_id}; nothing is written")
        }
        Operation::CreateCustomer { .. }
        | Operation::UpdateCustomer { .. }
        | Operation::CreateConnector { .. }
        | Operation::UpdateConnector { .. } => return None,
    };
    Some(Safe::new(text))
}

/// A count with its noun: `1 error`, `2 errors`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// A code as machines read it.
pub(super) fn code(code: impl serde::Serialize) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(code)) => code,
        _ => String::new(),
    }
}

/// What became of operations, as a heading.
pub(super) fn title(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "Done",
        Outcome::Failed => "Failed",
        Outcome::Blocked => "Blocked",
        Outcome::Stale => "Stale",
        Outcome::Unknown => "Unknown",
        Outcome::NotAttempted => "Not attempted",
    }
}
