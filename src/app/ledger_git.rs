//! Responsible for refusing a ledger that git tracks: anyone who can change the repository could
//! change the ledger.
//!
//! Does not run a program that the repository configures, and does not use the configuration of the
//! user. Allows the ledger if git is absent or does not start. Refuses it if git fails or does not
//! answer in time, because then nothing says that git does not track it.

use crate::failure::Failure;
use crate::secrets::project_tree;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long git may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How much of git's output is read. The first path is enough.
const MAX_OUTPUT: u64 = 8 * 1024;

/// Refuses a ledger directory in the project's repository of which git tracks a file.
pub(super) fn refuse_tracked(directory: &Path, project: &Path) -> Result<(), Failure> {
    let shown = directory.display();
    match tracking(directory, project) {
        Tracking::None => Ok(()),
        Tracking::Tracked(path) => {
            let message = format!("git tracks the ledger: {path}");
            Err(Failure::error("ledger_tracked", message).hint(format!(
                "remove it from git with `git rm -r --cached {shown}` and add it to .gitignore"
            )))
        }
        Tracking::Unknown(error) => {
            let message = format!("git cannot tell whether it tracks the ledger: {error}");
            Err(Failure::error("ledger_tracked", message)
                .hint(format!(
                    "find the cause with `git ls-files {shown}`, in the project's repository"
                ))
                .hint("or keep the ledger in a directory outside the repository: --ledger"))
        }
    }
}

/// Whether git tracks a ledger.
#[derive(Debug, Eq, PartialEq)]
enum Tracking {
    None,
    /// The first tracked file.
    Tracked(String),
    /// Git started and failed.
    Unknown(String),
}

/// Whether the project's repository tracks a file in the directory.
fn tracking(directory: &Path, project: &Path) -> Tracking {
    let repository = project_tree(project);
    let git_dir = repository.join(".git");
    let Ok(directory) = directory.canonicalize() else {
        return Tracking::None;
    };
    if !is_repository(&git_dir) || !directory.starts_with(&repository) {
        return Tracking::None;
    }
    // The repository does not list the files of a submodule.
    let nearest = project_tree(&directory);
    if nearest != repository && nearest.join(".git").exists() {
        return Tracking::Tracked(format!("{} is a repository of its own", nearest.display()));
    }
    match run(&mut list_files(&git_dir, &repository, &directory)) {
        Output::NotStarted => Tracking::None,
        Output::Ended(status) => Tracking::Unknown(format!("it ended with {status}")),
        Output::Failed(error) => Tracking::Unknown(error),
        Output::Listed(list) => {
            let path = list.split(|byte| *byte == 0).next().unwrap_or_default();
            if path.is_empty() {
                Tracking::None
            } else {
                Tracking::Tracked(String::from_utf8_lossy(path).into_owned())
            }
        }
    }
}

/// Whether a path is the directory of a repository, or the file that names it. A directory of that
/// name alone tracks nothing.
pub(super) fn is_repository(git_dir: &Path) -> bool {
    git_dir.is_file() || git_dir.join("HEAD").exists()
}

fn list_files(git_dir: &Path, repository: &Path, directory: &Path) -> Command {
    let mut command = git(git_dir, repository);
    command.args(["ls-files", "-z", "--"]).arg(directory);
    command
}

/// Git on a repository, without the programs that the repository's configuration may name.
pub(super) fn git(git_dir: &Path, repository: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .args(["--no-optional-locks", "--literal-pathspecs", "--git-dir"])
        .arg(git_dir)
        .arg("--work-tree")
        .arg(repository)
        // These keys name programs that listing files and comparing them would run.
        .args([
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .args(["-c", "protocol.allow=never"])
        .current_dir(repository)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_NO_LAZY_FETCH", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// How a program ended.
pub(super) enum Output {
    NotStarted,
    /// It failed with this status.
    Ended(ExitStatus),
    Failed(String),
    /// The beginning of its output.
    Listed(Vec<u8>),
}

/// Runs a program whose first output is enough.
pub(super) fn run(command: &mut Command) -> Output {
    run_to(command, MAX_OUTPUT)
}

/// Runs a program and reads its output up to a number of bytes.
pub(super) fn run_to(command: &mut Command, limit: u64) -> Output {
    let Ok(mut child) = command.spawn() else {
        return Output::NotStarted;
    };
    let Some(stdout) = child.stdout.take() else {
        return Output::Failed("it has no output".to_owned());
    };
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut output = Vec::new();
        let read = stdout.take(limit).read_to_end(&mut output);
        // Sending fails after the timeout, and then the output is not needed.
        let _ = sender.send(read.map(|_| output));
    });
    let output = match receiver.recv_timeout(TIMEOUT) {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return ended(child, error.to_string()),
        Err(_) => {
            let seconds = TIMEOUT.as_secs();
            return ended(child, format!("it did not answer within {seconds} s"));
        }
    };
    // The rest of a long output is not read, and the program cannot write it.
    if output.len() as u64 == limit {
        let _ = child.kill();
        let _ = child.wait();
        return Output::Listed(output);
    }
    match child.wait() {
        Ok(status) if status.success() => Output::Listed(output),
        Ok(status) => Output::Ended(status),
        Err(error) => Output::Failed(error.to_string()),
    }
}

/// Ends a program that failed.
fn ended(mut child: Child, error: String) -> Output {
    // Killing fails if the program has ended.
    let _ = child.kill();
    let _ = child.wait();
    Output::Failed(error)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::{Tracking, tracking};
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
        match tracking(&ledger, repository.path()) {
            Tracking::None => None,
            Tracking::Tracked(path) => Some(path),
            Tracking::Unknown(error) => panic!("git failed: {error}"),
        }
    }

    #[test]
    fn tracking_by_git_that_fails_is_unknown() {
        let repository = repository();
        let ledger = repository.path().join(".airlift/ledger");
        fs::write(repository.path().join(".git/index"), "damaged").unwrap();
        let tracking = tracking(&ledger, repository.path());
        assert!(matches!(tracking, Tracking::Unknown(_)), "{tracking:?}");
    }

    #[test]
    fn tracking_by_directory_without_repository_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = directory.path().join("ledger");
        fs::create_dir_all(&ledger).unwrap();
        fs::create_dir(directory.path().join(".git")).unwrap();
        assert_eq!(tracking(&ledger, directory.path()), Tracking::None);
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
        assert_eq!(tracking(ledger.path(), repository.path()), Tracking::None);
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
