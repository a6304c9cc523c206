//! Responsible for resolving references: reads each distinct reference once per run, several at the same time. Values
//! and errors stay in memory until the run ends.
//!
//! Refuses stores that the project does not list, values that would not reach the API unchanged, and values whose form
//! cannot be right.

#[cfg(unix)]
#[cfg(test)]
mod tests;

use super::stores::{self, FormCheck, Store, StoreContext, check_value};
use super::value_form::BrokenForm;
use super::{AccessError, OwnCredentials, ResolveError, ResolveErrorKind, SecretAccess, Values};
use crate::model::{
    DEFAULT_STORES, Health, HealthCheck, LockUnpoisoned, SecretRef, SecretValue, StoreKind,
    UnresolvedCause, first_names, is_coordinate,
};
use crate::plan::SecretNeed;
use futures_util::{StreamExt, future, stream};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::sync::OnceCell;

/// The number of references that are read at the same time.
const PARALLEL_READS: usize = 8;

/// The value or error of a reference, after the first read.
type ReadCell = Arc<OnceCell<Result<Arc<SecretValue>, ResolveErrorKind>>>;

/// Resolves references to values.
pub struct Resolver {
    context: StoreContext,
    allowed: BTreeSet<StoreKind>,
    /// Patterns of references, such as `env:ACME_*`, whose values may have any form.
    unchecked: Vec<String>,
    own: OwnCredentials,
    stores: Mutex<BTreeMap<StoreKind, Arc<dyn Store>>>,
    read: Mutex<BTreeMap<SecretRef, ReadCell>>,
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver")
            .field("context", &self.context)
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}

impl Resolver {
    /// Creates a resolver with the default stores. `access` limits the variables and files that references read. No
    /// store opens before a reference is read.
    pub fn new(project: PathBuf, access: SecretAccess) -> Self {
        Self {
            context: StoreContext {
                project,
                access: Arc::new(access),
                ca_pem: Vec::new(),
            },
            allowed: DEFAULT_STORES
                .iter()
                .copied()
                .map(StoreKind::from)
                .collect(),
            unchecked: Vec::new(),
            own: OwnCredentials::default(),
            stores: Mutex::default(),
            read: Mutex::default(),
        }
    }

    /// Replaces the default stores by the stores that the project lists.
    #[must_use]
    pub fn with_stores(self, allowed: &BTreeSet<String>) -> Self {
        Self {
            allowed: allowed.iter().map(|name| name.as_str().into()).collect(),
            ..self
        }
    }

    /// Resolves references that match one of the patterns to values of any form.
    #[must_use]
    pub fn with_unchecked(self, patterns: &[String]) -> Self {
        Self {
            unchecked: patterns.to_vec(),
            ..self
        }
    }

    /// Refuses values that are, or contain, a credential of this run.
    #[must_use]
    pub fn with_own_credentials(self, own: OwnCredentials) -> Self {
        Self { own, ..self }
    }

    /// Trusts certificates in PEM form in addition to the system's.
    #[must_use]
    pub fn with_ca(self, ca_pem: Vec<u8>) -> Self {
        Self {
            context: StoreContext {
                ca_pem,
                ..self.context
            },
            ..self
        }
    }

    /// The versions of references whose stores report a version without the value.
    pub async fn versions(&self, references: &BTreeSet<SecretRef>) -> BTreeMap<SecretRef, String> {
        let version = async |reference: &SecretRef| {
            let store = self.store(&reference.store).ok()?;
            Some((reference.clone(), store.version(reference).await?))
        };
        stream::iter(references)
            .map(version)
            .buffered(PARALLEL_READS)
            .filter_map(future::ready)
            .collect()
            .await
    }

    /// Checks every store that the references use, and resolves the references, for `doctor`. `needed` has the
    /// references that the next apply sends. A problem that concerns none of them is a warning.
    pub async fn health(
        &self,
        references: &BTreeSet<SecretRef>,
        needed: &BTreeSet<SecretRef>,
    ) -> Vec<HealthCheck> {
        let mut checks = Vec::new();
        for (kind, references) in by_store(references) {
            let is_needed = references
                .iter()
                .any(|reference| needed.contains(reference));
            let of_store = match self.store(kind) {
                Ok(store) => store.health(&references).await,
                // Resolving the references reports the error.
                Err(_) => Vec::new(),
            };
            let has_failed = of_store.iter().any(|check| check.health == Health::Fail);
            if is_needed {
                checks.extend(of_store);
            } else {
                checks.extend(of_store.into_iter().map(only_compared));
            }
            if !has_failed {
                checks.extend(self.check_references(kind, references, needed).await);
            }
        }
        checks
    }

    /// One check for each problem of the references, or one for all if they can be resolved.
    async fn check_references(
        &self,
        kind: &StoreKind,
        references: Vec<&SecretRef>,
        needed: &BTreeSet<SecretRef>,
    ) -> Vec<HealthCheck> {
        let subject = format!("store {kind}");
        let references: BTreeSet<SecretRef> = references.into_iter().cloned().collect();
        let (_, failures) = self.resolve_all(&references).await;
        if failures.is_empty() {
            let plural = if references.len() == 1 { "" } else { "s" };
            let detail = format!("{} secret{plural} can be resolved", references.len());
            return vec![HealthCheck::ok(&subject, detail)];
        }
        let mut by_problem: BTreeMap<(SecretNeed, UnresolvedCause, String), (&str, Vec<String>)> =
            BTreeMap::new();
        for ResolveError { reference, kind } in failures {
            let need = if needed.contains(&reference) {
                SecretNeed::ToSend
            } else {
                SecretNeed::ToCompare
            };
            let (_, names) = by_problem
                .entry((need, kind.cause(), kind.to_string()))
                .or_insert_with(|| (kind.hint(), Vec::new()));
            names.push(reference.to_string());
        }
        by_problem
            .into_iter()
            .map(|((need, _, problem), (hint, names))| {
                let detail = format!("{problem}: {}", first_names(&names));
                let check = HealthCheck::fail(&subject, detail, hint);
                match need {
                    SecretNeed::ToSend => check,
                    SecretNeed::ToCompare => only_compared(check),
                }
            })
            .collect()
    }

