//! Responsible for the cache of customers' scoped tokens: one slot for each customer, which is locked
//! while its token is requested. Does not request tokens.

use super::tokens::IssuedToken;
use crate::model::{LockUnpoisoned, WorkspaceId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex as SyncMutex};
use std::time::Duration;
use tokio::sync::Mutex;

/// The number of customers whose tokens are cached without a [`TokenUse`], so that memory does not
/// grow with the number of customers.
const CACHED_CUSTOMERS: usize = 256;

/// Lower bound for the lifetime that is learned from rejected scoped tokens.
const SHORTEST_LIFE: Duration = Duration::from_secs(20);

/// A scoped token whose workspace is not verified.
pub struct MintedToken {
    pub(super) issued: IssuedToken,
}

/// A scoped token and the workspace that it belongs to.
pub(super) struct Scoped {
    pub(super) issued: IssuedToken,
    pub(super) workspace: WorkspaceId,
}

type Slot = Mutex<Option<Arc<Scoped>>>;

/// Keeps the token of a customer cached while its steps are executed. Without it, a later step could
/// find the token dropped and request another one.
pub struct TokenUse {
    _slot: Arc<Slot>,
}

/// The cached tokens of customers.
pub(super) struct ScopedTokens {
    slots: SyncMutex<Slots>,
    /// The lifetime of scoped tokens: the documented one, or less if a token was rejected earlier.
    life: SyncMutex<Duration>,
}

struct Slots {
    by_customer: HashMap<String, Arc<Slot>>,
    /// The number of slots at which unused ones are dropped. At least twice the number of slots in
    /// use, so that the cost of a new slot does not grow with that number.
    drop_at: usize,
}

impl ScopedTokens {
    pub(super) fn new(life: Duration) -> Self {
        Self {
            slots: SyncMutex::new(Slots {
                by_customer: HashMap::new(),
                drop_at: CACHED_CUSTOMERS,
            }),
            life: SyncMutex::new(life),
        }
    }

    /// Keeps the token of a customer cached until the result is dropped.
    pub(super) fn keep(&self, customer: &str) -> TokenUse {
        TokenUse {
            _slot: self.slot(customer),
        }
    }

    /// The lifetime of a scoped token.
    pub(super) fn life(&self) -> Duration {
        *self.life.lock_unpoisoned()
    }

    /// Drops a customer's token that the server rejected, unless it has been replaced already. Its
    /// age is an upper bound for the lifetime of such tokens.
    pub(super) async fn reject(&self, customer: &str, rejected: &Arc<Scoped>) {
        let slot = self.slot(customer);
        let mut slot = slot.lock().await;
        if slot
            .take_if(|scoped| Arc::ptr_eq(scoped, rejected))
            .is_some()
        {
            let mut life = self.life.lock_unpoisoned();
            *life = rejected.issued.age().max(SHORTEST_LIFE).min(*life);
        }
    }

    /// Drops the tokens of a workspace that was renamed or deleted, because another workspace may
    /// get its name.
    pub(super) fn forget(&self, workspace: WorkspaceId) {
        let slots = self.slots.lock_unpoisoned();
        for slot in slots.by_customer.values() {
            // A locked slot is being filled by a call that reads the workspace first.
            if let Ok(mut slot) = slot.try_lock() {
                slot.take_if(|scoped| scoped.workspace == workspace);
            }
        }
    }

    pub(super) fn slot(&self, customer: &str) -> Arc<Slot> {
        self.slots.lock_unpoisoned().slot(customer)
    }
}

impl Slots {
    fn slot(&mut self, customer: &str) -> Arc<Slot> {
        if self.by_customer.len() >= self.drop_at && !self.by_customer.contains_key(customer) {
            self.by_customer
                .retain(|_, slot| Arc::strong_count(slot) > 1);
            self.drop_at = CACHED_CUSTOMERS.max(2 * self.by_customer.len());
        }
        Arc::clone(self.by_customer.entry(customer.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::{CACHED_CUSTOMERS, IssuedToken, Scoped, ScopedTokens, TokenUse};
    use crate::model::{LockUnpoisoned, SecretValue, WorkspaceId};
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    fn cache() -> ScopedTokens {
        ScopedTokens::new(Duration::from_mins(20))
    }

    fn size(tokens: &ScopedTokens) -> usize {
        tokens.slots.lock_unpoisoned().by_customer.len()
    }

    #[tokio::test(start_paused = true)]
    async fn scoped_token_rejected_early_shortens_the_lifetime() {
        let tokens = cache();
        let (known, short) = (Duration::from_secs(30), Duration::from_secs(20));
        for (age, life) in [(known, known), (known * 2, known), (short / 4, short)] {
            let token = SecretValue::new("t".to_owned());
            let issued = IssuedToken::new(token, Instant::now(), Duration::from_mins(20));
            let workspace = WorkspaceId(uuid::Uuid::nil());
            let scoped = Arc::new(Scoped { issued, workspace });
            *tokens.slot("a").lock().await = Some(Arc::clone(&scoped));
            advance(age).await;
            tokens.reject("a", &scoped).await;
            assert!(tokens.slot("a").lock().await.is_none());
            assert_eq!(tokens.life(), life);
        }
    }

    #[test]
    fn token_cache_with_many_customers_drops_unused_tokens() {
        let tokens = cache();
        let in_use = tokens.slot("in use");
        for n in 0..10 * CACHED_CUSTOMERS {
            tokens.slot(&n.to_string());
        }
        assert!(size(&tokens) <= CACHED_CUSTOMERS);
        assert!(Arc::ptr_eq(&in_use, &tokens.slot("in use")));
    }

    #[test]
    fn token_cache_with_many_customers_at_work_keeps_their_tokens() {
        let tokens = cache();
        let names: Vec<String> = (0..4 * CACHED_CUSTOMERS).map(|n| n.to_string()).collect();
        let at_work: Vec<TokenUse> = names.iter().map(|name| tokens.keep(name)).collect();
        let slots: Vec<_> = names
            .iter()
            .map(|name| Arc::downgrade(&tokens.slot(name)))
            .collect();
        for n in 0..8 * CACHED_CUSTOMERS {
            tokens.slot(&format!("later {n}"));
        }
        let is_same = |(name, slot): (&String, &std::sync::Weak<_>)| {
            slot.upgrade()
                .is_some_and(|slot| Arc::ptr_eq(&slot, &tokens.slot(name)))
        };
        assert!(names.iter().zip(&slots).all(is_same));
        assert!(size(&tokens) <= 8 * CACHED_CUSTOMERS);
        drop(at_work);
        for n in 0..8 * CACHED_CUSTOMERS {
            tokens.slot(&format!("last {n}"));
        }
        assert!(size(&tokens) <= 8 * CACHED_CUSTOMERS);
        assert!(slots.iter().all(|slot| slot.upgrade().is_none()));
    }
}
