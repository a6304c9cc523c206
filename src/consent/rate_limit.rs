//! Responsible for limiting how often one client asks.

use crate::model::LockUnpoisoned as _;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The period over which requests are counted.
const PERIOD: Duration = Duration::from_mins(1);
/// Requests of one client in a period. A person needs four, and a company has one address for its people and its mail
/// scanner.
const REQUESTS: u32 = 240;
/// The clients that are counted at the same time.
const CLIENTS: usize = 10_000;
/// Requests in a period of all clients that find the table full.
const OTHER_REQUESTS: u32 = 6_000;
/// The pause between two removals of old counts, so that a full table costs no request more than a lookup.
const REMOVE_EVERY: Duration = Duration::from_secs(1);
/// The bits of an IPv6 address that name the network of one client.
const NETWORK: u128 = !0 << 64;

/// Counts the requests of each client.
#[derive(Debug, Default)]
pub(super) struct RateLimit(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    clients: HashMap<IpAddr, Count>,
    /// The requests of clients that found the table full.
    others: Option<Count>,
    removed_at: Option<Instant>,
}

#[derive(Debug)]
struct Count {
    start: Instant,
    requests: u32,
}

impl RateLimit {
    /// Whether the client may send another request now.
    pub(super) fn admits(&self, client: IpAddr) -> bool {
        self.admits_at(client, Instant::now())
    }

    fn admits_at(&self, client: IpAddr, now: Instant) -> bool {
        let client = network(client);
        let mut counts = self.0.lock_unpoisoned();
        if !counts.clients.contains_key(&client) && counts.clients.len() >= CLIENTS {
            counts.remove_old(now);
            if counts.clients.len() >= CLIENTS {
                let others = counts.others.get_or_insert_with(|| Count::new(now));
                return others.add(now) <= OTHER_REQUESTS;
            }
        }
        let count = counts.clients.entry(client);
        count.or_insert_with(|| Count::new(now)).add(now) <= REQUESTS
    }
}

impl Counts {
    /// Removes the counts of past periods, unless that was done a moment ago.
    fn remove_old(&mut self, now: Instant) {
        let is_recent = |at: Instant| now.duration_since(at) < REMOVE_EVERY;
        if self.removed_at.is_some_and(is_recent) {
            return;
        }
        self.removed_at = Some(now);
        self.clients.retain(|_, count| !count.is_old(now));
    }
}

impl Count {
    fn new(start: Instant) -> Self {
        Self { start, requests: 0 }
    }

    fn is_old(&self, now: Instant) -> bool {
        now.duration_since(self.start) >= PERIOD
    }

    /// Counts a request, and returns the requests of this period.
    fn add(&mut self, now: Instant) -> u32 {
        if self.is_old(now) {
            *self = Self::new(now);
        }
        self.requests = self.requests.saturating_add(1);
        self.requests
    }
}

/// The address that stands for a client. One client usually has all addresses of an IPv6 network.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::{CLIENTS, OTHER_REQUESTS, PERIOD, REQUESTS, RateLimit};
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Instant;

    fn client(number: usize) -> IpAddr {
        Ipv4Addr::from_bits(u32::try_from(number).unwrap()).into()
    }

    #[test]
    fn admits_beyond_limit_refuses_only_this_client() {
        let limit = RateLimit::default();
        let [first, second] = ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse().unwrap());
        assert!((0..REQUESTS).all(|_| limit.admits(first)));
        assert!(!limit.admits(first));
        assert!(limit.admits(second));
    }

    #[test]
    fn admits_counts_an_ipv6_network_once() {
        let limit = RateLimit::default();
        let address = |text: &str| -> IpAddr { text.parse().unwrap() };
        for host in 0..REQUESTS {
            assert!(limit.admits(address(&format!("2001:db8:0:1::{host:x}"))));
        }
        assert!(!limit.admits(address("2001:db8:0:1:ffff::1")));
        assert!(limit.admits(address("2001:db8:0:2::1")));
    }

    #[test]
    fn admits_with_full_table_refuses_new_clients_only_beyond_their_limit() {
        let limit = RateLimit::default();
        let now = Instant::now();
        assert!((0..CLIENTS).all(|number| limit.admits_at(client(number), now)));
        let new = |number: u32| client(CLIENTS + usize::try_from(number).unwrap());
        assert!((0..OTHER_REQUESTS).all(|number| limit.admits_at(new(number), now)));
        assert!(!limit.admits_at(new(OTHER_REQUESTS), now));
        assert!(limit.admits_at(client(0), now));
        assert!(limit.admits_at(new(OTHER_REQUESTS), now + PERIOD));
    }
}
