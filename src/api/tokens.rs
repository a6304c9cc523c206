//! Responsible for tokens: requests each token once for all waiting calls, replaces it before it
//! expires, and verifies which workspace a scoped token belongs to.
//!
//! Does not request a scoped token for a customer with a known workspace before it has read the
//! workspace, because a token request for an unknown name creates a workspace.

use super::client::Client;
use super::error::{ApiError, ApiErrorKind};
use super::request;
use super::scoped_tokens::{MintedToken, Scoped, ScopedTokens};
use super::wire::{ScopedTokenResponse, TokenInfo, TokenResponse, WorkspaceResponse};
use crate::model::{LockUnpoisoned, Region, SecretValue, WorkspaceId};
use std::sync::{Arc, Mutex as SyncMutex};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

/// The share of its lifetime after which a token is replaced, so that a call does not start with a
/// token that is about to expire.
const REFRESH_SHARE: f64 = 0.8;

/// A token, when it was requested, and when it expires.
pub(super) struct IssuedToken {
    pub(super) token: SecretValue,
    requested_at: Instant,
    refresh_at: Instant,
    expires_at: Instant,
}

impl IssuedToken {
    pub(super) fn new(token: SecretValue, requested_at: Instant, life: Duration) -> Self {
        Self {
            token,
            requested_at,
            refresh_at: requested_at + life.mul_f64(REFRESH_SHARE),
            expires_at: requested_at + life,
        }
    }

    pub(super) fn bearer(&self) -> Bearer<'_> {
        Bearer {
            token: &self.token,
            expires_at: Some(self.expires_at),
        }
    }

    /// The middle of the remaining lifetime, when the next token is requested after a failure.
    fn next_refresh(&self) -> Instant {
        let now = Instant::now();
        now + self.expires_at.saturating_duration_since(now) / 2
    }

    pub(super) fn age(&self) -> Duration {
        self.requested_at.elapsed()
    }
}

/// The token of a request, and when it expires, if that is known.
#[derive(Clone, Copy)]
pub(super) struct Bearer<'a> {
    pub(super) token: &'a SecretValue,
    pub(super) expires_at: Option<Instant>,
}

/// The application token, and when to request the next one.
struct Current {
    issued: Arc<IssuedToken>,
    refresh_at: Instant,
}

/// The tokens of a session.
pub(super) struct Tokens {
    application: SyncMutex<Option<Current>>,
    /// Locked while the next application token is requested.
    flight: Mutex<()>,
    /// The number of failed requests for an application token, and the last error, which all calls
    /// that waited for the token return.
    failed: SyncMutex<(u64, Option<ApiError>)>,
    pub(super) scoped: ScopedTokens,
}

impl Tokens {
    pub(super) fn new(scoped_life: Duration) -> Self {
        Self {
            application: SyncMutex::default(),
            flight: Mutex::default(),
            failed: SyncMutex::default(),
            scoped: ScopedTokens::new(scoped_life),
        }
    }

    /// The application token, unless it is due for replacement.
    fn fresh(&self) -> Option<Arc<IssuedToken>> {
        let slot = self.application.lock_unpoisoned();
        let current = slot.as_ref()?;
        (Instant::now() < current.refresh_at).then(|| Arc::clone(&current.issued))
    }

    /// The application token, unless it has expired.
    fn usable(&self) -> Option<Arc<IssuedToken>> {
        let slot = self.application.lock_unpoisoned();
        let issued = &slot.as_ref()?.issued;
        (Instant::now() < issued.expires_at).then(|| Arc::clone(issued))
    }

    fn store(&self, issued: &Arc<IssuedToken>, refresh_at: Instant) {
        *self.application.lock_unpoisoned() = Some(Current {
            issued: Arc::clone(issued),
            refresh_at,
        });
    }

    /// Drops an application token that the server rejected, unless it has been replaced already.
    pub(super) fn reject(&self, rejected: &Arc<IssuedToken>) {
        let mut slot = self.application.lock_unpoisoned();
        slot.take_if(|current| Arc::ptr_eq(&current.issued, rejected));
    }
}

impl Client {
    /// An application token that has not expired. One call at a time requests the next token. Other
    /// calls use the present token, or wait for the next one if the present one has expired.
    pub(super) async fn application(&self) -> Result<Arc<IssuedToken>, ApiError> {
        let tokens = &self.tokens;
        if let Some(issued) = tokens.fresh() {
            return Ok(issued);
        }
        let failures = tokens.failed.lock_unpoisoned().0;
        let _flight = match (tokens.flight.try_lock(), tokens.usable()) {
            (Ok(flight), _) => flight,
            (Err(_), Some(issued)) => return Ok(issued),
            (Err(_), None) => tokens.flight.lock().await,
        };
        if let Some(issued) = tokens.fresh() {
            return Ok(issued);
        }
        match &*tokens.failed.lock_unpoisoned() {
            (now, Some(error)) if *now != failures => return Err(error.clone()),
            _ => {}
        }
        let Some(present) = tokens.usable() else {
            return self.renewed(self.new_application().await);
        };
        // The present token must not expire while the next one is requested.
        let until = present.next_refresh();
        if let Ok(next) = timeout_at(until, self.new_application()).await {
            return self.renewed(next);
        }
        tokens.store(&present, present.next_refresh());
        Ok(present)
    }

    fn renewed(&self, next: Result<IssuedToken, ApiError>) -> Result<Arc<IssuedToken>, ApiError> {
        match next {
            Ok(issued) => {
                let issued = Arc::new(issued);
                self.tokens.store(&issued, issued.refresh_at);
                Ok(issued)
            }
            Err(error) => self.without_new_application(error),
        }
    }

