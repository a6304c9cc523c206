//! Responsible for choosing the store of the ledger, and the name of this run in its lock.

use super::Invocation;
use super::ledger_git::{is_repository, refuse_tracked};
use crate::cli::{GlobalArgs, LedgerMode};
use crate::config::Project;
use crate::failure::Failure;
use crate::files::{self, Access};
use crate::ledger::{LedgerStore, open_shared, trusted};
use crate::secrets::project_tree;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// The store of the ledgers: the one of `--ledger`, or the directory `default` beside the project. Only the
/// operator's own path may contain links, because a checkout could have put one beside the project.
pub(super) fn place(
    invocation: Invocation<'_>,
    project: &Project,
    default: &Path,
) -> Result<LedgerStore, Failure> {
    let global = invocation.global;
    let access = access(global);
    let Some(root) = &global.ledger else {
        trusted(&state_dir(project), access)?;
        trusted(default, access)?;
        refuse_tracked(default, &project.root)?;
        return Ok(LedgerStore::local(default, access));
    };
    store_at(invocation, project, root)
}

/// The store at a place that the operator names.
pub(crate) fn store_at(
    invocation: Invocation<'_>,
    project: &Project,
    root: &Path,
) -> Result<LedgerStore, Failure> {
    let Invocation { env, global, .. } = invocation;
    let access = access(global);
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
    let Some(link) = link_below(path, &project_tree(project)) else {
        return Ok(());
    };
    let message = format!("{} is a link in the project's repository", link.display());
    Err(Failure::error("ledger_untrusted", message)
        .hint("pass the path that the link leads to, or a directory outside the repository"))
}

/// The first link of [`links_below`].
fn link_below(path: &Path, tree: &Path) -> Option<PathBuf> {
    links_below(path, tree).into_iter().next()
}

/// The links below a directory that opening a path would follow. `tree` is without links.
/// Resolves the path part by part: `absent/../link` is followed once the directory `absent` exists.
pub(super) fn links_below(path: &Path, tree: &Path) -> Vec<PathBuf> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut left: Vec<OsString> = parts_reversed(&path);
    let (mut real, mut followed, mut links) = (PathBuf::new(), Vec::new(), 0);
    while let Some(part) = left.pop() {
        if part == ".." {
            real.pop();
            continue;
        }
        let link = real.join(&part);
        let Ok(target) = link.read_link() else {
            real = link;
            continue;
        };
        links += 1;
        if real.starts_with(tree) || links > MAX_LINKS {
            followed.push(link);
        }
        // Opening a path with more links fails.
        if links > MAX_LINKS {
            break;
        }
        if target.is_absolute() {
            real = PathBuf::new();
        }
        left.extend(parts_reversed(&target));
    }
    followed
}

/// The links that the system follows for one path.
const MAX_LINKS: usize = 40;

fn parts_reversed(path: &Path) -> Vec<OsString> {
    let parts = path.components().rev();
    parts
        .filter(|part| *part != Component::CurDir)
        .map(|part| part.as_os_str().to_owned())
        .collect()
}

/// The value of `--ledger` if it is an address and not a directory. A mistyped address such as `s3:/bucket` is refused
/// when it is opened: as a directory, it would be an empty ledger.
pub(crate) fn shared_address(root: &Path) -> Option<&str> {
    const SCHEMES: [&str; 3] = ["az", "gs", "s3"];
    let is_like = |text: &str, scheme: &str| {
        let rest = text.strip_prefix(scheme);
        rest.is_some_and(|rest| rest.starts_with(':') || rest.starts_with("//"))
    };
    root.to_str().filter(|text| {
        let lower = text.to_ascii_lowercase();
        text.contains("://") || SCHEMES.iter().any(|scheme| is_like(&lower, scheme))
    })
}

/// The directory beside the project that holds the ledger and the state of the sandbox.
pub(crate) fn state_dir(project: &Project) -> PathBuf {
    project.root.join(".airlift")
}

/// Writes a `.gitignore` into the [`state_dir`] of a project in a repository, so that no commit has the ledger by accident.
pub(super) fn ignore_state_dir(root: &Path) -> Result<(), Failure> {
    let file = Path::new(".airlift/.gitignore");
    let is_needed =
        root.join(".airlift").is_dir() && is_repository(&project_tree(root).join(".git"));
    if !is_needed || root.join(file).symlink_metadata().is_ok() {
        return Ok(());
    }
    files::replace_atomically(root, file, b"*\n", Access::Private)
        .map(|_file| ())
        .map_err(|error| Failure::error("ledger_failed", error.to_string()))
}

/// The name of a file or directory of the environment below [`state_dir`].
pub(super) fn state_name(project: &Project, name: &str) -> String {
    match &project.desired.environment {
        Some(environment) => format!("{name}-{environment}"),
        None => name.to_owned(),
    }
}

/// The name of this run that other runs see in the lock. It contains the machine, because machines
/// may share a ledger.
pub(super) fn owner() -> String {
    on_machine(&format!("process {}", std::process::id()))
}

/// A text with the name of this machine.
pub(super) fn on_machine(text: &str) -> String {
    #[cfg(unix)]
    let text = &format!(
        "{text} on {}",
        rustix::system::uname().nodename().to_string_lossy()
    );
    text.to_owned()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::link_below;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    #[test]
    fn link_below_follows_a_path_part_by_part() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let (tree, outside) = (root.join("tree"), root.join("outside"));
        fs::create_dir_all(tree.join("a")).unwrap();
        fs::create_dir(&outside).unwrap();
        symlink("../outside", tree.join("link")).unwrap();
        symlink("link", tree.join("chain")).unwrap();
        symlink(&tree, outside.join("in")).unwrap();
        symlink("loop", outside.join("loop")).unwrap();
        let first = Some(tree.join("link"));
        for (path, expected) in [
            ("tree/link", &first),
            ("tree/link/x/y", &first),
            ("tree/absent/../link/x", &first),
            ("tree/a/.././link", &first),
            ("outside/in/link/x", &first),
            ("outside/../tree/link/x", &first),
            ("tree/chain/x", &Some(tree.join("chain"))),
            ("tree/a/x", &None),
            ("tree/absent/../../outside/x", &None),
            ("outside/in/a", &None),
            ("outside/loop/x", &Some(outside.join("loop"))),
        ] {
            let link: Option<PathBuf> = link_below(&root.join(path), &tree);
            assert_eq!(&link, expected, "{path}");
        }
    }
}
