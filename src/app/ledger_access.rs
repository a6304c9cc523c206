//! Responsible for choosing the store of the ledger, the name of this run in its lock, and the keys
//! of its fingerprints.

use super::endpoint::Endpoint;
use super::ledger_git::refuse_tracked;
use super::{Environment, Invocation};
use crate::config::Project;
use crate::failure::Failure;
use crate::ledger::{Authenticator, LedgerKey, LedgerStore, Scope, open_shared, trusted};
use crate::model::{OrganizationId, SecretValue};
use crate::secrets::{Fingerprinter, project_tree};
use std::path::{Path, PathBuf};

/// The keys of fingerprints: the current one, and the one that `ledger rekey` replaces.
pub(super) struct Keys {
    current: SecretValue,
    previous: SecretValue,
}

impl Keys {
    /// Reads the keys from the environment. The default of each is the client secret.
    pub(super) fn new(env: &Environment, client_secret: &str) -> Self {
        let key = |name: &str| {
            let own = env.text(name);
            SecretValue::new(own.unwrap_or_else(|| client_secret.to_owned()))
        };
        Self {
            current: key("AIRLIFT_LEDGER_KEY"),
            previous: key("AIRLIFT_LEDGER_OLD_KEY"),
        }
    }

    pub(super) fn fingerprinters(&self, organization: OrganizationId) -> Fingerprinters {
        Fingerprinters {
            current: Fingerprinter::new(&self.current, organization),
            previous: Fingerprinter::new(&self.previous, organization),
        }
    }
}

/// Computes fingerprints with the keys, for one organization.
pub(crate) struct Fingerprinters {
    pub(crate) current: Fingerprinter,
    pub(crate) previous: Fingerprinter,
}

impl Fingerprinters {
    /// Authenticates the ledger with the current key.
    pub(super) fn authenticator(&self, scope: Scope) -> Authenticator {
        Authenticator::new(ledger_key(&self.current), scope)
    }

    /// The key of the ledger before a rekeying.
    pub(super) fn previous_key(&self) -> LedgerKey {
        ledger_key(&self.previous)
    }

    pub(super) fn are_equal(&self) -> bool {
        self.current.has_same_key(&self.previous)
    }
}

fn ledger_key(fingerprinter: &Fingerprinter) -> LedgerKey {
    LedgerKey::new(
        fingerprinter.ledger_key(),
        fingerprinter.key_id().to_owned(),
    )
}

/// The store of the ledgers: the one of `--ledger`, or a directory beside the project. Only the
/// operator's own path may contain links, because a checkout could have put one beside the project.
pub(super) fn place(
    invocation: Invocation<'_>,
    project: &Project,
    endpoint: &Endpoint,
) -> Result<LedgerStore, Failure> {
    let Invocation { env, global, .. } = invocation;
    let Some(root) = &global.ledger else {
        trusted(&state_dir(project))?;
        trusted(&endpoint.ledger_dir)?;
        refuse_tracked(&endpoint.ledger_dir, &project.root)?;
        return Ok(LedgerStore::from(endpoint.ledger_dir.as_path()));
    };
    let Some(address) = shared_address(root) else {
        refuse_committed_link(root, &project.root)?;
        refuse_tracked(root, &project.root)?;
        return Ok(LedgerStore::from(root.as_path()));
    };
    let shared = match env.store_override(address) {
        Some(shared) => shared,
        None => open_shared(address, env.object_store_variables())?,
    };
    Ok(LedgerStore::Shared(shared))
}

/// Refuses a path with a link in the project's repository, because a commit may have added the link.
fn refuse_committed_link(path: &Path, project: &Path) -> Result<(), Failure> {
    let tree = project_tree(project);
    let is_in_tree = |link: &Path| {
        let parent = link.parent().and_then(|parent| parent.canonicalize().ok());
        parent.is_some_and(|parent| parent.starts_with(&tree))
    };
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let link = path
        .ancestors()
        .find(|part| part.is_symlink() && is_in_tree(part));
    let Some(link) = link else {
        return Ok(());
    };
    let message = format!("{} is a link in the project's repository", link.display());
    Err(Failure::error("ledger_untrusted", message)
        .hint("pass the path that the link leads to, or a directory outside the repository"))
}

/// The value of `--ledger` if it is an address and not a directory.
pub(crate) fn shared_address(root: &Path) -> Option<&str> {
    root.to_str().filter(|text| text.contains("://"))
}

/// The directory beside the project that holds the ledger and the state of the sandbox.
pub(crate) fn state_dir(project: &Project) -> PathBuf {
    project.root.join(".airlift")
}

/// The name of this run that other runs see in the lock. It contains the machine, because machines
/// may share a ledger.
pub(super) fn owner() -> String {
    let process = format!("process {}", std::process::id());
    #[cfg(unix)]
    let process = format!(
        "{process} on {}",
        rustix::system::uname().nodename().to_string_lossy()
    );
    process
}
