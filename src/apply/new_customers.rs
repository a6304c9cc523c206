//! Responsible for telling whether the workspace that the token endpoint returned for a new
//! customer existed before the run. Such a workspace is adopted, not created.

use crate::api::Workspace;
use crate::ledger::CLOCK_DIFFERENCE;
use crate::model::{AdoptPolicy, Completeness, Observed, WorkspaceId};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The usual difference between the clocks of the API and of this machine, and the precision of times.
/// If the difference is larger, a new workspace may be listed before its first connector is created.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// The precision of creation times, and the usual difference between the clocks of the API's servers.
const SERVER_TOLERANCE: Duration = Duration::from_secs(2);

/// The largest difference between the clock of a proxy, which writes the `Date` header, and that of the
/// database, which writes creation times. A workspace that is older by less is not refused if the list of
/// customers was complete and did not have it.
const PROXY_TOLERANCE: Duration = Duration::from_secs(30);

/// When the token of a new customer was requested.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestTime {
    /// The time of this machine.
    pub(super) local: Timestamp,
    /// The earliest time by the API's clock, if it is known.
    pub(super) server: Option<Timestamp>,
}

/// What is known about customers that the plan creates.
#[derive(Clone, Debug, Default)]
pub struct NewCustomers {
    /// Whether the run may change a workspace that existed before.
    pub adopt: AdoptPolicy,
    /// Whether the list of customers may lack workspaces that existed before the run.
    is_incomplete: bool,
    /// The creation time of the newest object that the plan observed, by the server's clock.
    newest_observed: Option<Timestamp>,
    /// The workspaces that a listing after the approval showed.
    existing: BTreeSet<WorkspaceId>,
    /// Customers whose workspace interrupted runs of this ledger may have created, with the time of
    /// the first request.
    attempted: BTreeMap<String, Timestamp>,
}

impl NewCustomers {
    /// Takes the time of the newest object from the observed state.
    pub fn new(observed: &Observed, attempted: BTreeMap<String, Timestamp>) -> Self {
        let workspaces = observed
            .customers
            .values()
            .filter_map(|customer| customer.created_at.parse().ok());
        let connectors = observed
            .customers
            .values()
            .filter_map(|customer| customer.connectors.as_ref())
            .flatten()
            .filter_map(|(_, connector)| connector.created());
        Self {
            adopt: AdoptPolicy::default(),
            is_incomplete: observed.completeness != Completeness::Complete,
            newest_observed: workspaces.chain(connectors).max(),
            existing: BTreeSet::new(),
            attempted,
        }
    }

    /// Takes the workspaces that exist now. An approval takes time, in which another run may create
    /// workspaces of the same names.
    pub fn note_existing(&mut self, workspaces: impl IntoIterator<Item = WorkspaceId>) {
        self.existing.extend(workspaces);
    }

    /// Whether the workspace existed before the run and must not be changed.
    pub(super) fn refuses(&self, workspace: &Workspace, requested: RequestTime) -> bool {
        let tolerance = if self.is_incomplete {
            SERVER_TOLERANCE
        } else {
            PROXY_TOLERANCE
        };
        self.is_older(workspace, requested, tolerance)
            && self.adopt == AdoptPolicy::Refuse
            && !self.may_be_attempted(workspace)
    }

    /// Whether the workspace existed before the run. A workspace without a creation time counts as
    /// new. `tolerance` is the difference between the clocks of the API's servers.
    fn is_older(&self, workspace: &Workspace, requested: RequestTime, tolerance: Duration) -> bool {
        if self.existing.contains(&workspace.id) {
            return true;
        }
        let Ok(created) = workspace.created_at.parse::<Timestamp>() else {
            return false;
        };
        let RequestTime { local, server } = requested;
        self.newest_observed.is_some_and(|newest| created < newest)
            || server.is_some_and(|requested| created < requested - tolerance)
            || created < local - CLOCK_DIFFERENCE
    }

    /// Whether the workspace may contain connectors: it existed before the request for its token. A run
    /// on another machine may have created it since this run listed the workspaces.
    pub(super) fn may_have_content(&self, workspace: &Workspace, requested: RequestTime) -> bool {
        let created = workspace.created_at.parse::<Timestamp>();
        // No time proves enough if the list could lack the workspace.
        self.is_incomplete
            || created.is_ok_and(|created| created < requested.local - CLOCK_TOLERANCE)
            || self.is_older(workspace, requested, SERVER_TOLERANCE)
    }

