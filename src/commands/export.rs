//! `export`: the YAML of what exists. Holds a `Reader`, reads no secret, and hands over only what
//! `validate` accepts.

use super::environment::Environment;
use super::pipeline::secret_roots;
use super::project;
use super::remote::{Pace, Remote};
use crate::cli::{ExportArgs, Format, GlobalArgs};
use crate::events::{Event, Sink};
use crate::export::{self, Exported, Sources, export};
use crate::failure::{Exit, Failure, FailureKind};
use crate::ledger::recover;
use crate::model::{Address, Desired, Observed, Recorded};
use crate::observed::{Details, Survey, survey};
use crate::render::{self, Ui};
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The most bytes that one file may have; `config` refuses more.
const FILE: usize = 8 * 1024 * 1024;

/// Runs the verb.
pub(super) async fn run(
    ui: &Ui,
    env: &Environment,
    global: &GlobalArgs,
    args: &ExportArgs,
) -> Result<Exit, Failure> {
    let wanted = wanted(global, args)?;
    let project = project::load_if_any(ui, env, global)?;
    let events = render::sinks::progress(ui);
    let pace = Pace::from(&args.rate);
    let remote = Remote::open(env, &project, global, pace, &events).await?;
    render::target(ui, &remote.name, &remote.organization.to_string())?;
    let read = read(&remote, &project.desired, args, &wanted, &*events).await;
    events.emit(Event::PhaseFinished);
    remote.close().await?;
    let (observed, recorded) = read?;
    let whole = project::is_whole(ui, &observed)?;
    known(&observed, &wanted)?;
    let sources = Sources {
        observed: &observed,
        recorded: &recorded,
        declared: &project.desired,
    };
    let mut exported = export(sources, &wanted);
    exported.amend(&secret_roots(env));
    match (&args.out, global.format) {
        (Some(directory), _) => written(ui, directory, &exported)?,
        (None, Format::Json) => render::json::document(&mut ui.out(), &exported.to_value())?,
        (None, Format::Text) => {
            let text = export::document(&exported);
            render::yaml(&mut ui.out(), &text)?;
            if text.len() > FILE {
                render::note(ui, "this is more than one file may hold (8 MiB); use --out")?;
            }
        }
    }
    render::left_out(ui, &exported.left_out(), exported.placeholders())?;
    Ok(if whole { Exit::Done } else { Exit::Partial })
}

/// The customers that are asked for; none means all.
fn wanted(global: &GlobalArgs, args: &ExportArgs) -> Result<BTreeSet<String>, Failure> {
    let usage = |message: &str| Failure::new(FailureKind::Usage, "usage", message);
    if args.out.is_some() && global.format != Format::Text {
        return Err(usage("--out writes YAML; leave --format out"));
    }
    if args.target.iter().any(|target| target.connector.is_some()) {
        return Err(usage("export takes whole customers: --target CUSTOMER"));
    }
    let names = args
        .target
        .iter()
        .map(|Address { customer, .. }| customer.clone());
    Ok(names.collect())
}

fn known(observed: &Observed, wanted: &BTreeSet<String>) -> Result<(), Failure> {
    let there = |name: &&String| observed.customers.values().any(|one| one.name == **name);
    match wanted.iter().find(|name| !there(name)) {
        None => Ok(()),
        Some(name) => {
            let message = format!("there is no customer {name}");
            Err(Failure::new(
                FailureKind::Usage,
                "unknown_selector",
                message,
            ))
        }
    }
}

async fn read(
    remote: &Remote,
    desired: &Desired,
    args: &ExportArgs,
    wanted: &BTreeSet<String>,
    events: &dyn Sink,
) -> Result<(Observed, Recorded), Failure> {
    let (recorded, unsettled) = remote.history(desired).await?;
    let customers = |_, name: &str| wanted.is_empty() || wanted.contains(name);
    let extent = Survey {
        customers: &customers,
        details: Details::All,
    };
    let reader = remote.session.reader();
    let parallelism = usize::from(args.rate.parallelism);
    let observed = survey(&reader, &recorded, &extent, parallelism, events).await?;
    let settled = recover(recorded, &unsettled, &observed);
    Ok((observed, settled.recorded))
}

/// Writes a project, and only if nothing of it is there.
fn written(ui: &Ui, directory: &Path, exported: &Exported) -> Result<(), Failure> {
    let files: Vec<(PathBuf, String)> = export::project(exported)
        .into_iter()
        .map(|(name, text)| (directory.join(name), text))
        .collect();
    if let Some((path, _)) = files
        .iter()
        .find(|(path, _)| path.symlink_metadata().is_ok())
    {
        let message = format!("{} exists, and nothing was written", path.display());
        return Err(Failure::new(FailureKind::Error, "file_exists", message)
            .hint("export into another directory, and compare"));
    }
    for (path, text) in &files {
        write_new(path, text).map_err(|error| {
            let message = format!("cannot write {}: {error}", path.display());
            Failure::new(FailureKind::Error, "cannot_write", message)
        })?;
    }
    render::written(ui, files.len(), &directory.display().to_string())?;
    Ok(())
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}
