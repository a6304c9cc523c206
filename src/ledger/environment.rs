//! Responsible for the environment of the ledgers in a store: a store belongs to one environment of a project, or to
//! projects without environments.
//!
//! The object is a label for a clear error. The MACs of a ledger cover its environment, too.

use super::{LedgerError, LedgerStore, store::Put};
use serde::{Deserialize, Serialize};

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

/// Labels a store without a label. Refuses one that belongs to another environment.
pub async fn claim_environment(store: &LedgerStore, environment: &str) -> Result<(), LedgerError> {
    if compare(store, Some(environment)).await? == Labeled::Yes {
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
