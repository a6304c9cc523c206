//! Responsible for the kinds of secret stores and their names. Does not read secrets.

use std::cmp::Ordering;
use std::fmt;

/// The stores that are built in. `unbound` is none of them, and needs no permission.
pub const STORES: [&str; 5] = ["env", "file", "vault", "exec", "airbyte"];
/// The stores that a project can use if it does not list stores.
pub const DEFAULT_STORES: [&str; 2] = ["env", "file"];

/// The store of a reference. Kinds are ordered by name.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum StoreKind {
    /// The organization's own secret storage, which Airbyte reads and airlift does not.
    Airbyte,
    /// Environment variables.
    Env,
    /// Commands from the user's own configuration.
    Exec,
    /// Files.
    File,
    /// No store: a placeholder that a person replaces by a reference.
    Unbound,
    /// `HashiCorp` Vault or `OpenBao`.
    Vault,
    /// A store from the user's own configuration.
    Provider(String),
    /// A store that this version does not know.
    Unknown(String),
}

impl StoreKind {
    /// The name in references.
    pub fn name(&self) -> &str {
        match self {
            Self::Airbyte => "airbyte",
            Self::Env => "env",
            Self::Exec => "exec",
            Self::File => "file",
            Self::Unbound => "unbound",
            Self::Vault => "vault",
            Self::Provider(name) | Self::Unknown(name) => name,
        }
    }
}

impl From<&str> for StoreKind {
    fn from(name: &str) -> Self {
        match name {
            "airbyte" => Self::Airbyte,
            "env" => Self::Env,
            "exec" => Self::Exec,
            "file" => Self::File,
            "unbound" => Self::Unbound,
            "vault" => Self::Vault,
            name if is_alias(name) => Self::Provider(name.to_owned()),
            name => Self::Unknown(name.to_owned()),
        }
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Ord for StoreKind {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name().cmp(other.name())
    }
}

impl PartialOrd for StoreKind {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether a name belongs to a store from the user's own configuration. Such a name contains a
/// hyphen, which the names of built-in stores do not.
pub fn is_alias(store: &str) -> bool {
    let is_word = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    store.contains('-')
        && store.starts_with(|c: char| c.is_ascii_lowercase())
        && store.split('-').all(is_word)
}

/// Whether a name is the name of a built-in store or an alias.
pub fn is_store(store: &str) -> bool {
    !matches!(StoreKind::from(store), StoreKind::Unknown(_))
}

#[cfg(test)]
mod tests {
    use super::{STORES, StoreKind, is_store};

    #[test]
    fn store_name_of_provider_has_hyphen() {
        for known in ["env", "exec", "prod-aws", "a-1-b"] {
            assert!(is_store(known), "{known}");
        }
        for wrong in [
            "vualt", "aws", "-aws", "aws-", "a--b", "1-a", "A-b", "a-b:c",
        ] {
            assert!(!is_store(wrong), "{wrong}");
        }
    }

    #[test]
    fn store_kinds_are_printed_and_ordered_by_name() {
        let mut names = Vec::from(STORES);
        names.extend(["a-b", "op", "zz-a"]);
        let mut kinds: Vec<StoreKind> = names.iter().copied().map(StoreKind::from).collect();
        names.sort_unstable();
        kinds.sort_unstable();
        let printed: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        assert_eq!(printed, names);
        assert!(STORES.iter().all(|name| is_store(name)));
    }
}
