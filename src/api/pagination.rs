//! Responsible for listing all workspaces, and for whether the list is complete. A list is complete
//! if its last page was reached, no workspace was listed twice, and the statistics of the API, read
//! beside the last page or after it, count as many workspaces. The ledger tells which page is probably the
//! last.
//!
//! Does not follow a list that does not end: a listing fails after a page without a new workspace, after
//! many more rows than the statistics count, and at the largest number of rows, whatever they count.

use super::error::{ApiError, ApiErrorKind};
use super::options::Limits;
use super::request::Request;
use super::wire::{StatsResponse, WorkspacePage, WorkspaceResponse};
use super::{FirstPage, Reader, Workspace, request};
use crate::events::{Event, Sink};
use crate::model::{Completeness, LockUnpoisoned, WorkspaceId};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// The listed workspaces, and whether the list is complete.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listing {
    /// Live workspaces by id.
    pub items: BTreeMap<WorkspaceId, Workspace>,
    /// Whether these are all live workspaces.
    pub completeness: Completeness,
}

/// Rows that a list may have beyond twice the count of the statistics.
const SLACK: usize = 1_000;

/// The rows of a listing so far.
#[derive(Default)]
struct Rows {
    items: BTreeMap<WorkspaceId, Workspace>,
    /// The number of rows, with duplicates and tombstones.
    count: usize,
    /// The bytes of text in the rows.
    text: usize,
    /// The largest expected number of rows, once it is known.
    limit: Option<usize>,
    statistics: Statistics,
    /// Whether the statistics were read beside the last page.
    is_counted_last: bool,
    /// Whether there are more rows than may be read, so that a further listing is not worth it.
    is_too_long: bool,
    flaw: Option<String>,
}

/// What the statistics count.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum Statistics {
    /// They are not read, unless the list is long.
    #[default]
    NotNeeded,
    /// They are read beside the page that ends a list of this number, if the list has one, else after the last page.
    Needed(u64),
    /// The server has none.
    Missing,
    Count(u64),
}

impl Statistics {
    fn count(self) -> Option<u64> {
        match self {
            Self::Count(count) => Some(count),
            Self::NotNeeded | Self::Needed(_) | Self::Missing => None,
        }
    }

    /// How a list differs from the count, if it does.
    fn difference(self, listed: usize) -> Option<String> {
        let Some(counted) = self.count() else {
            return Some("the server has no statistics to compare with".to_owned());
        };
        let is_equal = u64::try_from(listed) == Ok(counted);
        (!is_equal)
            .then(|| format!("{listed} workspaces are listed, the statistics count {counted}"))
    }
}

impl Rows {
    /// With statistics, for a list that probably has this number of workspaces.
    fn with_statistics(expected: u64) -> Self {
        Self {
            statistics: Statistics::Needed(expected),
            ..Self::default()
        }
    }

    /// The error of a list that is longer than any that is read.
    fn too_long(&mut self, reason: String) -> ApiError {
        self.is_too_long = true;
        ApiErrorKind::EndlessList(reason).into()
    }
}

impl Reader {
    /// Lists every live workspace (`list_workspaces`, `get_workspaces_stats`). A listing that is
    /// incomplete, contradicts itself or does not end is read again, because workspaces may have been
    /// created, renamed or deleted meanwhile. `events` receives the number of workspaces listed so far.
    pub async fn workspaces(&self, events: &dyn Sink) -> Result<Listing, ApiError> {
        self.workspaces_from(None, events).await
    }

    /// As [`Self::workspaces`], with a first page that is under way already.
    pub async fn workspaces_from(
        &self,
        mut first: Option<FirstPage>,
        events: &dyn Sink,
    ) -> Result<Listing, ApiError> {
        // Every organization starts with a workspace of its own.
        let expected = self.client.recorded_places.lock_unpoisoned().workspaces as u64 + 1;
        for _ in 1..self.client.options.limits.listings {
            let mut rows = Rows::with_statistics(expected);
            match self.list_once(&mut rows, first.take(), events).await {
                Ok(listing) if listing.completeness != Completeness::Complete => {}
                Err(error) if error.is_inconsistent_list() && !rows.is_too_long => {}
                outcome => return outcome,
            }
        }
        self.list_once(&mut Rows::with_statistics(expected), first, events)
            .await
    }