    /// Logs out of the stores.
    pub async fn close(&self) {
        let stores: Vec<Arc<dyn Store>> = self.stores().values().cloned().collect();
        for store in stores {
            store.close().await;
        }
    }

    /// Resolves one reference. Reads the store only for the first call with the reference.
    pub async fn resolve(&self, reference: &SecretRef) -> Result<Arc<SecretValue>, ResolveError> {
        let cell = {
            let mut read = self.read.lock_unpoisoned();
            Arc::clone(read.entry(reference.clone()).or_default())
        };
        let read = async || {
            let value = self.store(&reference.store)?.read(reference).await?;
            if let Some(reason) = self.own.contained_in(&value) {
                return Err(AccessError::OwnCredential(reason).into());
            }
            let is_foreign = reference.store != StoreKind::Airbyte && is_coordinate(value.expose());
            if is_foreign {
                return Err(ResolveErrorKind::WrongForm(BrokenForm::Coordinate));
            }
            check_value(value, self.form_check(reference)).map(Arc::new)
        };
        let outcome = cell.get_or_init(read).await;
        outcome.clone().map_err(|kind| ResolveError {
            reference: reference.clone(),
            kind,
        })
    }

    /// The values that the run has read so far.
    pub fn values(&self) -> Vec<Arc<SecretValue>> {
        let read = self.read.lock_unpoisoned();
        let values = read.values().filter_map(|cell| cell.get()?.as_ref().ok());
        values.cloned().collect()
    }

    /// Whether the project sends the value as it is.
    pub fn is_unchecked(&self, reference: &SecretRef) -> bool {
        let mut patterns = self.unchecked.iter();
        patterns.any(|pattern| reference.matches(pattern))
    }

    fn form_check(&self, reference: &SecretRef) -> FormCheck {
        if self.is_unchecked(reference) {
            FormCheck::Skip
        } else {
            FormCheck::Refuse
        }
    }

    /// Resolves every reference. Returns the values and the errors, both in the order of the references.
    pub async fn resolve_all(
        &self,
        references: &BTreeSet<SecretRef>,
    ) -> (Values, Vec<ResolveError>) {
        self.prefetch(references).await;
        let mut resolved = Values::new();
        let mut failures = Vec::new();
        let read = async |reference: &SecretRef| (reference.clone(), self.resolve(reference).await);
        let mut outcomes = stream::iter(references).map(read).buffered(PARALLEL_READS);
        while let Some((reference, outcome)) = outcomes.next().await {
            match outcome {
                Ok(value) => {
                    resolved.insert(reference, value);
                }
                Err(failure) => failures.push(failure),
            }
        }
        (resolved, failures)
    }

    async fn prefetch(&self, references: &BTreeSet<SecretRef>) {
        let prefetch = async |(kind, references): (&StoreKind, Vec<&SecretRef>)| {
            // Reading each reference reports the error of a store that is not allowed.
            if let Ok(store) = self.store(kind) {
                store.prefetch(&references).await;
            }
        };
        future::join_all(by_store(references).into_iter().map(prefetch)).await;
    }

    /// The store of a kind, if the project lists the kind.
    fn store(&self, kind: &StoreKind) -> Result<Arc<dyn Store>, ResolveErrorKind> {
        if matches!(kind, StoreKind::Unknown(_)) {
            return Err(ResolveErrorKind::UnknownStore);
        }
        if !self.allowed.contains(kind) && *kind != StoreKind::Unbound {
            return Err(ResolveErrorKind::NotAllowed);
        }
        let mut stores = self.stores();
        if let Some(store) = stores.get(kind) {
            return Ok(Arc::clone(store));
        }
        let store = stores::store(kind, &self.context).ok_or(ResolveErrorKind::UnknownStore)?;
        stores.insert(kind.clone(), Arc::clone(&store));
        Ok(store)
    }

    fn stores(&self) -> std::sync::MutexGuard<'_, BTreeMap<StoreKind, Arc<dyn Store>>> {
        self.stores.lock_unpoisoned()
    }
}

/// A failed check as a warning, because apply sends none of the secrets that it concerns.
fn only_compared(check: HealthCheck) -> HealthCheck {
    if check.health != Health::Fail {
        return check;
    }
    let hint = check.hint.unwrap_or_default();
    HealthCheck {
        health: Health::Warn,
        hint: Some(format!(
            "{hint}; until then apply goes on, because it sends no secret of this line"
        )),
        ..check
    }
}

fn by_store(references: &BTreeSet<SecretRef>) -> BTreeMap<&StoreKind, Vec<&SecretRef>> {
    let mut by_store: BTreeMap<&StoreKind, Vec<&SecretRef>> = BTreeMap::new();
    for reference in references {
        by_store
            .entry(&reference.store)
            .or_default()
            .push(reference);
    }
    by_store
}
