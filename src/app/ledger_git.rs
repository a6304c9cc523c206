//! Responsible for refusing a ledger that git tracks: anyone who can change the repository could
//! change the ledger.
//!
//! Does not run a program that the repository configures, and does not use the configuration of the
//! user. Allows the ledger if git is absent or does not answer in time.

use crate::failure::Failure;
use crate::secrets::project_tree;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long git may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How much of git's output is read. The first path is enough.
const MAX_OUTPUT: u64 = 8 * 1024;

/// Refuses a ledger directory in the project's repository of which git tracks a file.
pub(super) fn refuse_tracked(directory: &Path, project: &Path) -> Result<(), Failure> {
    let Some(path) = tracked_file(directory, project) else {
        return Ok(());
    };
    let message = format!("git tracks the ledger: {path}");
    Err(Failure::error("ledger_tracked", message).hint(format!(
        "remove it from git with `git rm -r --cached {}` and add it to .gitignore",
        directory.display()
    )))
}

/// The first file in the directory that the project's repository tracks.
fn tracked_file(directory: &Path, project: &Path) -> Option<String> {
    let repository = project_tree(project);
    let git_dir = repository.join(".git");
    let directory = directory.canonicalize().ok()?;
    if !git_dir.exists() || !directory.starts_with(&repository) {
        return None;
    }
    // The repository does not list the files of a submodule.
    let nearest = project_tree(&directory);
    if nearest != repository && nearest.join(".git").exists() {
        return Some(format!("{} is a repository of its own", nearest.display()));
    }
    let mut command = Command::new("git");
    command
        .args(["--no-optional-locks", "--literal-pathspecs", "--git-dir"])
        .arg(&git_dir)
        .arg("--work-tree")
        .arg(&repository)
        // The repository's configuration may name programs. These keys are the ones that listing
        // files would run.
        .args([
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .args(["-c", "protocol.allow=never"])
        .args(["ls-files", "-z", "--"])
        .arg(&directory)
        .current_dir(&repository)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_NO_LAZY_FETCH", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let output = run(&mut command)?;
    let path = output.split(|byte| *byte == 0).next()?;
    (!path.is_empty()).then(|| String::from_utf8_lossy(path).into_owned())
}

/// The beginning of a program's output, or `None` if it fails to start or to answer in time.
fn run(command: &mut Command) -> Option<Vec<u8>> {
    let mut child = command.spawn().ok()?;
    let stdout = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut output = Vec::new();
        let read = stdout.take(MAX_OUTPUT).read_to_end(&mut output);
        // Sending fails after the timeout, and then the output is not needed.
        let _ = sender.send(read.map(|_| output));
    });
    let output = receiver.recv_timeout(TIMEOUT);
    // Killing fails if the program has ended.
    let _ = child.kill();
    let _ = child.wait();
    output.ok()?.ok()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::tracked_file;
    use std::fs;
    use std::path::Path;
    use std::process::Command;
    use tempfile::TempDir;

    fn git(directory: &Path, arguments: &[&str]) {
        let status = Command::new("git")
            .args(arguments)
            .current_dir(directory)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// A repository with a ledger directory that contains one file.
    fn repository() -> TempDir {
        let repository = tempfile::tempdir().unwrap();
        git(repository.path(), &["init", "-q"]);
        fs::create_dir_all(repository.path().join(".airlift/ledger")).unwrap();
        fs::write(repository.path().join(".airlift/ledger/a.json"), "{}").unwrap();
        repository
    }

    fn tracked(repository: &TempDir) -> Option<String> {
        let ledger = repository.path().join(".airlift/ledger");
        tracked_file(&ledger, repository.path())
    }

    #[test]
    fn tracked_file_of_untracked_ledger_is_none() {
        assert_eq!(tracked(&repository()), None);
    }

    #[test]
    fn tracked_file_of_added_ledger_is_its_path() {
        let repository = repository();
        git(repository.path(), &["add", "-f", ".airlift"]);
        let path = ".airlift/ledger/a.json".to_owned();
        assert_eq!(tracked(&repository), Some(path));
    }

    #[test]
    fn tracked_file_of_ledger_in_nested_repository_is_the_repository() {
        let repository = repository();
        git(&repository.path().join(".airlift"), &["init", "-q"]);
        let path = tracked(&repository).unwrap();
        assert!(
            path.ends_with(".airlift is a repository of its own"),
            "{path}"
        );
    }

    #[test]
    fn tracked_file_of_ledger_outside_repository_is_none() {
        let (repository, ledger) = (repository(), tempfile::tempdir().unwrap());
        assert_eq!(tracked_file(ledger.path(), repository.path()), None);
    }

    #[test]
    fn tracked_file_with_configured_fsmonitor_does_not_run_it() {
        let repository = repository();
        git(repository.path(), &["add", "-f", ".airlift"]);
        let marker = repository.path().join("marker");
        let command = format!("touch {}; false", marker.display());
        git(repository.path(), &["config", "core.fsmonitor", &command]);
        assert!(tracked(&repository).is_some());
        assert!(!marker.exists());
    }
}
