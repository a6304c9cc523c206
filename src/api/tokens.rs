//! Tokens and their lives. Owns the single flight per token, the refresh ahead of expiry on a
//! monotonic clock, and the proofs around minting: a name is minted for again only after its
//! workspace was seen alive, because a mint of an unknown name creates a workspace.

use super::client::Client;
use super::error::{ApiError, ApiErrorKind};
use super::request;
use super::wire::{ScopedTokenResponse, TokenInfo, TokenResponse, WorkspaceResponse};
use crate::model::{LockUnpoisoned, Region, SecretValue, WorkspaceId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex as SyncMutex};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

/// Refreshed when this share of its life is over, as clocks and calls take their time.
const FRESH_SHARE: f64 = 0.8;
/// Customers whose tokens are kept: more than work side by side, so that memory does not grow
/// with the number of customers.
const KEPT: usize = 256;

/// No scoped token is taken to live shorter than this, whatever refusals suggest.
const SHORTEST_LIFE: Duration = Duration::from_secs(20);

/// A token and its times.
pub(super) struct Held {
    pub(super) token: SecretValue,
    asked: Instant,
    refresh_at: Instant,
    expires_at: Instant,
}

impl Held {
    fn new(token: SecretValue, asked: Instant, life: Duration) -> Self {
        Self {
            token,
            asked,
            refresh_at: asked + life.mul_f64(FRESH_SHARE),
            expires_at: asked + life,
        }
    }

    /// To be sent before it ends.
    pub(super) fn bearer(&self) -> Bearer<'_> {
        Bearer {
            token: &self.token,
            until: Some(self.expires_at),
        }
    }

    /// When half of what is left of it is over.
    fn asked_again(&self) -> Instant {
        let now = Instant::now();
        now + self.expires_at.saturating_duration_since(now) / 2
    }

    /// Since it was asked for.
    pub(super) fn age(&self) -> Duration {
        self.asked.elapsed()
    }
}

/// A token on its way, and until when it is of use, where that is known.
#[derive(Clone, Copy)]
pub(super) struct Bearer<'a> {
    pub(super) token: &'a SecretValue,
    pub(super) until: Option<Instant>,
}

/// The application token, and when to ask for the next.
struct Current {
    held: Arc<Held>,
    refresh_at: Instant,
}

/// A scoped token and the workspace that it was proved to be for.
pub(super) struct Scoped {
    pub(super) held: Held,
    pub(super) workspace: WorkspaceId,
}

type Slot = Mutex<Option<Arc<Scoped>>>;

/// The tokens of a session.
pub(super) struct Tokens {
    application: SyncMutex<Option<Current>>,
    /// Held by whoever asks for the next application token.
    flight: Mutex<()>,
    /// How often that failed, and how the last time: those who waited for it share it.
    failed: SyncMutex<(u64, Option<ApiError>)>,
    scoped: SyncMutex<HashMap<String, Arc<Slot>>>,
    /// How long scoped tokens live, as far as known.
    scoped_life: SyncMutex<Duration>,
}

impl Tokens {
    pub(super) fn new(scoped_life: Duration) -> Self {
        Self {
            application: SyncMutex::default(),
            flight: Mutex::default(),
            failed: SyncMutex::default(),
            scoped: SyncMutex::default(),
            scoped_life: SyncMutex::new(scoped_life),
        }
    }

    /// The application token, if it has enough life in it.
    fn fresh(&self) -> Option<Arc<Held>> {
        let slot = self.application.lock_unpoisoned();
        let current = slot.as_ref()?;
        (Instant::now() < current.refresh_at).then(|| Arc::clone(&current.held))
    }

    /// The application token, if it still works.
    fn usable(&self) -> Option<Arc<Held>> {
        let slot = self.application.lock_unpoisoned();
        let held = &slot.as_ref()?.held;
        (Instant::now() < held.expires_at).then(|| Arc::clone(held))
    }

    fn keep(&self, held: &Arc<Held>, refresh_at: Instant) {
        *self.application.lock_unpoisoned() = Some(Current {
            held: Arc::clone(held),
            refresh_at,
        });
    }

    /// Drops an application token that the server refused, unless it has been replaced already.
    pub(super) fn reject(&self, refused: &Arc<Held>) {
        let mut slot = self.application.lock_unpoisoned();
        slot.take_if(|current| Arc::ptr_eq(&current.held, refused));
    }

