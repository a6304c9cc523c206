//! Responsible for finding the project of a run that names customer files only, or that starts below the project: the
//! nearest `airlift.yaml` in the directory of the files or above it.
//!
//! Does not look above a repository, and takes no file of another owner: a file in a directory such as `/tmp` can be
//! anyone's.

use super::LoadOptions;
use super::document::Document;
use super::findings::Findings;
use super::include::canonical;
use super::project_file::has_project_file;
use super::read::{Input, PROJECT_FILE, source};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A project that the arguments of a run do not name.
#[derive(Debug)]
pub struct OuterProject {
    /// The project's directory.
    pub directory: PathBuf,
    /// The files that the arguments name. `None` if the run only starts below the project.
    pub named: Option<Vec<PathBuf>>,
}

/// The project above the arguments. `None` if there is no such project, or if an argument is or has a project file that
/// the project does not include. One that it includes cannot replace the project's policies by keys of its own.
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
    let directory = outermost(directory, options);
    let files: Vec<PathBuf> = inputs.iter().filter_map(Input::canonical_path).collect();
    let is_project = |inputs: &[Input]| {
        let mut paths = inputs.iter().map(Input::path);
        paths.any(|path| path.ends_with(PROJECT_FILE)) || has_project_file(inputs, options)
    };
    if is_project(&inputs) {
        let included = included(&directory, options);
        let is_other = |input: &Input| {
            let path = input.canonical_path();
            path.is_none_or(|path| !included.contains(&path))
        };
        let others: Vec<Input> = inputs.into_iter().filter(is_other).collect();
        if is_project(&others) {
            return None;
        }
    }
    let named = (arguments != [Path::new(".")]).then_some(files);
    Some(OuterProject {
        directory: shown(&directory),
        named,
    })
}

/// The project that includes the project file of a directory, and so on upwards. An included file is no project.
fn outermost(mut directory: PathBuf, options: &LoadOptions) -> PathBuf {
    while let Some(outer) = above(&directory) {
        if !included(&outer, options).contains(&directory.join(PROJECT_FILE)) {
            break;
        }
        directory = outer;
    }
    directory
}

/// The canonical paths of the files that the project of a directory includes, with any values of its variables.
fn included(directory: &Path, options: &LoadOptions) -> BTreeSet<PathBuf> {
    let mut ignored = Findings::default();
    let input = Input::member(directory.join(PROJECT_FILE), directory);
    let Some(source) = source(&input, options, &mut ignored) else {
        return BTreeSet::new();
    };
    let document = Document::parse(input.path(), source, &mut ignored);
    let patterns = document.head.include.iter().flatten();
    let patterns: Vec<String> = patterns.map(|pattern| with_any_values(pattern)).collect();
    canonical(&patterns, directory)
}

/// A pattern with `*` in place of each variable.
fn with_any_values(pattern: &str) -> String {
    let mut parts = pattern.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.split_once('}').map_or("", |(_, rest)| rest);
        text + "*" + rest
    })
}

/// The directory with the nearest project file, other than the argument itself.
fn above(argument: &Path) -> Option<PathBuf> {
    let argument = argument.canonicalize().ok()?;
    let start = if argument.is_dir() {
        argument.as_path()
    } else {
        argument.parent()?
    };
    let is_project = argument.join(PROJECT_FILE).is_file() || argument.ends_with(PROJECT_FILE);
    let repository = start
        .ancestors()
        .position(|directory| directory.join(".git").exists());
    let mut directories = start
        .ancestors()
        .take(repository.map_or(usize::MAX, |position| position + 1))
        .skip(usize::from(is_project));
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
    fn find_project_of_included_files_with_project_keys_is_above_them() {
        let text = "version: 1\nguards: {max_deletes: 1000}\ncustomers: [{name: acme}]\n";
        let directory = project(&[PROJECT, ("customers/acme.yaml", text)]);
        let root = Some(directory.path().canonicalize().unwrap());
        assert_eq!(search(&directory, &["customers/acme.yaml"]), root);
        assert_eq!(search(&directory, &["customers"]), root);
    }

    #[test]
    fn find_project_passes_project_files_that_an_outer_project_includes() {
        let project_file =
            "version: 1\nvariables: {d: customers}\ninclude: [\"${var.d}/**/*.yaml\"]\n";
        let own = "version: 1\nguards: {max_deletes: 1000}\ninclude: [x.yaml]\n";
        let directory = project(&[
            ("airlift.yaml", project_file),
            ("customers/acme/airlift.yaml", own),
            ("customers/acme/x.yaml", "customers: [{name: acme}]\n"),
        ]);
        let root = Some(directory.path().canonicalize().unwrap());
        for argument in [
            "customers/acme",
            "customers/acme/airlift.yaml",
            "customers/acme/x.yaml",
        ] {
            assert_eq!(search(&directory, &[argument]), root, "{argument}");
        }
        assert_eq!(search(&directory, &["."]), None);
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
