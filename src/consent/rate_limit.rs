//! Responsible for limiting how often one client asks.

use crate::model::LockUnpoisoned as _;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The period over which requests are counted.
const PERIOD: Duration = Duration::from_mins(1);
/// Requests of one client in a period. A person needs four.
const REQUESTS: u32 = 60;
/// The clients that are counted at the same time. More share one count.
const CLIENTS: usize = 10_000;

/// Counts the requests of each client.
#[derive(Debug, Default)]
pub(super) struct RateLimit(Mutex<HashMap<Option<IpAddr>, (Instant, u32)>>);

impl RateLimit {
    /// Whether the client may send another request now.
    pub(super) fn admits(&self, client: IpAddr) -> bool {
        let now = Instant::now();
        let mut counts = self.0.lock_unpoisoned();
        let is_known = counts.contains_key(&Some(client));
        if !is_known && counts.len() >= CLIENTS {
            counts.retain(|_, (start, _)| now.duration_since(*start) < PERIOD);
        }
        let key = (is_known || counts.len() < CLIENTS).then_some(client);
        let (start, count) = counts.entry(key).or_insert((now, 0));
        if now.duration_since(*start) >= PERIOD {
            (*start, *count) = (now, 0);
        }
        *count += 1;
        *count <= REQUESTS
    }
}

#[cfg(test)]
mod tests {
    use super::{REQUESTS, RateLimit};

    #[test]
    fn admits_beyond_limit_refuses_only_this_client() {
        let limit = RateLimit::default();
        let [first, second] = ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse().unwrap());
        assert!((0..REQUESTS).all(|_| limit.admits(first)));
        assert!(!limit.admits(first));
        assert!(limit.admits(second));
    }
}
