//! Responsible for the files that differ from a commit, for `--changed-since`.
//!
//! Compares contents as they are on disk, so that git runs no filter that the repository's attributes name and needs
//! no index. Runs git without the programs that the repository configures.

use super::ledger_access::links_below;
use super::ledger_git::{Output, git, is_repository, run_to};
use crate::failure::Failure;
use crate::secrets::project_tree;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// How much of git's output is read.
const MAX_OUTPUT: u64 = 64 * 1024 * 1024;
/// The files that one process compares, so that their names fit into its arguments.
const FILES_AT_ONCE: usize = 500;

/// The files of a commit.
pub(super) struct CommitTree {
    repository: PathBuf,
    /// The project's directory, as paths begin with it, and without links.
    project: (PathBuf, PathBuf),
    /// Whether each link is the one of the commit, because many files can be behind one.
    links: RefCell<BTreeMap<PathBuf, bool>>,
    /// The object id of each file, by canonical path.
    blobs: BTreeMap<PathBuf, String>,
}

impl CommitTree {
    /// The files of a commit of the project's repository.
    pub(super) fn find(revision: &str, project: &Path) -> Result<Self, Failure> {
        let repository = project_tree(project);
        // Git gets the paths of files as text.
        if repository.to_str().is_none() {
            return Err(failed("the path of the repository is not UTF-8"));
        }
        if !is_repository(&repository.join(".git")) {
            return Err(failed("the project is not in a git repository"));
        }
        let id = commit_id(revision, &repository)?;
        let listed = output(&repository, &["ls-tree", "-r", "-z", "--full-tree", &id])?;
        let text = String::from_utf8(listed)
            .map_err(|_| failed("the commit has a file name that is not UTF-8"))?;
        // MODE TYPE ID <tab> PATH
        let blobs = text.split('\0').filter_map(|line| {
            let (head, path) = line.split_once('\t')?;
            let id = head.rsplit(' ').next()?;
            Some((repository.join(path), id.to_owned()))
        });
        Ok(Self {
            blobs: blobs.collect(),
            repository,
            project: (
                absolute(project),
                project.canonicalize().unwrap_or_default(),
            ),
            links: RefCell::default(),
        })
    }

    /// Whether the commit has a file, or had a link or a file in place of one of its directories.
    pub(super) fn has(&self, path: &Path) -> bool {
        let real = path.canonicalize();
        let place = self.place(path);
        real.is_ok_and(|real| self.blobs.contains_key(&real))
            || self.blobs.contains_key(&place)
            || self.has_changed_link(path, &place)
    }

    /// The path of a file if no link in the repository is followed. The file need not exist.
    fn place(&self, path: &Path) -> PathBuf {
        let path = absolute(path);
        let (project, real_project) = &self.project;
        let place = match path.strip_prefix(project) {
            Ok(below) => real_project.join(below),
            Err(_) => path,
        };
        place.components().fold(PathBuf::new(), |mut path, part| {
            if part == Component::ParentDir {
                path.pop();
            } else {
                path.push(part);
            }
            path
        })
    }

    /// Whether a directory of a path is a link that the commit does not have like this, or is one in the commit only.
    fn has_changed_link(&self, path: &Path, place: &Path) -> bool {
        let directories = place.ancestors().skip(1);
        let replaced = directories.filter(|path| self.blobs.contains_key(*path));
        let links = links_below(path, &self.repository);
        links
            .iter()
            .map(PathBuf::as_path)
            .chain(replaced)
            .any(|link| !self.is_same_link(link))
    }

    fn is_same_link(&self, link: &Path) -> bool {
        let mut links = self.links.borrow_mut();
        if let Some(is_same) = links.get(link) {
            return *is_same;
        }
        let is_same = self.leads_as_before(link);
        links.insert(link.to_owned(), is_same);
        is_same
    }

    fn leads_as_before(&self, link: &Path) -> bool {
        let (Some(id), Ok(target)) = (self.blobs.get(link), link.read_link()) else {
            return false;
        };
        let before = output(&self.repository, &["cat-file", "blob", id]);
        before.is_ok_and(|before| before == target.as_os_str().as_encoded_bytes())
    }

