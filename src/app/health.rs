//! Responsible for checking what a run needs: the files, the credentials, the API, the ledger and
//! the secret stores. Changes nothing.

use super::change_windows::closed_now;
use super::credentials::{SECRET, client_secret};
use super::exposure::check_exposure;
use super::ledger_access::{state_dir, state_name};
use super::ledger_health::{check_directory, check_ledger, is_shared};
use super::network::DOCTOR;
use super::plan_health::check_plan;
use super::project::{self, resolver};
use super::{App, Environment, Invocation, SessionSettings};
use crate::api::{DEFAULT_TARGET, Target};
use crate::cli::GlobalArgs;
use crate::config::{Loaded, Project, Severity};
use crate::failure::{Exit, Failure, FailureKind};
use crate::model::{Health, HealthCheck, SecretRef};
use crate::render::{sinks, wording};
use std::collections::BTreeSet;

/// The results of the checks.
#[derive(Debug, Default)]
pub(crate) struct Diagnosis {
    pub(crate) checks: Vec<HealthCheck>,
    /// Whether the API refused the credentials, or answered for another organization.
    access: Access,
    /// The references that the next apply sends; `None` without a plan.
    needed: Option<BTreeSet<SecretRef>>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Access {
    #[default]
    NotRefused,
    Refused,
}

impl Diagnosis {
    /// The exit code: the one of `plan` if the API refused the credentials.
    pub(crate) fn exit(&self) -> Exit {
        let has_failed = self.checks.iter().any(|check| check.health == Health::Fail);
        match self.access {
            Access::Refused => Exit::Authentication,
            Access::NotRefused if has_failed => Exit::Error,
            Access::NotRefused => Exit::Success,
        }
    }

    /// Adds the check of a request that failed.
    pub(super) fn push_failure(&mut self, subject: &str, failure: &Failure) {
        if failure.kind == FailureKind::Authentication {
            self.access = Access::Refused;
        }
        self.checks.push(failed(subject, failure));
    }

    fn has_failed(&self, subject: &str) -> bool {
        self.checks
            .iter()
            .any(|check| check.subject == subject && check.health == Health::Fail)
    }
}

pub(crate) async fn check_health(invocation: Invocation<'_>) -> Result<Diagnosis, Failure> {
    let loaded = project::read(invocation)?;
    let (api_checks, access) = check_api_settings(invocation);
    let mut diagnosis = Diagnosis {
        checks: vec![files(&loaded)],
        ..Diagnosis::default()
    };
    diagnosis.checks.extend(api_checks);
    if let Some(project) = &loaded.project {
        if access == ApiAccess::Configured || has_sandbox(invocation.global, project) {
            check_api(invocation, project, &mut diagnosis).await;
        }
        // The check of the API includes a shared ledger. A ledger that failed is not reported as
        // sound in a second line.
        if !is_shared(invocation.global) && !diagnosis.has_failed("ledger") {
            let check = check_directory(project, invocation.global);
            diagnosis.checks.push(check);
        }
        let exposed = check_exposure(invocation, project);
        diagnosis.checks.extend(exposed);
        check_window(invocation, project, &mut diagnosis);
        let needed = diagnosis.needed.as_ref();
        let checks = stores(invocation, project, needed).await?;
        diagnosis.checks.extend(checks);
    }
    Ok(diagnosis)
}

/// Checks that the policy file allows a run to start now.
fn check_window(invocation: Invocation<'_>, project: &Project, diagnosis: &mut Diagnosis) {
    match closed_now(invocation, project) {
        Ok(None) => {}
        Ok(Some(closed)) => {
            let detail = format!("{} [change_window]", wording::closed_window(closed));
            let hint = "run in a window, or give a reason: --override-window REASON";
            diagnosis
                .checks
                .push(HealthCheck::fail("change window", detail, hint));
        }
        // The check that plans has this failure already.
        Err(_) if diagnosis.has_failed("plan") => {}
        Err(failure) => diagnosis.push_failure("policy", &failure),
    }
}

fn files(loaded: &Loaded) -> HealthCheck {
    let subject = "configuration";
    let Some(project) = &loaded.project else {
        let count = loaded.report.errors();
        let errors = if count == 1 { "error" } else { "errors" };
        let errors = format!("{count} {errors} in the files");
        let mut findings = loaded.report.findings.iter();
        let first = findings.find(|finding| finding.severity == Severity::Error);
        let detail = first.map_or(errors.clone(), |first| {
            let (place, message) = (&first.location, &first.message);
            let which = if count == 1 { "" } else { "the first " };
            format!("{errors}, {which}at {place}: {message}")
        });
        return HealthCheck::fail(subject, detail, "`airlift validate` lists every error");
    };
    let customers = project.desired.customers.len();
    let connectors = project.desired.connectors().count();
    let (read, warnings) = (project.files.len(), loaded.report.warnings());
    let detail = wording::declared(read, customers, connectors);
    if warnings > 0 {
        let detail = format!("{detail}, warnings: {warnings}");
        return HealthCheck::warn(subject, detail, "`airlift validate` lists every warning");
    }
    HealthCheck::ok(subject, detail)
}

/// Whether the environment configures the remote API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ApiAccess {
    Configured,
    NotConfigured,
}

