//! Responsible for finding the project of a run that names customer files only, or that starts below the project: the
//! nearest `airlift.yaml` in the directory of the files or above it.
//!
//! Does not look above a repository, and takes no file of another owner: a file in a directory such as `/tmp` can be
//! anyone's.

use super::LoadOptions;
use super::project_file::has_project_file;
use super::read::{Input, PROJECT_FILE};
use std::path::{Path, PathBuf};

/// A project that the arguments of a run do not name.
#[derive(Debug)]
pub struct OuterProject {
    /// The project's directory.
    pub directory: PathBuf,
    /// The files that the arguments name. `None` if the run only starts below the project.
    pub named: Option<Vec<PathBuf>>,
}

/// The project above the arguments. `None` if an argument is or has a project file, or if there is no such project.
pub fn find_project(arguments: &[PathBuf], options: &LoadOptions) -> Option<OuterProject> {
    let mut directories = arguments.iter().map(|argument| above(argument));
    let directory = directories.next()??;
    if !directories.all(|other| other.as_deref() == Some(&directory)) {
        return None;
    }
    let inputs: Vec<Input> = arguments
        .iter()
        .flat_map(|argument| Input::expand(argument))
        .collect();
    if has_project_file(&inputs, options) {
        return None;
    }
    let named = (arguments != [Path::new(".")]).then(|| {
        let files = inputs.iter().filter_map(Input::canonical_path);
        files.collect()
    });
    Some(OuterProject {
        directory: shown(&directory),
        named,
    })
}

/// The directory with the nearest project file, other than the argument itself.
fn above(argument: &Path) -> Option<PathBuf> {
    let argument = argument.canonicalize().ok()?;
    let is_project = argument.join(PROJECT_FILE).is_file() || argument.ends_with(PROJECT_FILE);
    if is_project {
        return None;
    }
    let start = if argument.is_dir() {
        argument.as_path()
    } else {
        argument.parent()?
    };
    let repository = start
        .ancestors()
        .position(|directory| directory.join(".git").exists());
    let mut directories = start
        .ancestors()
        .take(repository.map_or(usize::MAX, |position| position + 1));
    let directory = directories.find(|directory| {
        let project = directory.join(PROJECT_FILE);
        project.is_file() && has_same_owner(&project, start)
    });
    directory.map(Path::to_owned)
}

#[cfg(unix)]
fn has_same_owner(file: &Path, start: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let owner = |path: &Path| path.metadata().map(|metadata| metadata.uid()).ok();
    owner(file) == owner(start)
}

#[cfg(not(unix))]
fn has_same_owner(_: &Path, _: &Path) -> bool {
    true
}

/// The directory as seen from the current one, where it is above or below it.
fn shown(directory: &Path) -> PathBuf {
    let Ok(current) = Path::new(".").canonicalize() else {
        return directory.to_owned();
    };
    if let Ok(above) = current.strip_prefix(directory) {
        let steps = above.components().map(|_| "..");
        let path: PathBuf = steps.collect();
        return if path.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            path
        };
    }
    let below = directory.strip_prefix(&current).map(Path::to_owned);
    below.unwrap_or_else(|_| directory.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{LoadOptions, find_project};
    use std::path::{Path, PathBuf};
    use tempfile::TempDir;

    fn project(files: &[(&str, &str)]) -> TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        directory
    }

    fn search(directory: &TempDir, arguments: &[&str]) -> Option<PathBuf> {
        let arguments: Vec<PathBuf> = arguments
            .iter()
            .map(|name| directory.path().join(name))
            .collect();
        let outer = find_project(&arguments, &LoadOptions::default())?;
        Some(outer.directory)
    }

    const PROJECT: (&str, &str) = ("airlift.yaml", "version: 1\ninclude: [customers/*.yaml]\n");
    const ACME: (&str, &str) = ("customers/acme.yaml", "customers: [{name: acme}]\n");

    #[test]
    fn find_project_of_customer_files_is_above_them() {
        let directory = project(&[PROJECT, ACME, ("other.yaml", "customers: []\n")]);
        let root = Some(directory.path().canonicalize().unwrap());
        assert_eq!(search(&directory, &["customers/acme.yaml"]), root);
        assert_eq!(search(&directory, &["customers"]), root);
        assert_eq!(search(&directory, &["other.yaml", "customers"]), root);
    }

    #[test]
    fn find_project_of_project_files_is_none() {
        let own = ("sub/own.yaml", "version: 1\ncustomers: []\n");
        let directory = project(&[PROJECT, ACME, own]);
        for arguments in [
            &["."][..],
            &["airlift.yaml"],
            &["sub/own.yaml"],
            &["sub/own.yaml", "customers/acme.yaml"],
            &["absent.yaml"],
            &["-"],
        ] {
            assert_eq!(search(&directory, arguments), None, "{arguments:?}");
        }
    }

    #[test]
    fn find_project_ends_at_a_repository() {
        let directory = project(&[PROJECT, ("inner/customers/acme.yaml", ACME.1)]);
        let inner = |name: &str| directory.path().join("inner").join(name);
        assert!(search(&directory, &["inner/customers"]).is_some());
        std::fs::create_dir(inner(".git")).unwrap();
        assert_eq!(search(&directory, &["inner/customers"]), None);
        std::fs::write(inner("airlift.yaml"), PROJECT.1).unwrap();
        let root = Path::new("inner");
        assert!(
            search(&directory, &["inner/customers"])
                .unwrap()
                .ends_with(root)
        );
    }
}