    /// Drops a customer's token that the server refused, unless it has been replaced already.
    /// Its age tells how long such tokens live.
    pub(super) async fn reject_scoped(&self, customer: &str, refused: &Arc<Scoped>) {
        let slot = self.slot(customer);
        let mut slot = slot.lock().await;
        if slot.take_if(|held| Arc::ptr_eq(held, refused)).is_some() {
            let mut life = self.scoped_life.lock_unpoisoned();
            *life = refused.held.age().max(SHORTEST_LIFE).min(*life);
        }
    }

    /// Forgets the tokens of a workspace that was renamed or deleted: its name may soon be
    /// another's.
    pub(super) fn forget(&self, workspace: WorkspaceId) {
        let slots = self.scoped.lock_unpoisoned();
        for slot in slots.values() {
            // A slot that is locked is being filled, by a mint that looks at the workspace first.
            if let Ok(mut held) = slot.try_lock()
                && held
                    .as_ref()
                    .is_some_and(|held| held.workspace == workspace)
            {
                *held = None;
            }
        }
    }

    fn slot(&self, customer: &str) -> Arc<Slot> {
        let mut slots = self.scoped.lock_unpoisoned();
        if slots.len() >= KEPT && !slots.contains_key(customer) {
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(customer.to_owned()).or_default())
    }
}

impl Client {
    /// An application token with life in it. One caller at a time asks for the next; the others
    /// go on with the present one while it works, else they wait for the same answer.
    pub(super) async fn application(&self) -> Result<Arc<Held>, ApiError> {
        let tokens = &self.tokens;
        if let Some(held) = tokens.fresh() {
            return Ok(held);
        }
        let failures = tokens.failed.lock_unpoisoned().0;
        let _flight = match (tokens.flight.try_lock(), tokens.usable()) {
            (Ok(flight), _) => flight,
            (Err(_), Some(held)) => return Ok(held),
            (Err(_), None) => tokens.flight.lock().await,
        };
        if let Some(held) = tokens.fresh() {
            return Ok(held);
        }
        match &*tokens.failed.lock_unpoisoned() {
            (now, Some(error)) if *now != failures => return Err(error.clone()),
            _ => {}
        }
        let Some(present) = tokens.usable() else {
            return self.renewed(self.new_application().await);
        };
        // Nobody waits so long for the next that the present one ends.
        let until = present.asked_again();
        if let Ok(next) = timeout_at(until, self.new_application()).await {
            return self.renewed(next);
        }
        tokens.keep(&present, present.asked_again());
        Ok(present)
    }

    fn renewed(&self, next: Result<Held, ApiError>) -> Result<Arc<Held>, ApiError> {
        match next {
            Ok(held) => {
                let held = Arc::new(held);
                self.tokens.keep(&held, held.refresh_at);
                Ok(held)
            }
            Err(error) => self.without_new_application(error),
        }
    }

    /// A hiccup of the token endpoint stops nobody whose token still works; it is asked again
    /// when half of what is left is over.
    fn without_new_application(&self, error: ApiError) -> Result<Arc<Held>, ApiError> {
        if let Some(held) = self.tokens.usable().filter(|_| !error.is_auth()) {
            self.tokens.keep(&held, held.asked_again());
            return Ok(held);
        }
        let mut failed = self.tokens.failed.lock_unpoisoned();
        *failed = (failed.0 + 1, Some(error.clone()));
        Err(error)
    }

    async fn new_application(&self) -> Result<Held, ApiError> {
        let credentials = &self.credentials;
        let request =
            request::application_token(&credentials.client_id, &credentials.client_secret)?;
        let sent = self.send(&request, None, false).await?;
        let (asked, answer): (_, TokenResponse) = (sent.asked, sent.decode()?);
        self.check_organization(answer.organization_id)?;
        let life = Duration::from_secs_f64(answer.life());
        Ok(Held::new(answer.access_token.0, asked, life))
    }

    /// The token of a customer whose workspace is known.
    pub(super) async fn scoped(
        &self,
        customer: &str,
        workspace: WorkspaceId,
    ) -> Result<Arc<Scoped>, ApiError> {
        let slot = self.tokens.slot(customer);
        let mut slot = slot.lock().await;
        if let Some(scoped) = slot.as_ref()
            && scoped.workspace == workspace
            && Instant::now() < scoped.held.refresh_at
        {
            return Ok(Arc::clone(scoped));
        }
        self.confirm(customer, workspace).await?;
        let scoped = Arc::new(self.new_scoped(customer, Some(workspace), None).await?);
        *slot = Some(Arc::clone(&scoped));
        Ok(scoped)
    }

