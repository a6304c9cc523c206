//! Responsible for the commit that the project's files came from.
//!
//! Does not fail: a plan without a known commit is as valid as one with it.

use super::environment::COMMIT_VARIABLES;
use super::ledger_git::{Output, git, is_repository, run};
use super::{Environment, Invocation};
use crate::saved_plan::Commit;
use crate::secrets::project_tree;
use std::path::Path;

/// The tree without files. With its attributes, git runs no filter that the repository names.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// The commit of the project's repository or, without one, the one that the CI runner names.
pub(super) fn commit(invocation: Invocation<'_>, project: &Path) -> Option<Commit> {
    from_repository(project).or_else(|| from_runner(invocation.env))
}

fn from_repository(project: &Path) -> Option<Commit> {
    let repository = project_tree(project);
    let git_dir = repository.join(".git");
    if !is_repository(&git_dir) {
        return None;
    }
    let mut head = git(&git_dir, &repository);
    let id = text(run(head.args(["rev-parse", "--verify", "HEAD"])))?;
    let mut status = git(&git_dir, &repository);
    status.arg(format!("--attr-source={EMPTY_TREE}"));
    let status = text(run(status.args([
        "status",
        "--porcelain",
        "--untracked-files=normal",
    ])));
    Some(Commit {
        id: id.trim().to_owned(),
        clean: status.map(|changes| changes.is_empty()),
    })
}

fn from_runner(env: &Environment) -> Option<Commit> {
    let id = COMMIT_VARIABLES.iter().find_map(|name| env.text(name))?;
    let is_hash = id.len() >= 7 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then_some(Commit { id, clean: None })
}

fn text(output: Output) -> Option<String> {
    match output {
        Output::Listed(bytes) => String::from_utf8(bytes).ok(),
        Output::NotStarted | Output::Ended(_) | Output::Failed(_) => None,
    }
}