    /// Whether an interrupted run may have created a workspace.
    fn may_be_attempted(&self, workspace: &Workspace) -> bool {
        let (attempted, created) = (
            self.attempted.get(&workspace.name),
            workspace.created_at.parse::<Timestamp>(),
        );
        attempted
            .zip(created.ok())
            .is_some_and(|(at, created)| created >= *at - CLOCK_DIFFERENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::{NewCustomers, RequestTime};
    use crate::api::Workspace;
    use crate::model::{AdoptPolicy, ObservedStatus, WorkspaceId};
    use jiff::Timestamp;

    const NOW: &str = "2026-03-01T12:00:00Z";

    fn workspace(created_at: &str) -> Workspace {
        Workspace {
            id: WorkspaceId(uuid::Uuid::nil()),
            name: "acme".to_owned(),
            organization_id: None,
            status: ObservedStatus::Active,
            cache: None,
            created_at: created_at.to_owned(),
        }
    }

    fn refuses(customers: &NewCustomers, created_at: &str) -> bool {
        customers.refuses(&workspace(created_at), requested(None))
    }

    fn requested(server: Option<&str>) -> RequestTime {
        RequestTime {
            local: time(NOW),
            server: server.map(time),
        }
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn refuses_workspace_that_existed_after_the_approval_is_true() {
        let mut customers = NewCustomers::default();
        customers.note_existing([workspace(NOW).id]);
        assert!(refuses(&customers, NOW));
    }

    #[test]
    fn refuses_recent_workspace_if_the_list_of_customers_was_incomplete() {
        let created = "2026-03-01T11:59:50Z";
        let refuses =
            |customers: NewCustomers| customers.refuses(&workspace(created), requested(Some(NOW)));
        assert!(!refuses(NewCustomers::default()));
        assert!(refuses(NewCustomers {
            is_incomplete: true,
            ..NewCustomers::default()
        }));
    }

    #[test]
    fn refuses_workspace_created_now_is_false() {
        assert!(!refuses(&NewCustomers::default(), NOW));
    }

    #[test]
    fn refuses_workspace_created_between_the_listing_and_the_request_is_true() {
        let refuses = |created_at, server| {
            NewCustomers::default().refuses(&workspace(created_at), requested(Some(server)))
        };
        assert!(refuses("2026-03-01T11:59:29Z", NOW));
        // The clock of a proxy may be ahead of the one that writes creation times.
        assert!(!refuses("2026-03-01T11:59:30Z", NOW));
        // The API's clock is a minute behind.
        assert!(!refuses("2026-03-01T11:59:00Z", "2026-03-01T11:59:00Z"));
        assert!(refuses("2026-03-01T11:58:29Z", "2026-03-01T11:59:00Z"));
    }

    #[test]
    fn refuses_workspace_of_the_day_before_is_true() {
        let customers = NewCustomers::default();
        assert!(refuses(&customers, "2026-02-28T12:00:00Z"));
    }

    #[test]
    fn refuses_workspace_older_than_an_observed_object_is_true() {
        let customers = NewCustomers {
            newest_observed: Some(time("2026-03-01T11:59:58Z")),
            ..NewCustomers::default()
        };
        assert!(refuses(&customers, "2026-03-01T11:59:57Z"));
        assert!(!refuses(&customers, "2026-03-01T11:59:59Z"));
    }

    #[test]
    fn refuses_older_workspace_with_permission_is_false() {
        let customers = NewCustomers {
            adopt: AdoptPolicy::Allow,
            ..NewCustomers::default()
        };
        assert!(!refuses(&customers, "2026-02-28T12:00:00Z"));
    }

    #[test]
    fn refuses_workspace_of_an_interrupted_run_is_false() {
        let customers = NewCustomers {
            attempted: [("acme".to_owned(), time("2026-02-28T12:00:05Z"))].into(),
            ..NewCustomers::default()
        };
        assert!(!refuses(&customers, "2026-02-28T12:00:00Z"));
        // The workspace existed before the first request.
        assert!(refuses(&customers, "2026-02-28T11:00:00Z"));
    }

    #[test]
    fn workspace_created_before_the_request_may_have_content() {
        let may_have_content = |created_at| {
            let customers = NewCustomers::default();
            customers.may_have_content(&workspace(created_at), requested(None))
        };
        assert!(may_have_content("2026-03-01T11:59:50Z"));
        assert!(!may_have_content("2026-03-01T11:59:58Z"));
        assert!(!may_have_content("2026-03-01T12:00:01Z"));
        assert!(!may_have_content(""));
    }

    #[test]
    fn refuses_workspace_without_creation_time_is_false() {
        assert!(!refuses(&NewCustomers::default(), ""));
    }
}