    /// Mints for a name whose workspace is not known: creates it when it is absent.
    pub(super) async fn mint_unknown(
        &self,
        customer: &str,
        region: Option<Region>,
    ) -> Result<WorkspaceId, ApiError> {
        let slot = self.tokens.slot(customer);
        let mut slot = slot.lock().await;
        let scoped = self.new_scoped(customer, None, region).await?;
        let workspace = scoped.workspace;
        *slot = Some(Arc::new(scoped));
        Ok(workspace)
    }

    /// The workspace must be alive and carry the name.
    async fn confirm(&self, customer: &str, id: WorkspaceId) -> Result<(), ApiError> {
        let gone = || ApiErrorKind::WorkspaceGone {
            customer: customer.to_owned(),
            id,
        };
        let found = match self.as_application(&request::get_workspace(id)).await {
            Ok(answer) => answer.decode::<WorkspaceResponse>()?.into_live(),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        let workspace = found.ok_or_else(gone)?;
        self.check_organization(workspace.organization_id)?;
        if workspace.name != customer || workspace.id != id {
            return Err(gone().into());
        }
        Ok(())
    }

    /// Mints and proves what was minted; a token that is refused at once is minted again once.
    async fn new_scoped(
        &self,
        customer: &str,
        known: Option<WorkspaceId>,
        region: Option<Region>,
    ) -> Result<Scoped, ApiError> {
        match self.mint_and_prove(customer, known, region).await {
            Err(error) if error.is_unauthorized() => {
                self.mint_and_prove(customer, known, region).await
            }
            other => other,
        }
    }

    async fn mint_and_prove(
        &self,
        customer: &str,
        known: Option<WorkspaceId>,
        region: Option<Region>,
    ) -> Result<Scoped, ApiError> {
        let contract = self.options.contract;
        let mint = request::scoped_token(contract, customer, region)?;
        let minted = self.as_application(&mint).await?;
        let (asked, answer): (_, ScopedTokenResponse) = (minted.asked, minted.decode()?);
        let life = *self.tokens.scoped_life.lock_unpoisoned();
        let held = Held::new(answer.token.0, asked, life);
        let info = request::scoped_token_info(contract);
        // Failing from here on leaves open whether the mint made a workspace.
        let may_have_created = known.is_none();
        let info: TokenInfo = self
            .send(&info, Some(&held.token), may_have_created)
            .await?
            .decode()?;
        self.check_organization(info.organization_id)?;
        let workspace = info.workspace_id;
        if info.name() != Some(customer) || known.is_some_and(|known| known != workspace) {
            let customer = customer.to_owned();
            let found = workspace;
            return Err(ApiErrorKind::WrongWorkspace { customer, found }.into());
        }
        Ok(Scoped { held, workspace })
    }
}

#[cfg(test)]
mod tests {
    use super::{Held, KEPT, Scoped, Tokens};
    use crate::model::{LockUnpoisoned, SecretValue, WorkspaceId};
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    #[tokio::test(start_paused = true)]
    async fn refusals_tell_how_long_scoped_tokens_live() {
        let tokens = Tokens::new(Duration::from_mins(20));
        let (known, short) = (Duration::from_secs(30), Duration::from_secs(20));
        for (age, life) in [(known, known), (known * 2, known), (short / 4, short)] {
            let token = SecretValue::new("t".to_owned());
            let held = Held::new(token, Instant::now(), Duration::from_mins(20));
            let workspace = WorkspaceId(uuid::Uuid::nil());
            let scoped = Arc::new(Scoped { held, workspace });
            *tokens.slot("a").lock().await = Some(Arc::clone(&scoped));
            advance(age).await;
            tokens.reject_scoped("a", &scoped).await;
            assert!(tokens.slot("a").lock().await.is_none());
            assert_eq!(*tokens.scoped_life.lock_unpoisoned(), life);
        }
    }

    #[test]
    fn memory_does_not_grow_with_the_customers() {
        let tokens = Tokens::new(Duration::from_mins(20));
        let in_use = tokens.slot("in use");
        for n in 0..10 * KEPT {
            tokens.slot(&n.to_string());
        }
        assert!(tokens.scoped.lock().unwrap().len() <= KEPT);
        assert!(std::sync::Arc::ptr_eq(&in_use, &tokens.slot("in use")));
    }
}