/// Checks that the environment names the API and its credentials. Shows no credential.
fn check_api_settings(invocation: Invocation<'_>) -> (Vec<HealthCheck>, ApiAccess) {
    let Invocation { env, global, .. } = invocation;
    if global.sandbox {
        let detail = "the embedded API needs no credentials";
        return (
            vec![HealthCheck::ok("api", detail)],
            ApiAccess::NotConfigured,
        );
    }
    let address = env.text("AIRBYTE_API_HOST");
    let address = address.as_deref().unwrap_or(DEFAULT_TARGET);
    let address = match address.parse::<Target>() {
        Ok(target) => HealthCheck::ok("api", target.to_string()),
        Err(error) => {
            let detail = format!("AIRBYTE_API_HOST {error}");
            HealthCheck::fail("api", detail, "correct the variable, or unset it")
        }
    };
    let checks = vec![address, check_credentials(env)];
    let access = if checks.iter().all(|check| check.health == Health::Ok) {
        ApiAccess::Configured
    } else {
        ApiAccess::NotConfigured
    };
    (checks, access)
}

/// Checks that the client's id and secret are set.
fn check_credentials(env: &Environment) -> HealthCheck {
    let secret = match client_secret(env) {
        Ok(secret) => secret,
        Err(failure) => return failed("credentials", &failure),
    };
    let id = env.text("AIRBYTE_CLIENT_ID");
    let missing: Vec<&str> = [
        ("AIRBYTE_CLIENT_ID", id.is_none()),
        (SECRET, secret.is_none()),
    ]
    .into_iter()
    .filter_map(|(name, is_missing)| is_missing.then_some(name))
    .collect();
    if missing.is_empty() {
        return HealthCheck::ok("credentials", "client id and client secret are set");
    }
    let detail = format!("{} not set", missing.join(" and "));
    let hint = "set the organization's client credentials, or try --sandbox";
    HealthCheck::fail("credentials", detail, hint)
}

/// Checks that the API issues a token and answers a GET, that the ledger can be read, and that the
/// files can be planned.
async fn check_api(invocation: Invocation<'_>, project: &Project, diagnosis: &mut Diagnosis) {
    let events = sinks::progress(invocation.ui);
    let app = match App::open(invocation, project, SessionSettings::default(), events).await {
        Ok(app) => app,
        Err(failure) => return diagnosis.push_failure(subject_of(&failure), &failure),
    };
    let organization = app.connection.organization;
    diagnosis.checks.push(HealthCheck::ok(
        "token",
        format!("issued for organization {organization}"),
    ));
    let reader = app.connection.session.reader();
    match reader.definitions(Some("github")).await {
        Ok(_) => diagnosis
            .checks
            .push(HealthCheck::ok("reading", "the API answers requests")),
        Err(error) => diagnosis.push_failure("reading", &error.into()),
    }
    diagnosis.checks.extend(check_ledger(&app).await);
    if !diagnosis.has_failed("reading") {
        diagnosis.needed = check_plan(&app, diagnosis).await;
    }
    if let Err(failure) = app.close().await {
        diagnosis.push_failure("reading", &failure);
    }
}

/// What a run could not open.
fn subject_of(failure: &Failure) -> &'static str {
    match failure.code {
        "bad_client_secret_file" | "two_client_secrets" => "credentials",
        "store_without_conditions" => "ledger",
        code if code.starts_with("ledger_") => "ledger",
        _ => "token",
    }
}

/// A check that failed. Without a hint of its own, a failure of a request is one of the connection.
pub(super) fn failed(subject: &str, failure: &Failure) -> HealthCheck {
    let is_remote = ["remote_", "authentication_", "wrong_organization"];
    let is_remote = is_remote
        .iter()
        .any(|start| failure.code.starts_with(start));
    let hint = match failure.hints.as_slice() {
        [] if is_remote => "check the credentials, the organization and the network".to_owned(),
        [] => format!("`airlift explain {}` says what to do", failure.code),
        hints => {
            let hints = hints.iter();
            let hints = hints.map(|hint| hint.strip_suffix(DOCTOR).unwrap_or(hint));
            hints.collect::<Vec<&str>>().join("; ")
        }
    };
    HealthCheck::fail(subject, failure.message.clone(), &hint)
}

/// Whether a sandbox was used before. Without one, opening it would create files.
fn has_sandbox(global: &GlobalArgs, project: &Project) -> bool {
    global.sandbox
        && state_dir(project)
            .join(state_name(project, "sandbox") + ".json")
            .exists()
}

/// Checks the stores. Without a plan, every reference counts as needed.
async fn stores(
    invocation: Invocation<'_>,
    project: &Project,
    needed: Option<&BTreeSet<SecretRef>>,
) -> Result<Vec<HealthCheck>, Failure> {
    let references = project.desired.references();
    let resolver = resolver(invocation, project)?;
    let needed = needed.unwrap_or(&references);
    let checks = resolver.health(&references, needed).await;
    resolver.close().await;
    Ok(checks)
}