    /// Lists every live workspace that has one of these names, and those whose names contain one. Reads no page of the
    /// others.
    pub async fn workspaces_named(
        &self,
        names: &BTreeSet<String>,
        events: &dyn Sink,
    ) -> Result<Listing, ApiError> {
        let mut items = BTreeMap::new();
        let mut flaw = None;
        for name in names {
            let mut rows = Rows::default();
            let before = items.len();
            let emit = |done| {
                events.emit(Event::CustomersListed {
                    done: before + done,
                });
            };
            let pages = self.read_pages(&mut rows, Some(name), None, emit);
            flaw = pages.await?.or(flaw);
            items.extend(std::mem::take(&mut rows.items));
            let most = self.client.options.limits.rows;
            if items.len() > most {
                let reason = format!("its names match more than {most} workspaces");
                return Err(rows.too_long(reason));
            }
        }
        Ok(Listing {
            items,
            completeness: flaw.map_or(Completeness::Complete, Completeness::Incomplete),
        })
    }

    /// Reads all pages once, without the statistics, and without events. `None` if the listing has a
    /// flaw or contradicts itself. `expected` replaces the count of the statistics.
    pub(super) async fn list_rows(
        &self,
        expected: usize,
    ) -> Result<Option<BTreeMap<WorkspaceId, Workspace>>, ApiError> {
        let mut rows = Rows {
            limit: Some(self.limit_of(expected)),
            ..Rows::default()
        };
        match self.read_pages(&mut rows, None, None, |_| ()).await {
            Ok(None) => Ok(Some(rows.items)),
            Ok(Some(_)) => Ok(None),
            Err(error) if error.is_inconsistent_list() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn list_once(
        &self,
        rows: &mut Rows,
        first: Option<FirstPage>,
        events: &dyn Sink,
    ) -> Result<Listing, ApiError> {
        let emit = |done| events.emit(Event::CustomersListed { done });
        let flaw = match self.read_pages(rows, None, first, emit).await? {
            Some(flaw) => Some(flaw),
            None => self.compare_with_statistics(rows).await?,
        };
        if flaw.is_none() {
            let mut known = self.client.known_workspaces.lock_unpoisoned();
            known.get_or_insert_default().extend(rows.items.keys());
        }
        Ok(Listing {
            items: std::mem::take(&mut rows.items),
            completeness: flaw.map_or(Completeness::Complete, Completeness::Incomplete),
        })
    }

    /// Reads all pages, of the workspaces whose names contain `part`. Returns why the list is incomplete, if it is. Fails
    /// if the list does not end.
    async fn read_pages(
        &self,
        rows: &mut Rows,
        part: Option<&str>,
        mut first: Option<FirstPage>,
        listed: impl Fn(usize),
    ) -> Result<Option<String>, ApiError> {
        let mut cursor: Option<String> = None;
        loop {
            let limit = self.client.options.limits.page;
            let request = request::list_workspaces(limit, part, cursor.as_deref());
            let page = self.page(&request, first.take(), rows).await?;
            let has_new_id = self.add_page(page.data, rows)?;
            listed(rows.items.len());
            let next = page.next.unwrap_or_default();
            if next.is_empty() {
                return Ok(rows.flaw.take());
            }
            if !has_new_id {
                let reason = "a page has no new workspace, and links to another page".to_owned();
                return Err(ApiErrorKind::EndlessList(reason).into());
            }
            self.check_row_count(rows).await?;
            let Some(next) = self.cursor_of(&next) else {
                return Ok(Some(
                    "the link to the next page leads to another host or has no cursor".to_owned(),
                ));
            };
            cursor = Some(next);
        }
    }

    async fn page(
        &self,
        request: &Request<'_>,
        first: Option<FirstPage>,
        rows: &mut Rows,
    ) -> Result<WorkspacePage, ApiError> {
        let page = async {
            if let Some(first) = first
                && let Some(response) = first.response().await
            {
                return response?.decode();
            }
            self.client.as_application(request).await?.decode()
        };
        rows.is_counted_last = match rows.statistics {
            Statistics::Needed(expected) | Statistics::Count(expected) => {
                self.is_last_page(rows.count, expected)
            }
            Statistics::NotNeeded | Statistics::Missing => false,
        };
        if !rows.is_counted_last {
            return page.await;
        }
        let (page, statistics) = tokio::try_join!(page, self.workspace_statistics())?;
        rows.statistics = statistics;
        Ok(page)
    }

    /// Whether the next page after this number of rows is the last one of a list with the expected number.
    fn is_last_page(&self, rows: usize, expected: u64) -> bool {
        let rows = rows as u64;
        let page = u64::from(self.client.options.limits.page);
        rows < expected && expected <= rows.saturating_add(page)
    }

    /// Adds a page. Returns whether the page contains a workspace that no earlier page contained.
    fn add_page(&self, page: Vec<WorkspaceResponse>, rows: &mut Rows) -> Result<bool, ApiError> {
        let mut has_new_id = false;
        rows.count = rows.count.saturating_add(page.len());
        for response in page {
            let Some(workspace) = response.into_live() else {
                // Not remembered: the number of rows bounds a list of tombstones.
                has_new_id = true;
                continue;
            };
            self.client.check_organization(workspace.organization_id)?;
            let id = workspace.id;
            rows.text = rows.text.saturating_add(workspace.text_size());
            match rows.items.entry(id) {
                Entry::Vacant(entry) => {
                    entry.insert(workspace);
                    has_new_id = true;
                }
                Entry::Occupied(entry) if *entry.get() == workspace => {
                    rows.flaw = Some(format!("workspace {id} was listed twice"));
                }
                Entry::Occupied(_) => {
                    let row = format!("workspace {id}");
                    return Err(ApiErrorKind::InconsistentList(row).into());
                }
            }
        }
        Ok(has_new_id)
    }

    /// Fails if the list has far more rows than the statistics count, or more than are read. A list of the workspaces with
    /// some name needs the statistics only if it is long.
    async fn check_row_count(&self, rows: &mut Rows) -> Result<(), ApiError> {
        let Limits {
            rows: most, text, ..
        } = self.client.options.limits;
        if rows.text > text {
            let reason = format!(
                "its names have {} bytes, and airlift reads up to {text}",
                rows.text
            );
            return Err(rows.too_long(reason));
        }
        if rows.count > SLACK && rows.limit.is_none() {
            if let Statistics::NotNeeded | Statistics::Needed(_) = rows.statistics {
                rows.statistics = self.workspace_statistics().await?;
            }
            let count = rows.statistics.count().unwrap_or(most as u64);
            if count > most as u64 {
                return Err(rows.too_long(format!(
                    "the statistics count {count} workspaces, and airlift reads up to {most}"
                )));
            }
            rows.limit = Some(self.limit_of(usize::try_from(count).unwrap_or(most)));
        }
        let (count, limit) = (rows.count, rows.limit.unwrap_or(most));
        if count <= limit {
            return Ok(());
        }
        if limit == most {
            let reason = format!("{count} rows were read, and airlift reads up to {most}");
            return Err(rows.too_long(reason));
        }
        let reason = format!("{count} rows were read, and up to {limit} are expected");
        Err(ApiErrorKind::EndlessList(reason).into())
    }

    fn limit_of(&self, count: usize) -> usize {
        let limit = count.saturating_mul(2).saturating_add(SLACK);
        limit.min(self.client.options.limits.rows)
    }

    async fn workspace_statistics(&self) -> Result<Statistics, ApiError> {
        let request = request::workspace_stats();
        match self.client.as_application(&request).await {
            Ok(success) => {
                let statistics: StatsResponse = success.decode()?;
                Ok(Statistics::Count(statistics.total_count))
            }
            Err(error) if error.is_not_found() => Ok(Statistics::Missing),
            Err(error) => Err(error),
        }
    }

    /// Compares the number of listed workspaces with the count that was read beside the last page. If they differ, or no
    /// count was read beside the last page, other clients may have created or deleted workspaces since the count, so the
    /// statistics are read again.
    async fn compare_with_statistics(&self, rows: &Rows) -> Result<Option<String>, ApiError> {
        let listed = rows.items.len();
        let difference = rows.statistics.difference(listed);
        let is_equal = rows.is_counted_last && difference.is_none();
        if is_equal || rows.statistics == Statistics::Missing {
            return Ok(difference);
        }
        let statistics = self.workspace_statistics().await?;
        Ok(statistics.difference(listed))
    }

    /// The cursor in `next`, which is a cursor or a link on this origin. Only the cursor of a link is
    /// used, in a new request. A link to another origin has no cursor.
    fn cursor_of(&self, next: &str) -> Option<String> {
        let is_link = next.contains("://") || next.contains('?') || next.starts_with("/api/");
        if !is_link {
            return Some(next.to_owned());
        }
        let query = self.client.transport.target.query_of(next)?;
        query
            .into_iter()
            .find(|(name, value)| name == "cursor" && !value.is_empty())
            .map(|(_, value)| value)
    }
}
