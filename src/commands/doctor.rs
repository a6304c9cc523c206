//! `doctor`: is everything there that a run needs? Looks, and changes nothing: here the files,
//! the credentials, the ledger and the stores, there one token and one GET.

use super::environment::Environment;
use super::pipeline::resolver;
use super::project;
use super::remote::{Pace, Remote, address, state_dir};
use crate::api::{DEFAULT_TARGET, Target};
use crate::cli::{Format, GlobalArgs};
use crate::config::{Loaded, Project};
use crate::failure::{Exit, Failure};
use crate::model::{Health, HealthCheck, SecretRef};
use crate::render::{self, Ui, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Runs the verb.
pub(super) async fn run(ui: &Ui, env: &Environment, global: &GlobalArgs) -> Result<Exit, Failure> {
    let loaded = project::read(env, global)?;
    let mut probes = vec![files(&loaded)];
    let (found, settings) = settings(env, global);
    probes.extend(found);
    if let Some(project) = &loaded.project {
        if settings == Settings::Complete {
            probes.extend(service(ui, env, project, global).await);
        }
        // A shared one is looked at with the rest of what is remote.
        if !is_shared(global) {
            probes.push(ledger(project, global));
        }
        probes.extend(stores(env, project, global).await?);
    }
    match global.format {
        Format::Json => json::doctor(&mut ui.out(), &probes)?,
        Format::Text => render::doctor(&mut ui.out(), &probes)?,
    }
    let failed = probes.iter().any(|probe| probe.health == Health::Fail);
    Ok(if failed { Exit::Error } else { Exit::Done })
}

fn files(loaded: &Loaded) -> HealthCheck {
    let subject = "configuration";
    let Some(project) = &loaded.project else {
        let detail = format!("{} findings stop a run", loaded.report.errors());
        return HealthCheck::fail(subject, detail, "`airlift validate` lists them");
    };
    let customers = project.desired.customers.len();
    let connectors = project.desired.connectors().count();
    let (read, warnings) = (project.files.len(), loaded.report.warnings());
    let detail = format!("files: {read}, customers: {customers}, connectors: {connectors}");
    if warnings > 0 {
        let detail = format!("{detail}, warnings: {warnings}");
        return HealthCheck::warn(subject, detail, "`airlift validate` lists them");
    }
    HealthCheck::ok(subject, detail)
}

/// Whether a session can be tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Settings {
    Complete,
    Lacking,
}

/// What the environment says about the API: whether it is there, and never what it is.
fn settings(env: &Environment, global: &GlobalArgs) -> (Vec<HealthCheck>, Settings) {
    if global.sandbox {
        let detail = "the embedded API needs no credentials";
        return (vec![HealthCheck::ok("api", detail)], Settings::Lacking);
    }
    let address = env.text("AIRBYTE_API_HOST");
    let address = address.as_deref().unwrap_or(DEFAULT_TARGET);
    let address = match address.parse::<Target>() {
        Ok(target) => HealthCheck::ok("api", target.to_string()),
        Err(error) => {
            let detail = format!("AIRBYTE_API_HOST {error}");
            HealthCheck::fail("api", detail, "correct it, or leave it out")
        }
    };
    let names = ["AIRBYTE_CLIENT_ID", "AIRBYTE_CLIENT_SECRET"];
    let missing = names.into_iter().filter(|name| env.text(name).is_none());
    let missing: Vec<&str> = missing.collect();
    let credentials = if missing.is_empty() {
        HealthCheck::ok("credentials", "the client's id and secret are set")
    } else {
        let detail = format!("{} not set", missing.join(" and "));
        let hint = "set the organization's client credentials, or try --sandbox";
        HealthCheck::fail("credentials", detail, hint)
    };
    let probes = vec![address, credentials];
    let complete = probes.iter().all(|probe| probe.health == Health::Ok);
    let settings = if complete {
        Settings::Complete
    } else {
        Settings::Lacking
    };
    (probes, settings)
}

/// The token and one GET.
async fn service(
    ui: &Ui,
    env: &Environment,
    project: &Project,
    global: &GlobalArgs,
) -> Vec<HealthCheck> {
    let failed = |subject: &str, failure: &Failure| {
        let hint = failure
            .hints
            .first()
            .map_or("check credentials, organization and network", |hint| hint);
        HealthCheck::fail(subject, failure.message.clone(), hint)
    };
    let events = render::sinks::quiet(ui);
    let remote = match Remote::open(env, project, global, Pace::default(), &events).await {
        Ok(remote) => remote,
        Err(failure) => return vec![failed("token", &failure)],
    };
    let mut probes = vec![HealthCheck::ok(
        "token",
        format!("given, for organization {}", remote.organization),
    )];
    let answer = remote.session.reader().definitions(Some("github")).await;
    probes.push(match answer {
        Ok(_) => HealthCheck::ok("reading", "the API answers"),
        Err(error) => failed("reading", &error.into()),
    });
    match remote.ledger.load().await {
        Err(error) => probes.push(failed("ledger", &error.into())),
        Ok(_) if is_shared(global) => {
            let detail = format!("{} can be read", remote.ledger.shown());
            probes.push(HealthCheck::ok("ledger", detail));
        }
        Ok(_) => {}
    }
    if let Err(failure) = remote.close().await {
        probes.push(failed("reading", &failure));
    }
    probes
}

fn is_shared(global: &GlobalArgs) -> bool {
    global.ledger.as_deref().and_then(address).is_some()
}

fn ledger(project: &Project, global: &GlobalArgs) -> HealthCheck {
    let subject = "ledger";
    let root = global.ledger.clone();
    let root = root.unwrap_or_else(|| state_dir(project).join("ledger"));
    let shown = root.display();
    match std::fs::read_dir(&root) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            HealthCheck::ok(subject, format!("{shown} will be made by the first apply"))
        }
        Err(error) => {
            let detail = format!("{shown} cannot be read: {}", error.kind());
            HealthCheck::fail(subject, detail, "let this user read and write it")
        }
        Ok(_) if is_open(&root) => {
            let detail = format!("{shown} can be entered by others");
            HealthCheck::warn(subject, detail, "take the permission away: chmod 700")
        }
        Ok(_) => HealthCheck::ok(subject, format!("{shown} is there and private")),
    }
}

#[cfg(unix)]
fn is_open(directory: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let metadata = directory.metadata();
    metadata.is_ok_and(|metadata| metadata.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}

async fn stores(
    env: &Environment,
    project: &Project,
    global: &GlobalArgs,
) -> Result<Vec<HealthCheck>, Failure> {
    let references: BTreeSet<SecretRef> = project
        .desired
        .connectors()
        .flat_map(|(_, connector)| connector.references())
        .cloned()
        .collect();
    let resolver = resolver(env, project, global)?;
    let probes = resolver.health(&references).await;
    resolver.close().await;
    Ok(probes)
}
