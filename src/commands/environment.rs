//! The environment variables that steer a run, read once and handed down: a verb sees what it was
//! given and nothing else. What secret stores need is theirs to read.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// What the variables of a run begin with.
const PREFIXES: [&str; 2] = ["AIRBYTE_", "AIRLIFT_"];

/// The variables of a run. Not printable: one of them is the client's secret.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Those of this process.
    pub fn read() -> Self {
        let ours = |name: &OsStr| {
            let name = name.to_str().unwrap_or_default();
            PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        };
        Self(std::env::vars_os().filter(|(name, _)| ours(name)).collect())
    }

    /// A variable that is set, text, and not empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let value = self.raw(name)?.to_str()?;
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// A variable as it is.
    pub(super) fn raw(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let own = |(name, value): (N, V)| (name.into(), value.into());
        Self(variables.into_iter().map(own).collect())
    }
}
