//! Responsible for loading the project that the command line names, and for the resolver of its
//! secret references.

use super::named_file::content_of;
use super::{Environment, Invocation, Selectable, credentials};
use crate::cli::{Format, GlobalArgs};
use crate::config::{self, LoadOptions, Loaded, OuterProject, Project};
use crate::failure::Failure;
use crate::model::{Address, Selector};
use crate::render::ci::{self, Problems};
use crate::render::{self, json, ndjson};
use crate::secrets::{Resolver, SecretAccess};
use serde_json::Value;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The maximum that is read from standard input: one byte more than a file may have, so that a
/// larger input is noticed.
const STDIN_LIMIT: u64 = 64 * 1024 * 1024 + 1;

/// The largest file of certificates, in bytes.
const LARGEST_CA: u64 = 8 << 20;

/// The next step after findings.
pub(crate) const EXPLAIN_FINDINGS: &str =
    "`airlift explain CODE` says what to do about each finding";

/// Loads the project. Shows every finding and fails if the files have errors. Else shows the warnings that `-v` asks for,
/// and those that a reviewer of a plan needs: about files that are not read, because their customers count as removed,
/// and about deceptive names.
pub(crate) fn load(invocation: Invocation<'_>) -> Result<Project, Failure> {
    let Invocation { ui, global, .. } = invocation;
    let Loaded {
        report, project, ..
    } = read(invocation)?;
    let Some(project) = project else {
        render::findings(&mut ui.status(), &report, ui.verbosity())?;
        let message = "the files have errors; no request was sent";
        let failure = Failure::error("invalid_files", message).hint(EXPLAIN_FINDINGS);
        match global.format {
            Format::Json => json::invalid_files(&mut ui.out(), &failure, &report)?,
            Format::Events => ndjson::findings(ui, &report),
            Format::Sarif => ci::sarif(&mut ui.out(), &Problems::from_report(&report))?,
            Format::Junit => ci::junit(&mut ui.out(), &Problems::from_report(&report))?,
            _ => {}
        }
        return Err(failure);
    };
    let shown = if ui.verbosity().lists_all() {
        report
    } else {
        report.for_reviewers()
    };
    if !shown.findings.is_empty() {
        ndjson::findings(ui, &shown);
        render::findings(&mut ui.status(), &shown, ui.verbosity())?;
    }
    Ok(project)
}

/// Loads the project, or returns an empty one if the command line names no files and the current
/// directory has none with content. For commands that do not need a project. A shell creates an
/// empty file before it runs `airlift export > airlift.yaml`.
pub(crate) fn load_if_any(invocation: Invocation<'_>) -> Result<Project, Failure> {
    let here = Path::new(".");
    let files = &invocation.global.files;
    let has_outer = || config::find_project(files, &load_options(invocation.env)).is_some();
    if files == &[here] && !has_yaml(here) && !has_outer() {
        let mut project = Project::without_files(here.to_owned());
        project.desired.environment = invocation.env.project_environment();
        return Ok(project);
    }
    load(invocation)
}

fn has_yaml(directory: &Path) -> bool {
    let is_empty = |path: &Path| path.metadata().is_ok_and(|file| file.len() == 0);
    directory
        .read_dir()
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .any(|path| path.extension().is_some_and(|end| end == "yaml") && !is_empty(&path))
}

/// Loads files, for one environment or for each.
type Load = fn(&[PathBuf], &LoadOptions) -> Loaded;

/// Reads the files and returns every finding.
pub(crate) fn read(invocation: Invocation<'_>) -> Result<Loaded, Failure> {
    read_with(invocation, config::load)
}

/// Reads the files in each environment of the project, unless the run chooses one, and returns every finding.
pub(crate) fn read_every_environment(invocation: Invocation<'_>) -> Result<Loaded, Failure> {
    read_with(invocation, config::load_every_environment)
}

fn read_with(invocation: Invocation<'_>, load: Load) -> Result<Loaded, Failure> {
    let Invocation { env, global, .. } = invocation;
    let stdin = global.files.iter().any(|path| path == Path::new("-"));
    let options = LoadOptions {
        stdin: stdin.then(read_stdin).transpose()?,
        ..load_options(env)
    };
    match config::find_project(&global.files, &options) {
        Some(outer) => read_outer(invocation, &outer, &options, load),
        None => Ok(load(&global.files, &options)),
    }
}

