//! Responsible for the replication settings that a plan has read, as the API returned them, so that an
//! update right after the plan does not read them again.

use super::Replication;
use crate::model::{ConnectorId, LockUnpoisoned};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// How long settings replace a new GET. It is not documented which changes set `updated_at`, so that an
/// equal time is no proof that the settings are the same. The API has no conditional updates, so a
/// change by someone else between a GET and a PUT is always possible, and this bounds how long ago the
/// GET can be.
const RECENT: Duration = Duration::from_secs(10);

/// The number of connectors whose settings are kept. More cannot be updated before they are outdated.
const MOST: usize = 10_000;

/// Settings by connector, with the time before their GET.
#[derive(Default)]
pub(super) struct RecentSettings(Mutex<HashMap<ConnectorId, (Instant, Replication)>>);

impl RecentSettings {
    pub(super) fn keep(&self, id: ConnectorId, sent_at: Instant, settings: Replication) {
        let mut entries = self.0.lock_unpoisoned();
        if entries.len() < MOST {
            entries.insert(id, (sent_at, settings));
        }
    }

    /// The settings of a connector, once. `updated_at` is the time of its last change in a list that was
    /// read later: settings of another time are outdated, and those without a time may be.
    pub(super) fn remove(&self, id: ConnectorId, updated_at: Option<&str>) -> Option<Replication> {
        let (sent_at, settings) = self.0.lock_unpoisoned().remove(&id)?;
        let is_recent = sent_at.elapsed() <= RECENT;
        let is_unchanged = updated_at.is_some() && settings.updated_at.as_deref() == updated_at;
        (is_recent && is_unchanged).then_some(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::{ConnectorId, Duration, Instant, RECENT, RecentSettings, Replication};
    use tokio::time::advance;

    fn settings() -> Replication {
        Replication {
            settings: serde_json::Map::new(),
            updated_at: Some("1".to_owned()),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn recent_settings_are_used_once_and_expire() {
        let recent = RecentSettings::default();
        let id = ConnectorId(uuid::Uuid::nil());
        recent.keep(id, Instant::now(), settings());
        advance(RECENT).await;
        assert!(recent.remove(id, Some("1")).is_some());
        assert!(recent.remove(id, Some("1")).is_none());
        recent.keep(id, Instant::now(), settings());
        advance(RECENT + Duration::from_millis(1)).await;
        assert!(recent.remove(id, Some("1")).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn recent_settings_of_another_update_time_are_outdated() {
        let recent = RecentSettings::default();
        let id = ConnectorId(uuid::Uuid::nil());
        for updated_at in [None, Some("2")] {
            recent.keep(id, Instant::now(), settings());
            assert!(recent.remove(id, updated_at).is_none());
        }
    }
}
