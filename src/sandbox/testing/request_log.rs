//! Responsible for the request log of tests. A record does not contain secrets.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use crate::sandbox::world::{CheckOutcome, WorldChange};

/// The kind of token in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    None,
    Application,
    Scoped,
    Widget,
    /// An invalid token.
    Unknown,
}

/// The effect of a request on a workspace or a connector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEffect {
    pub object: Object,
    pub id: Uuid,
    /// The workspace itself, or the workspace of the connector.
    pub workspace: Uuid,
    /// The name after the request.
    pub name: String,
    pub mutation: Mutation,
    /// Whether a connector's credentials work, or whether a workspace is active.
    pub works: bool,
}

/// The kind of object that a request affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    Workspace,
    Connector,
}

/// The kind of change to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    Created,
    Changed,
    /// The deletion started.
    Deleted,
}

impl RecordedEffect {
    /// The effect of a change. `None` for objects of the organization, which tests do not observe.
    pub(crate) fn new(change: &WorldChange) -> Option<Self> {
        let mutation = |deleted: bool, is_new: bool| match (deleted, is_new) {
            (true, _) => Mutation::Deleted,
            (false, true) => Mutation::Created,
            (false, false) => Mutation::Changed,
        };
        Some(match change {
            WorldChange::Workspace(workspace) => Self {
                object: Object::Workspace,
                id: workspace.id,
                workspace: workspace.id,
                name: workspace.name.clone(),
                mutation: mutation(
                    workspace.deleted_at.is_some(),
                    workspace.created_at == workspace.updated_at,
                ),
                works: workspace.active,
            },
            WorldChange::Connector(connector) => Self {
                object: Object::Connector,
                id: connector.id,
                workspace: connector.workspace_id,
                name: connector.name.clone(),
                mutation: mutation(
                    connector.deletion.is_some(),
                    connector.created_at == connector.updated_at,
                ),
                works: connector.outcome != CheckOutcome::Fails,
            },
            WorldChange::Template(_)
            | WorldChange::ConnectionTemplate(_)
            | WorldChange::OauthApp(_) => return None,
        })
    }
}

/// A request with its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    pub method: String,
    pub target: String,
    /// The time of arrival since the start of the sandbox.
    pub at: Duration,
    /// The number of the listener that accepted the connection, from zero.
    pub listener: usize,
    pub operation: Option<String>,
    /// The status of the response. `None` without a response.
    pub status: Option<u16>,
    pub token: TokenKind,
    /// Whether the body contained a connector's credentials.
    pub credentials: bool,
    /// The field names of the body.
    pub fields: Vec<String>,
    /// The values of the name fields in the body.
    pub names: Vec<String>,
    /// The effects, even if the client received no response.
    pub effects: Vec<RecordedEffect>,
    /// The text form of the injected fault.
    pub fault: Option<String>,
    /// The violations of the contract in the response. Tests assert that the list is empty.
    pub off_contract: Vec<String>,
}

/// The most recent requests, oldest first.
#[derive(Debug)]
pub(crate) struct RequestLog {
    /// The records, and the number of dropped ones.
    entries: Mutex<(VecDeque<RequestRecord>, u64)>,
    capacity: usize,
}

/// The number of a record since the start of the sandbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordId(u64);

impl RequestLog {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            entries: Mutex::new((VecDeque::new(), 0)),
            capacity: capacity.max(1),
        }
    }

    /// Adds a request. Called on its arrival, so that the log contains requests without a response, too.
    pub(crate) fn append(&self, record: RequestRecord) -> RecordId {
        let mut guard = self.entries();
        let (entries, dropped) = &mut *guard;
        if entries.len() == self.capacity {
            entries.pop_front();
            *dropped += 1;
        }
        entries.push_back(record);
        RecordId(*dropped + u64::try_from(entries.len()).unwrap_or(u64::MAX) - 1)
    }

    /// Changes the record of a request.
    pub(crate) fn update(&self, id: RecordId, change: impl FnOnce(&mut RequestRecord)) {
        let mut guard = self.entries();
        let (entries, dropped) = &mut *guard;
        let index =
            id.0.checked_sub(*dropped)
                .and_then(|i| usize::try_from(i).ok());
        if let Some(record) = index.and_then(|i| entries.get_mut(i)) {
            change(record);
        }
    }

    pub(crate) fn read(&self) -> Vec<RequestRecord> {
        self.entries().0.iter().cloned().collect()
    }

    fn entries(&self) -> MutexGuard<'_, (VecDeque<RequestRecord>, u64)> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn update_after_oldest_record_was_dropped_changes_the_right_record() {
        let log = RequestLog::new(2);
        let entry = |target: &str| RequestRecord {
            method: "GET".into(),
            target: target.into(),
            at: Duration::ZERO,
            listener: 0,
            operation: None,
            status: None,
            token: TokenKind::None,
            credentials: false,
            fields: Vec::new(),
            names: Vec::new(),
            effects: Vec::new(),
            fault: None,
            off_contract: Vec::new(),
        };
        let first = log.append(entry("/1"));
        let second = log.append(entry("/2"));
        log.append(entry("/3"));
        log.update(first, |r| r.status = Some(500));
        log.update(second, |r| r.status = Some(200));
        let seen: Vec<(String, Option<u16>)> = log
            .read()
            .into_iter()
            .map(|r| (r.target, r.status))
            .collect();
        assert_eq!(seen, [("/2".into(), Some(200)), ("/3".into(), None)]);
    }
}
