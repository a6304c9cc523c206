//! Responsible for the store of saved plans, beside a ledger or in a directory of an object store:
//! writes plans, finds them by id, and removes old ones. Does not know their content.

use super::{LedgerError, LedgerStore, SharedStore};
use crate::ledger::store::Put;
use crate::model::OrganizationId;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;

const DIR: &str = "plans";
/// The most plans that are kept.
const MOST: usize = 50;
/// How long a plan is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The largest plan that is read. A plan of 100,000 changes has about 100 MB.
pub const MAX_PLAN_SIZE: u64 = 256 << 20;
/// The form of the time in a name, so that names sort by time.
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// A store of saved plans.
#[derive(Clone, Debug)]
pub struct PlanStore(LedgerStore);

/// The name of a plan in a store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredPlan {
    /// The plan's id.
    pub id: String,
    created_at: Timestamp,
    name: String,
}

impl StoredPlan {
    /// A name that [`PlanStore::save`] made. Other objects are left alone.
    fn from_name(name: &str) -> Option<Self> {
        let (_, file) = name.rsplit_once('/')?;
        let (time, id) = file.strip_suffix(".json")?.split_once('-')?;
        let is_id = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let created_at = DateTime::strptime(TIME, time).ok()?;
        let created_at = created_at.to_zoned(TimeZone::UTC).ok()?.timestamp();
        is_id.then(|| Self {
            id: id.to_owned(),
            created_at,
            name: name.to_owned(),
        })
    }
}

impl PlanStore {
    /// The store beside the ledger of an organization.
    pub fn of_ledger(root: &LedgerStore, organization: OrganizationId) -> Self {
        Self(root.for_organization(organization))
    }

    /// The store below an address.
    pub fn shared(store: SharedStore) -> Self {
        Self(LedgerStore::Shared(store))
    }

    /// Writes a plan, and returns its place for messages.
    pub async fn save(
        &self,
        created_at: Timestamp,
        id: &str,
        text: &str,
    ) -> Result<PathBuf, LedgerError> {
        let name = format!("{DIR}/{}-{id}.json", created_at.strftime(TIME));
        match &self.0 {
            LedgerStore::Local(local) => local.replace(&name, text.as_bytes()).map(drop)?,
            LedgerStore::Shared(shared) => {
                // A plan is written once, so it needs no lease.
                let put = shared.put(&name, text.as_bytes(), None).await?;
                if matches!(put, Put::Conflict) {
                    return Err(LedgerError::Changed {
                        path: self.0.shown(&name),
                    });
                }
            }
        }
        Ok(self.0.shown(&name))
    }

    /// Removes plans that are older than 30 days, and all but the newest 50. Leaves names from the
    /// future alone, which would push out the plans of today.
    pub async fn remove_old(&self, now: Timestamp) -> Result<(), LedgerError> {
        let mut plans = self.plans().await?;
        plans.retain(|plan| plan.created_at <= now);
        let surplus = plans.len().saturating_sub(MOST);
        for (index, plan) in plans.iter().enumerate() {
            if index < surplus || now.duration_since(plan.created_at) > KEPT {
                match &self.0 {
                    LedgerStore::Local(_) => self.0.remove(&plan.name).await?,
                    LedgerStore::Shared(shared) => shared.remove_unlocked(&plan.name).await?,
                }
            }
        }
        Ok(())
    }

    /// The plans whose ids start with these digits, the oldest first.
    pub async fn find(&self, id: &str) -> Result<Vec<StoredPlan>, LedgerError> {
        let mut plans = self.plans().await?;
        plans.retain(|plan| plan.id.starts_with(id));
        Ok(plans)
    }

    /// The text of a plan, or `None` if another run removed it.
    pub async fn read(&self, plan: &StoredPlan) -> Result<Option<Vec<u8>>, LedgerError> {
        let text = self.0.read_up_to(&plan.name, MAX_PLAN_SIZE).await?;
        Ok(text.map(String::into_bytes))
    }

    /// Copies the plans that another store does not have, and returns how many.
    pub async fn copy_to(&self, target: &Self) -> Result<usize, LedgerError> {
        let known = target.plans().await?;
        let mut copied = 0;
        for plan in self.plans().await? {
            if known.iter().any(|other| other.name == plan.name) {
                continue;
            }
            if let Some(text) = self.0.read_up_to(&plan.name, MAX_PLAN_SIZE).await? {
                target.save(plan.created_at, &plan.id, &text).await?;
                copied += 1;
            }
        }
        Ok(copied)
    }

    async fn plans(&self) -> Result<Vec<StoredPlan>, LedgerError> {
        let names = self.0.list(DIR).await?;
        Ok(names
            .iter()
            .filter_map(|name| StoredPlan::from_name(name))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, PlanStore};
    use crate::ledger::{LedgerStore, SharedStore};
    use crate::model::OrganizationId;
    use jiff::{SignedDuration, Timestamp};
    use object_store::memory::InMemory;
    use std::sync::Arc;
    use uuid::Uuid;

    fn id(number: usize) -> String {
        format!("{number:064x}")
    }

    fn stores() -> (tempfile::TempDir, [PlanStore; 2]) {
        let dir = tempfile::tempdir().unwrap();
        let local = LedgerStore::from(dir.path());
        let local = PlanStore::of_ledger(&local, OrganizationId(Uuid::nil()));
        let memory = SharedStore::new(Arc::new(InMemory::new()), "dir", "s3://bucket/dir");
        (dir, [local, PlanStore::shared(memory)])
    }

    #[tokio::test]
    async fn plan_store_finds_a_plan_by_the_start_of_its_id() {
        let (_dir, stores) = stores();
        for store in stores {
            assert_eq!(store.find(&id(1)).await.unwrap(), []);
            for number in [1, 2] {
                let text = format!("plan {number}");
                store
                    .save(Timestamp::UNIX_EPOCH, &id(number), &text)
                    .await
                    .unwrap();
            }
            assert_eq!(store.find("00000000").await.unwrap().len(), 2);
            let plans = store.find(&id(2)).await.unwrap();
            let text = store.read(&plans[0]).await.unwrap();
            assert_eq!(text.as_deref(), Some(b"plan 2".as_slice()));
        }
    }

    #[tokio::test]
    async fn plan_store_keeps_the_newest_plans_of_30_days() {
        let (_dir, stores) = stores();
        for store in stores {
            let day = |number: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * number);
            store.save(day(0), &id(0), "").await.unwrap();
            store.save(day(20), &id(1), "").await.unwrap();
            store.remove_old(day(31)).await.unwrap();
            let plans = store.find("00000000").await.unwrap();
            assert_eq!(plans.len(), 1);
            assert_eq!(plans[0].id, id(1));
            for number in 0..MOST {
                store.save(day(30), &id(100 + number), "").await.unwrap();
            }
            store.remove_old(day(31)).await.unwrap();
            let plans = store.find("00000000").await.unwrap();
            assert_eq!(plans.len(), MOST);
            assert!(plans.iter().all(|plan| plan.id != id(1)));
        }
    }
}
