//! Responsible for choosing the store of the ledger, and the name of this run in its lock.

use super::Invocation;
use super::endpoint::Endpoint;
use super::ledger_git::refuse_tracked;
use crate::cli::{GlobalArgs, LedgerMode};
use crate::config::Project;
use crate::failure::Failure;
use crate::files::Access;
use crate::ledger::{LedgerStore, open_shared, trusted};
use crate::secrets::project_tree;
use std::path::{Path, PathBuf};

/// The store of the ledgers: the one of `--ledger`, or a directory beside the project. Only the
/// operator's own path may contain links, because a checkout could have put one beside the project.
pub(super) fn place(
    invocation: Invocation<'_>,
    project: &Project,
    endpoint: &Endpoint,
) -> Result<LedgerStore, Failure> {
    let Invocation { env, global, .. } = invocation;
    let access = access(global);
    let Some(root) = &global.ledger else {
        trusted(&state_dir(project), access)?;
        trusted(&endpoint.ledger_dir, access)?;
        refuse_tracked(&endpoint.ledger_dir, &project.root)?;
        return Ok(LedgerStore::local(&endpoint.ledger_dir, access));
    };
    let Some(address) = shared_address(root) else {
        refuse_committed_link(root, &project.root)?;
        refuse_tracked(root, &project.root)?;
        return Ok(LedgerStore::local(root, access));
    };
    let shared = match env.store_override(address) {
        Some(shared) => shared,
        None => open_shared(address, env.object_store_variables())?,
    };
    Ok(LedgerStore::Shared(shared))
}

/// Who may write the files of a ledger on this machine.
pub(super) fn access(global: &GlobalArgs) -> Access {
    match global.ledger_mode {
        LedgerMode::Private => Access::Private,
        LedgerMode::Group => Access::Group,
    }
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
