//! Responsible for the environment of the ledgers in a store: a store belongs to one environment of a project, or to
//! projects without environments.
//!
//! The object is a label for a clear error. The MACs of a ledger cover its environment, too.

use super::{Authenticator, LedgerError, LedgerStore, head, store::Put};
use crate::model::OrganizationId;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

const OBJECT: &str = "environment.json";
const WHAT: &str = "ledger's environment";

#[derive(Debug, Serialize, Deserialize)]
struct Label {
    environment: String,
}

/// Refuses a store that belongs to another environment. Does not read a shared store for a project without
/// environments, whose MACs do not verify there.
pub async fn check_environment(
    store: &LedgerStore,
    environment: Option<&str>,
) -> Result<(), LedgerError> {
    if environment.is_none() && matches!(store, LedgerStore::Shared(_)) {
        return Ok(());
    }
    compare(store, environment).await.map(drop)
}

/// The label of a store, which a run with an environment writes before its first head. A run that is refused writes
/// no head, so that it does not lock out the project that the store belongs to.
#[derive(Debug)]
pub(super) struct StoreLabel {
    store: LedgerStore,
    organization: OrganizationId,
    environment: Option<String>,
    claimed: OnceCell<()>,
}

impl StoreLabel {
    pub(super) fn new(store: &LedgerStore, authenticator: &Authenticator) -> Self {
        Self {
            store: store.clone(),
            organization: authenticator.organization(),
            environment: authenticator.environment().map(str::to_owned),
            claimed: OnceCell::new(),
        }
    }

    /// Labels the store, once in a run. The ledger of this run must be verified.
    pub(super) async fn claim(&self) -> Result<(), LedgerError> {
        let Some(environment) = &self.environment else {
            return Ok(());
        };
        let claim = || claim(&self.store, environment, self.organization);
        self.claimed.get_or_try_init(claim).await.map(drop)
    }
}

/// Labels a store without a label. Refuses one that belongs to another environment. Does not label a store with
/// ledgers of other organizations, which this run cannot verify and which may belong to another project.
async fn claim(
    store: &LedgerStore,
    environment: &str,
    organization: OrganizationId,
) -> Result<(), LedgerError> {
    if compare(store, Some(environment)).await? == Labeled::Yes
        || has_ledger_except(store, organization).await?
    {
        return Ok(());
    }
    let path = store.shown(OBJECT);
    let label = Label {
        environment: environment.to_owned(),
    };
    let text = serde_json::to_vec(&label)
        .map_err(std::io::Error::from)
        .map_err(LedgerError::io("cannot write", &path))?;
    let written = match store {
        LedgerStore::Local(local) => local.replace(OBJECT, &text).map(|_| true)?,
        LedgerStore::Shared(shared) => {
            matches!(shared.put(OBJECT, &text, None).await?, Put::Written(_))
        }
    };
    if !written {
        compare(store, Some(environment)).await?;
    }
    Ok(())
}

/// Whether the store has the ledger of another organization. A ledger that cannot be read counts.
async fn has_ledger_except(
    store: &LedgerStore,
    organization: OrganizationId,
) -> Result<bool, LedgerError> {
    for name in store.directories().await? {
        let Ok(other) = name.parse::<OrganizationId>() else {
            continue;
        };
        let ledger = store.for_organization(other);
        if other != organization && !matches!(ledger.read(head::OBJECT).await, Ok(None)) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Labeled {
    Yes,
    No,
}

async fn compare(store: &LedgerStore, environment: Option<&str>) -> Result<Labeled, LedgerError> {
    let Some(text) = store.read(OBJECT).await? else {
        return Ok(Labeled::No);
    };
    let path = store.shown(OBJECT);
    let label: Label =
        serde_json::from_str(&text).map_err(LedgerError::unreadable(&path, WHAT, &text))?;
    if environment == Some(label.environment.as_str()) {
        return Ok(Labeled::Yes);
    }
    Err(LedgerError::OtherEnvironment {
        path: path.parent().unwrap_or(&path).to_owned(),
        environment: label.environment,
    })
}
