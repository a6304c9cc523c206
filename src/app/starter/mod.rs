//! Responsible for the example project that `init` creates. Overwrites nothing, adds lines to `.gitignore`, and follows
//! no link out of the project.

use super::out_directory::OutDirectory;
use crate::catalog::{self, ConnectorType, Example};
use crate::cli::{CiSystem, InitArgs};
use crate::config::config_schema;
use crate::failure::Failure;
use crate::files::Access;
use std::path::Path;

/// The content of a secret of the example. The sandbox accepts any value.
const SECRET: &str = "made-up-value-for-the-sandbox\n";

/// The file whose paths git does not list.
const IGNORE_FILE: &str = ".gitignore";
/// What git must not list: the ledger and secrets.
const IGNORED: &str = include_str!("gitignore");

/// The start of the customer's file. The examples of the types follow.
const CUSTOMER: &str = include_str!("acme-corp.yaml");

/// Writes the files of the project that do not exist, and the lines that `.gitignore` lacks. Returns their paths.
pub(crate) fn write_starter(args: &InitArgs) -> Result<Vec<String>, Failure> {
    let directory = args.directory.as_path();
    if directory.join("airlift.yaml").symlink_metadata().is_ok() {
        let message = format!("{} already contains a project", directory.display());
        return Err(Failure::error("project_exists", message)
            .hint("run `airlift validate` there, or name another directory"));
    }
    let out = OutDirectory::new(directory);
    let files = files(args)?;
    // Before any file is written, because git must not list the secrets of the example.
    let is_added = out.add_lines(Path::new(IGNORE_FILE), IGNORED)?;
    let mut written = Vec::new();
    for (name, content) in files {
        let access = if name.starts_with("secrets/") {
            Access::Private
        } else {
            Access::Shared
        };
        let is_changed = is_added && name == IGNORE_FILE;
        if is_changed || out.create(Path::new(&name), &content, access)? {
            written.push(directory.join(&name).display().to_string());
        }
    }
    Ok(written)
}

/// Writes manual pages into a directory. Replaces earlier pages, and no other files.
pub(crate) fn write_manual(directory: &Path, pages: &[(String, String)]) -> Result<(), Failure> {
    let out = OutDirectory::new(directory);
    out.create_itself()?;
    let is_page = |start: &[u8]| start.starts_with(b".ie ") || start.starts_with(b".TH ");
    for (name, text) in pages {
        out.replace(Path::new(name), text, Access::Shared, is_page)?;
    }
    Ok(())
}

/// The paths and contents of the files.
fn files(args: &InitArgs) -> Result<Vec<(String, String)>, Failure> {
    let examples = examples(&args.types)?;
    let schema = serde_json::to_string_pretty(&config_schema())
        .map_err(|error| Failure::internal(format!("the schema cannot be written: {error}")))?;
    let connectors: String = examples
        .iter()
        .map(|example| example.yaml.as_str())
        .collect();
    let mut files = vec![
        file("airlift.yaml", include_str!("airlift.yaml")),
        file(
            "customers/acme-corp.yaml",
            &(CUSTOMER.to_owned() + &connectors),
        ),
        file(IGNORE_FILE, IGNORED),
        file("config.schema.json", &(schema + "\n")),
    ];
    let secrets = examples.iter().flat_map(|example| &example.secret_files);
    files.extend(secrets.map(|path| file(path, SECRET)));
    let workflow = args.ci.into_iter().flat_map(workflow);
    files.extend(workflow.map(|(path, content)| file(path, content)));
    Ok(files)
}

fn file(path: &str, content: &str) -> (String, String) {
    (path.to_owned(), content.to_owned())
}

/// The examples of the types. Fails for a type that the catalog does not have.
fn examples(types: &[String]) -> Result<Vec<Example>, Failure> {
    let example = |name: &String| find_type(name.trim()).map(Example::new);
    types.iter().map(example).collect()
}

/// A type of the catalog. Fails with the types that a wrong name may mean.
pub(crate) fn find_type(name: &str) -> Result<&'static ConnectorType, Failure> {
    catalog::find(name).ok_or_else(|| {
        let message = format!("the catalog has no type {name:?}");
        let failure = Failure::usage("unknown_type", message);
        match catalog::similar_types(name) {
            Some(similar) => failure.hint(format!("did you mean {similar}?")),
            None => failure.hint("`airlift types` lists all types"),
        }
    })
}

/// The files of a CI system, as their paths and contents.
fn workflow(system: CiSystem) -> Vec<(&'static str, &'static str)> {
    let workflow = match system {
        CiSystem::Github => {
            return vec![
                (
                    ".github/workflows/airlift.yml",
                    include_str!("../../../examples/ci/github/airlift.yml"),
                ),
                (
                    ".github/actions/setup-airlift/action.yml",
                    include_str!("../../../examples/ci/github/setup-airlift/action.yml"),
                ),
            ];
        }
        CiSystem::Gitlab => (
            ".gitlab-ci.yml",
            include_str!("../../../examples/ci/gitlab-ci.yml"),
        ),
        CiSystem::Azure => (
            "azure-pipelines.yml",
            include_str!("../../../examples/ci/azure-pipelines.yml"),
        ),
        CiSystem::Bitbucket => (
            "bitbucket-pipelines.yml",
            include_str!("../../../examples/ci/bitbucket-pipelines.yml"),
        ),
    };
    vec![workflow]
}
