//! Responsible for what a command reads from its process: environment variables, read once, and
//! the signal that ends it. Secret stores read their own variables.

use crate::ledger::SharedStore;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;
use tokio::sync::Notify;

/// What the variables of a run begin with.
const OURS: [&str; 2] = ["AIRBYTE_", "AIRLIFT_"];
/// And those that object stores' own tools read, for a ledger that is kept in one.
const STORES: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

/// What is around a run. Not printable: one of the variables is the client's secret.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    /// Asks the run to end; without it, the process's signals do.
    interrupt: Option<Arc<Notify>>,
    /// A shared store by its address, which needs no network.
    store_override: Option<(String, SharedStore)>,
}

impl Environment {
    /// What is around this process.
    pub fn read() -> Self {
        let ours = |name: &OsStr| {
            let name = name.to_str().unwrap_or_default();
            let mut prefixes = OURS.iter().chain(&STORES);
            prefixes.any(|prefix| name.starts_with(prefix))
        };
        Self {
            variables: std::env::vars_os().filter(|(name, _)| ours(name)).collect(),
            ..Self::default()
        }
    }

    /// Replaces the store at an address of `--ledger` by a store in memory.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_store_override(self, address: &str, shared: SharedStore) -> Self {
        Self {
            store_override: Some((address.to_owned(), shared)),
            ..self
        }
    }

    pub(super) fn store_override(&self, address: &str) -> Option<SharedStore> {
        let (name, shared) = self.store_override.as_ref()?;
        (name == address).then(|| shared.clone())
    }

    /// The variables of object stores' own tools.
    pub(super) fn object_store_variables(&self) -> Vec<(String, String)> {
        let text = |(name, value): (&OsString, &OsString)| {
            let name = name.to_str()?;
            let of_stores = STORES.iter().any(|prefix| name.starts_with(prefix));
            of_stores.then(|| Some((name.to_owned(), value.to_str()?.to_owned())))?
        };
        self.variables.iter().filter_map(text).collect()
    }

    /// Lets `interrupt` stop a run in place of a signal.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn interrupted_by(self, interrupt: Arc<Notify>) -> Self {
        Self {
            interrupt: Some(interrupt),
            ..self
        }
    }

    /// Waits for the wish that the run ends.
    pub(crate) async fn interruption(&self) {
        match &self.interrupt {
            Some(interrupt) => interrupt.notified().await,
            None => super::signal().await,
        }
    }

    /// A variable that is set, text, and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let value = self.raw(name)?.to_str()?;
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// A variable as it is.
    pub(super) fn raw(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let own = |(name, value): (N, V)| (name.into(), value.into());
        Self {
            variables: variables.into_iter().map(own).collect(),
            ..Self::default()
        }
    }
}
