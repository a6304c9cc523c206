//! Responsible for proving that workspaces are new. A workspace is new if a listing has its name
//! exactly once, and no complete listing that the session read before had its id. A new workspace was
//! created by a token request since then, so it is empty. A few pages prove that for many workspaces,
//! where look-ups by id would be two requests for each.

use super::{ApiError, Reader, Workspace};
use crate::model::{LockUnpoisoned, WorkspaceId};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::Instant;

/// The ids of the complete listings of a session; `None` before the first one.
pub(super) type KnownWorkspaces = Option<BTreeSet<WorkspaceId>>;

/// The new workspaces of a listing.
#[derive(Debug)]
pub struct NewWorkspaces {
    by_name: BTreeMap<String, Workspace>,
    /// When the last page was read.
    ended: Instant,
}

impl NewWorkspaces {
    /// The new workspace of a name, if the name is listed exactly once. `requested` is the time before the request that
    /// may have created it: a listing that ended before does not have it.
    pub fn find(&self, name: &str, requested: Instant) -> Option<&Workspace> {
        let workspace = self.by_name.get(name);
        workspace.filter(|_| self.ended >= requested)
    }
}

impl Reader {
    /// The number of workspaces of the complete listing of the session; `None` without one.
    pub fn known_workspaces(&self) -> Option<usize> {
        let known = self.client.known_workspaces.lock_unpoisoned();
        known.as_ref().map(BTreeSet::len)
    }

    /// The number of pages of a listing with this number of workspaces.
    pub fn pages_of(&self, workspaces: usize) -> usize {
        let page = usize::try_from(self.client.options.limits.page).unwrap_or(usize::MAX);
        workspaces.div_ceil(page.max(1))
    }

    /// Lists all workspaces once, of which up to `expected` exist. Without a complete listing before,
    /// and if the listing is flawed, no workspace is new.
    pub async fn new_workspaces(&self, expected: usize) -> Result<NewWorkspaces, ApiError> {
        let listed = self.list_rows(expected).await?;
        let known = self.client.known_workspaces.lock_unpoisoned();
        let by_name = match (&*known, listed) {
            (Some(known), Some(rows)) => new_of(rows.into_values(), known),
            _ => BTreeMap::new(),
        };
        let ended = Instant::now();
        Ok(NewWorkspaces { by_name, ended })
    }
}

fn new_of(
    rows: impl Iterator<Item = Workspace>,
    known: &BTreeSet<WorkspaceId>,
) -> BTreeMap<String, Workspace> {
    let mut named: BTreeMap<String, Workspace> = BTreeMap::new();
    let mut repeated = BTreeSet::new();
    for workspace in rows {
        match named.entry(workspace.name.clone()) {
            Entry::Vacant(entry) => drop(entry.insert(workspace)),
            Entry::Occupied(_) => drop(repeated.insert(workspace.name)),
        }
    }
    named.retain(|name, workspace| !repeated.contains(name) && !known.contains(&workspace.id));
    named
}

#[cfg(test)]
mod tests {
    use super::{NewWorkspaces, Workspace, new_of};
    use crate::model::{ObservedStatus, WorkspaceId};
    use std::time::Duration;
    use tokio::time::Instant;

    fn id(n: u128) -> WorkspaceId {
        WorkspaceId(uuid::Uuid::from_u128(n))
    }

    fn row(n: u128, name: &str) -> Workspace {
        Workspace {
            id: id(n),
            name: name.to_owned(),
            organization_id: None,
            status: ObservedStatus::Active,
            cache: None,
            created_at: String::new(),
        }
    }

    #[test]
    fn new_workspaces_have_unknown_ids_and_unrepeated_names() {
        let rows = [
            row(1, "known"),
            row(2, "new"),
            row(3, "twice"),
            row(4, "twice"),
            row(5, "also known"),
            row(6, "also known"),
        ];
        let new = new_of(rows.into_iter(), &[id(1), id(5)].into());
        let ids: Vec<WorkspaceId> = new.values().map(|workspace| workspace.id).collect();
        assert_eq!(ids, [id(2)]);
    }

    #[test]
    fn find_of_listing_before_the_request_is_none() {
        let ended = Instant::now();
        let by_name = [("new".to_owned(), row(2, "new"))].into();
        let new = NewWorkspaces { by_name, ended };
        assert_eq!(new.find("new", ended).unwrap().id, id(2));
        assert_eq!(new.find("other", ended), None);
        assert_eq!(new.find("new", ended + Duration::from_millis(1)), None);
    }
}
