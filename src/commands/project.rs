//! What several verbs begin or end with: reading the files, asking, and refusing.

use super::environment::Environment;
use super::pipeline::secret_roots;
use crate::cli::{Format, GlobalArgs};
use crate::config::{self, LoadOptions, Loaded, Project};
use crate::failure::{Failure, FailureKind};
use crate::model::{Completeness, Observed};
use crate::plan::{BlockCode, Plan};
use crate::render::{self, Ui};
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

/// The most that standard input may hold, one byte past what a file may.
const STDIN_LIMIT: u64 = 8 * 1024 * 1024 + 1;

/// Reads the files and gives the project, or shows every finding and fails.
pub(super) fn load(ui: &Ui, env: &Environment, global: &GlobalArgs) -> Result<Project, Failure> {
    let Loaded { report, project } = read(env, global)?;
    let Some(project) = project else {
        render::diagnostics(&mut ui.talk(), &report)?;
        let message = "the files have errors, so nothing was read or written remotely";
        return Err(Failure::new(FailureKind::Error, "invalid_files", message));
    };
    if ui.verbose() > 0 && !report.findings.is_empty() {
        render::diagnostics(&mut ui.talk(), &report)?;
    }
    Ok(project)
}

/// The project, or an empty one where nothing is named and there are no files: for the verbs that
/// need no more of it than its place and its organization.
pub(super) fn load_if_any(
    ui: &Ui,
    env: &Environment,
    global: &GlobalArgs,
) -> Result<Project, Failure> {
    let here = global.files == [Path::new(".")];
    let is_yaml = |path: &Path| path.extension().is_some_and(|end| end == "yaml");
    let none = || {
        let entries = Path::new(".").read_dir().into_iter().flatten().flatten();
        !entries.into_iter().any(|entry| is_yaml(&entry.path()))
    };
    if here && none() {
        return Ok(Project::without_files(PathBuf::from(".")));
    }
    load(ui, env, global)
}

/// Whether the list of customers can be relied on to be whole; says so when it cannot.
pub(super) fn is_whole(ui: &Ui, observed: &Observed) -> Result<bool, Failure> {
    let Completeness::Incomplete(what) = &observed.completeness else {
        return Ok(true);
    };
    let text = format!("the list of customers may not be whole: {what}");
    render::note(ui, &text)?;
    Ok(false)
}

/// Reads the files.
pub(super) fn read(env: &Environment, global: &GlobalArgs) -> Result<Loaded, Failure> {
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
            Failure::new(FailureKind::Error, "bad_stdin", message)
        })?;
    Ok(bytes)
}

/// Asks for approval on a terminal; without one, only a flag approves.
pub(super) async fn approve(
    ui: &Ui,
    global: &GlobalArgs,
    auto_approve: bool,
) -> Result<(), Failure> {
    if auto_approve {
        return Ok(());
    }
    let stdin_is_free = !global.files.iter().any(|path| path == Path::new("-"));
    if global.format != Format::Text || !stdin_is_free || !std::io::stdin().is_terminal() {
        let message = "there is nobody to ask for approval";
        return Err(Failure::new(FailureKind::Usage, "approval_needed", message)
            .hint("review the plan, then run again with --auto-approve"));
    }
    render::ask(ui)?;
    let answer = answer().await.map_err(|error| {
        let message = format!("cannot read the answer: {error}");
        Failure::new(FailureKind::Error, "bad_stdin", message)
    })?;
    if answer.trim() == "yes" {
        return Ok(());
    }
    let message = "not approved: nothing was written";
    Err(Failure::new(
        FailureKind::Cancelled,
        "not_approved",
        message,
    ))
}

/// A line of standard input, read on a thread of its own: nothing can end the reading, and a
/// signal has to end the wait for it.
async fn answer() -> std::io::Result<String> {
    let (told, heard) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        // Nobody waits for it any more when this fails.
        let _ = told.send(read.map(|_| answer));
    });
    heard
        .await
        .unwrap_or_else(|_| Err(std::io::ErrorKind::UnexpectedEof.into()))
}

/// Types that neither the catalog nor the live one knows: an error of the files that only the
/// API could tell, so it stops a run as any error of the files does.
pub(super) fn known_types(project: &Project, plan: &Plan) -> Result<(), Failure> {
    let unknown = plan
        .blocked
        .iter()
        .filter(|blocked| blocked.code == BlockCode::UnknownType);
    let lines: Vec<String> = unknown
        .map(|blocked| {
            let place = project.origin(&blocked.address);
            let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
            format!("{place}{}: {}", blocked.address, blocked.message)
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the files name unknown types, so nothing was written\n{}",
        lines.join("\n")
    );
    Err(Failure::new(FailureKind::Error, "unknown_type", message)
        .hint("`airlift types` lists the types of the catalog"))
}

/// The guards that refuse a plan, as one failure.
pub(super) fn guarded(plan: &Plan) -> Result<(), Failure> {
    if plan.refusals.is_empty() {
        return Ok(());
    }
    let messages: Vec<&str> = plan
        .refusals
        .iter()
        .map(|one| one.message.as_str())
        .collect();
    let message = format!(
        "a guard refused, and nothing was written: {}",
        messages.join("\n")
    );
    Err(Failure::new(FailureKind::Refused, "guard_refused", message))
}
