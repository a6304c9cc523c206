//! Responsible for reading the files that the command line names, and for what they say about
//! secret stores.

use super::{Environment, Invocation};
use crate::cli::GlobalArgs;
use crate::config::{self, LoadOptions, Loaded, Project};
use crate::failure::Failure;
use crate::render;
use crate::secrets::Resolver;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most that standard input may hold, one byte past what a file may.
const STDIN_LIMIT: u64 = 8 * 1024 * 1024 + 1;

/// Reads the files and gives the project, or shows every finding and fails.
pub(crate) fn load(invocation: Invocation<'_>) -> Result<Project, Failure> {
    let ui = invocation.ui;
    let Loaded { report, project } = read(invocation)?;
    let Some(project) = project else {
        render::findings(&mut ui.status(), &report)?;
        let message = "the files have errors, so nothing was read or written remotely";
        return Err(Failure::error("invalid_files", message));
    };
    if ui.verbosity().lists_all() && !report.findings.is_empty() {
        render::findings(&mut ui.status(), &report)?;
    }
    Ok(project)
}

/// Like [`load`], but gives an empty project where nothing is named and there are no files: for
/// commands that need no more of it than its place and its organization.
pub(crate) fn load_if_any(invocation: Invocation<'_>) -> Result<Project, Failure> {
    let here = Path::new(".");
    if invocation.global.files == [here] && !has_yaml(here) {
        return Ok(Project::without_files(here.to_owned()));
    }
    load(invocation)
}

fn has_yaml(directory: &Path) -> bool {
    directory
        .read_dir()
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.path().extension().is_some_and(|end| end == "yaml"))
}

/// Reads the files, with every finding.
pub(crate) fn read(invocation: Invocation<'_>) -> Result<Loaded, Failure> {
    let Invocation { env, global, .. } = invocation;
    let stdin = global.files.iter().any(|path| path == Path::new("-"));
    let options = LoadOptions {
        secret_roots: secret_roots(env),
        stdin: stdin.then(read_stdin).transpose()?,
    };
    Ok(config::load(&global.files, &options))
}

fn read_stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(STDIN_LIMIT)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            let message = format!("cannot read standard input: {error}");
            Failure::error("bad_stdin", message)
        })?;
    Ok(bytes)
}

/// Resolves references as seen from the project, each once: one is enough for a whole run.
pub(super) fn resolver(invocation: Invocation<'_>, project: &Project) -> Result<Resolver, Failure> {
    let ca_pem = ca_pem(invocation.global)?.unwrap_or_default();
    let resolver =
        Resolver::new(project.root.clone(), secret_roots(invocation.env)).with_ca(ca_pem);
    Ok(match &project.stores {
        Some(stores) => resolver.with_stores(stores),
        None => resolver,
    })
}

/// The directories that absolute file references may point below. They are set outside the
/// project.
pub(super) fn secret_roots(env: &Environment) -> Vec<PathBuf> {
    match env.raw("AIRLIFT_SECRET_ROOTS") {
        Some(roots) => std::env::split_paths(roots)
            .filter(|root| root.is_absolute())
            .collect(),
        None => vec!["/run/secrets".into(), "/var/run/secrets".into()],
    }
}

/// The content of the file of `--ca-file`.
pub(super) fn ca_pem(global: &GlobalArgs) -> Result<Option<Vec<u8>>, Failure> {
    let Some(path) = &global.ca_file else {
        return Ok(None);
    };
    std::fs::read(path).map(Some).map_err(|error| {
        let message = format!("cannot read {}: {error}", path.display());
        Failure::error("bad_ca_file", message)
    })
}