    /// Continues with the present token if the token endpoint failed and the token has not expired.
    fn without_new_application(&self, error: ApiError) -> Result<Arc<IssuedToken>, ApiError> {
        if let Some(issued) = self.tokens.usable().filter(|_| !error.is_auth()) {
            self.tokens.store(&issued, issued.next_refresh());
            return Ok(issued);
        }
        let mut failed = self.tokens.failed.lock_unpoisoned();
        *failed = (failed.0 + 1, Some(error.clone()));
        Err(error)
    }

    async fn new_application(&self) -> Result<IssuedToken, ApiError> {
        let credentials = &self.credentials;
        let request =
            request::application_token(&credentials.client_id, &credentials.client_secret)?;
        let success = self.send(&request, None, false).await?;
        let token: TokenResponse = success.decode()?;
        self.check_organization(token.organization_id)?;
        let life = Duration::from_secs_f64(token.life());
        Ok(IssuedToken::new(
            token.access_token.0,
            success.sent_at,
            life,
        ))
    }

    /// The scoped token of a customer whose workspace is known.
    pub(super) async fn scoped(
        &self,
        customer: &str,
        workspace: WorkspaceId,
    ) -> Result<Arc<Scoped>, ApiError> {
        let slot = self.tokens.scoped.slot(customer);
        let mut slot = slot.lock().await;
        if let Some(scoped) = slot.as_ref()
            && scoped.workspace == workspace
            && Instant::now() < scoped.issued.refresh_at
        {
            return Ok(Arc::clone(scoped));
        }
        self.verify_workspace(customer, workspace).await?;
        let scoped = Arc::new(self.new_scoped(customer, workspace).await?);
        *slot = Some(Arc::clone(&scoped));
        Ok(scoped)
    }

    /// Requests a scoped token for a name. Creates the workspace if the name is new.
    pub(super) async fn mint_name(
        &self,
        customer: &str,
        region: Option<Region>,
    ) -> Result<MintedToken, ApiError> {
        let request = request::scoped_token(self.options.contract, customer, region)?;
        let success = self.as_application(&request).await?;
        let response: ScopedTokenResponse = success.decode()?;
        let life = self.tokens.scoped.life();
        let issued = IssuedToken::new(response.token.0, success.sent_at, life);
        Ok(MintedToken { issued })
    }

    /// Verifies the token of a name whose workspace is not known. A token that is rejected at once is
    /// requested again once.
    pub(super) async fn workspace_of_token(
        &self,
        customer: &str,
        token: MintedToken,
        region: Option<Region>,
    ) -> Result<WorkspaceId, ApiError> {
        let slot = self.tokens.scoped.slot(customer);
        let mut slot = slot.lock().await;
        let scoped = match self.verify(customer, token, None).await {
            Err(error) if error.is_unauthorized() => {
                self.mint_and_verify(customer, None, region).await?
            }
            outcome => outcome?,
        };
        let workspace = scoped.workspace;
        *slot = Some(Arc::new(scoped));
        Ok(workspace)
    }

    /// Fails unless the workspace exists and has the name of the customer.
    pub(super) async fn verify_workspace(
        &self,
        customer: &str,
        id: WorkspaceId,
    ) -> Result<(), ApiError> {
        let gone = || ApiErrorKind::WorkspaceGone {
            customer: customer.to_owned(),
            id,
        };
        let live = match self.as_application(&request::get_workspace(id)).await {
            Ok(success) => success.decode::<WorkspaceResponse>()?.into_live(),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        let workspace = live.ok_or_else(gone)?;
        self.check_organization(workspace.organization_id)?;
        if workspace.name != customer || workspace.id != id {
            return Err(gone().into());
        }
        Ok(())
    }

    /// Requests a scoped token and verifies it. A token that is rejected at once is requested again
    /// once.
    async fn new_scoped(&self, customer: &str, known: WorkspaceId) -> Result<Scoped, ApiError> {
        match self.mint_and_verify(customer, Some(known), None).await {
            Err(error) if error.is_unauthorized() => {
                self.mint_and_verify(customer, Some(known), None).await
            }
            other => other,
        }
    }

    async fn mint_and_verify(
        &self,
        customer: &str,
        known: Option<WorkspaceId>,
        region: Option<Region>,
    ) -> Result<Scoped, ApiError> {
        let token = self.mint_name(customer, region).await?;
        self.verify(customer, token, known).await
    }

    /// Reads which workspace a token belongs to. Fails if it is another one than the customer's.
    async fn verify(
        &self,
        customer: &str,
        MintedToken { issued }: MintedToken,
        known: Option<WorkspaceId>,
    ) -> Result<Scoped, ApiError> {
        let info = request::scoped_token_info(self.options.contract);
        // If a request fails from here on, the token request may have created a workspace.
        let may_have_created = known.is_none();
        let info: TokenInfo = self
            .send(&info, Some(&issued.token), may_have_created)
            .await
            .map_err(ApiError::of_customer)?
            .decode()?;
        self.check_organization(info.organization_id)?;
        let workspace = info.workspace_id;
        if info.name() != Some(customer) || known.is_some_and(|known| known != workspace) {
            return Err(ApiErrorKind::WrongWorkspace {
                customer: customer.to_owned(),
                actual: workspace,
            }
            .into());
        }
        Ok(Scoped { issued, workspace })
    }
}