/// Reads a project that was found above the files that the command line names, or above the current directory.
fn read_outer(
    invocation: Invocation<'_>,
    outer: &OuterProject,
    options: &LoadOptions,
    load: Load,
) -> Result<Loaded, Failure> {
    let file = outer.directory.join("airlift.yaml");
    let shown = file.display();
    let loaded = load(std::slice::from_ref(&outer.directory), options);
    let note = match &outer.named {
        None => format!("the project is {shown}"),
        Some(_) => format!(
            "the files belong to the project {shown}; the run covers their customers only, and removes nothing"
        ),
    };
    render::print_note(invocation.ui, &note)?;
    let project = match (loaded.project, &outer.named) {
        (Some(project), Some(named)) => Some(narrowed(project, named)?),
        (project, _) => project,
    };
    Ok(Loaded { project, ..loaded })
}

fn narrowed(project: Project, named: &[PathBuf]) -> Result<Project, Failure> {
    let root = project.root.clone();
    project.narrowed_to(named).map_err(|others| {
        let root = root.display();
        let shown = others.iter().map(|file| file.display().to_string());
        let shown: Vec<String> = shown.collect();
        let message = format!("no customer of the project {root} is declared in {}", shown.join(", "));
        Failure::usage("file_not_in_project", message)
            .hint(format!("add the file to `include` in the project file of {root}, or name the project itself with -f"))
    })
}

/// The customers of the project's tables that the selectors name, or all. Fails if the files have errors.
pub(crate) fn expand(
    invocation: Invocation<'_>,
    selectors: &[Selector],
) -> Result<Vec<Value>, Failure> {
    if invocation
        .global
        .files
        .iter()
        .any(|path| path == Path::new("-"))
    {
        let message = "`airlift expand` does not read standard input";
        return Err(Failure::usage("bad_stdin", message).hint("name the project's files with -f"));
    }
    let project = load(invocation)?;
    let selected = Selectable::declared(&project.desired).select(selectors)?;
    let is_selected = |customer: &Value| {
        let name = customer.get("name").and_then(Value::as_str);
        name.filter(|name| project.desired.customers.contains_key(*name))
            .is_some_and(|name| selected.is_empty() || selected.contains(&Address::customer(name)))
    };
    let options = load_options(invocation.env);
    let files = &invocation.global.files;
    let mut customers = match config::find_project(files, &options) {
        Some(outer) => config::expand(&[outer.directory], &options),
        None => config::expand(files, &options),
    };
    customers.retain(is_selected);
    Ok(customers)
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

/// The resolver of the project's secret references. Resolves each reference once per run.
pub(super) fn resolver(invocation: Invocation<'_>, project: &Project) -> Result<Resolver, Failure> {
    let ca_pem = ca_pem(invocation.global)?.unwrap_or_default();
    let access = secret_access(invocation.env).with_links(project.links.clone());
    let resolver = Resolver::new(project.root.clone(), access)
        .with_ca(ca_pem)
        .with_own_credentials(credentials::own_credentials(invocation.env))
        .with_unchecked(&project.unchecked_secrets);
    Ok(match &project.stores {
        Some(stores) => resolver.with_stores(stores),
        None => resolver,
    })
}

/// The options of loading files without standard input.
pub(super) fn load_options(env: &Environment) -> LoadOptions {
    LoadOptions {
        secret_access: secret_access(env),
        stdin: None,
        environment: env.project_environment(),
    }
}

/// The rules for what references may read. The environment sets them, and a project's files cannot change them.
fn secret_access(env: &Environment) -> SecretAccess {
    SecretAccess::from_environment(|name| env.raw(name).map(OsStr::to_owned))
        .with_policy(env.policy_file().map(Path::to_owned))
}

/// The content of the file of `--ca-file`.
pub(super) fn ca_pem(global: &GlobalArgs) -> Result<Option<Vec<u8>>, Failure> {
    let Some(path) = &global.ca_file else {
        return Ok(None);
    };
    content_of(path, LARGEST_CA).map(Some).map_err(|error| {
        let message = format!("cannot read {}: {error}", path.display());
        Failure::error("bad_ca_file", message)
    })
}