    /// The files that differ from the commit. A file that the commit does not have differs, and so does one behind a
    /// link that leads elsewhere now.
    pub(super) fn changed(&self, files: &BTreeSet<PathBuf>) -> Result<BTreeSet<PathBuf>, Failure> {
        let mut changed = BTreeSet::new();
        let mut comparable = Vec::new();
        for file in files {
            let is_linked = self.has_changed_link(file, &self.place(file));
            let real = file.canonicalize().ok().filter(|_| !is_linked);
            match real.and_then(|real| self.blobs.get_key_value(&real)) {
                Some((real, id)) => comparable.push((file, real, id)),
                None => drop(changed.insert(file.clone())),
            }
        }
        for part in comparable.chunks(FILES_AT_ONCE) {
            let paths: Vec<&Path> = part.iter().map(|(_, real, _)| real.as_path()).collect();
            let ids = self.present_ids(&paths)?;
            let differing = part.iter().zip(ids).filter(|((.., id), now)| *id != now);
            changed.extend(differing.map(|((file, ..), _)| (*file).clone()));
        }
        Ok(changed)
    }

    /// The files of the commit below a directory that no longer exist.
    pub(super) fn removed(&self, directory: &Path) -> impl Iterator<Item = &Path> {
        let below = self
            .blobs
            .keys()
            .filter(move |path| path.starts_with(directory));
        below.map(PathBuf::as_path).filter(|path| !path.exists())
    }

    /// The object ids of files as they are on disk.
    fn present_ids(&self, paths: &[&Path]) -> Result<Vec<String>, Failure> {
        let paths = paths.iter().filter_map(|path| path.to_str());
        let arguments: Vec<&str> = ["hash-object", "--no-filters", "--"]
            .into_iter()
            .chain(paths)
            .collect();
        let listed = output(&self.repository, &arguments)?;
        let ids = String::from_utf8_lossy(&listed);
        Ok(ids.lines().map(str::to_owned).collect())
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn commit_id(revision: &str, repository: &Path) -> Result<String, Failure> {
    let shown = revision.escape_debug();
    if revision.is_empty() || revision.starts_with('-') {
        return Err(failed(&format!("`{shown}` names no commit")));
    }
    let commit = format!("{revision}^{{commit}}");
    let mut command = git(&repository.join(".git"), repository);
    command.args([
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &commit,
    ]);
    match run_to(&mut command, MAX_OUTPUT) {
        Output::Ended(status) if status.code() == Some(1) => {
            let reason = format!("the repository has no commit `{shown}`");
            let hint = "fetch the commit first; CI systems often fetch only the last one";
            Err(failed(&reason).hint(hint))
        }
        output => Ok(String::from_utf8_lossy(&listed("rev-parse", output)?)
            .trim()
            .to_owned()),
    }
}

fn output(repository: &Path, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
    let mut command = git(&repository.join(".git"), repository);
    let name = arguments.first().copied().unwrap_or_default();
    listed(name, run_to(command.args(arguments), MAX_OUTPUT))
}

fn listed(name: &str, output: Output) -> Result<Vec<u8>, Failure> {
    match output {
        Output::Listed(bytes) if (bytes.len() as u64) < MAX_OUTPUT => Ok(bytes),
        Output::Listed(_) => Err(failed("git lists more than 64 MiB of names")),
        Output::NotStarted => Err(failed("git does not start")),
        Output::Ended(status) => Err(failed(&format!("git {name} ended with {status}"))),
        Output::Failed(error) => Err(failed(&format!("git {name}: {error}"))),
    }
}

fn failed(reason: &str) -> Failure {
    let message = format!("--changed-since cannot compare the files: {reason}");
    Failure::usage("bad_revision", message)
}

#[cfg(all(test, unix))]
mod tests {
    use super::CommitTree;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    #[test]
    fn commit_tree_below_a_path_that_is_not_utf8_is_refused() {
        let project = Path::new(OsStr::from_bytes(b"/absent/\xff"));
        let failure = CommitTree::find("HEAD", project).err().unwrap();
        assert_eq!(failure.code, "bad_revision");
        assert!(failure.message.contains("not UTF-8"), "{failure:?}");
    }
}
