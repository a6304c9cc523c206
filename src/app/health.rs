//! Responsible for checking what a run needs: the files, the credentials, the API, the ledger and
//! the secret stores. Changes nothing.

use super::credentials::{SECRET, client_secret};
use super::ledger_access::state_dir;
use super::ledger_health::{check_directory, check_ledger, is_shared};
use super::project::{self, resolver};
use super::{App, Environment, Invocation, SessionSettings};
use crate::api::{DEFAULT_TARGET, Target};
use crate::cli::GlobalArgs;
use crate::config::{Loaded, Project};
use crate::failure::Failure;
use crate::model::{Health, HealthCheck, SecretRef};
use crate::render::sinks;
use std::collections::BTreeSet;

pub(crate) async fn check_health(invocation: Invocation<'_>) -> Result<Vec<HealthCheck>, Failure> {
    let loaded = project::read(invocation)?;
    let (api_checks, access) = check_api_settings(invocation);
    let mut checks = vec![files(&loaded)];
    checks.extend(api_checks);
    if let Some(project) = &loaded.project {
        if access == ApiAccess::Configured || has_sandbox(invocation.global, project) {
            checks.extend(check_api(invocation, project).await);
        }
        // The check of the API includes a shared ledger. A ledger that failed is not reported as
        // sound in a second line.
        let has_failed = |check: &HealthCheck| check.subject == "ledger";
        if !is_shared(invocation.global) && !checks.iter().any(has_failed) {
            checks.push(check_directory(project, invocation.global));
        }
        checks.extend(stores(invocation, project).await?);
    }
    Ok(checks)
}

fn files(loaded: &Loaded) -> HealthCheck {
    let subject = "configuration";
    let Some(project) = &loaded.project else {
        let detail = match loaded.report.errors() {
            1 => "1 error in the files".to_owned(),
            errors => format!("{errors} errors in the files"),
        };
        return HealthCheck::fail(subject, detail, "`airlift validate` lists every error");
    };
    let customers = project.desired.customers.len();
    let connectors = project.desired.connectors().count();
    let (read, warnings) = (project.files.len(), loaded.report.warnings());
    let detail = format!("files: {read}, customers: {customers}, connectors: {connectors}");
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

/// Checks that the API issues a token and answers a GET, and that the ledger can be read.
async fn check_api(invocation: Invocation<'_>, project: &Project) -> Vec<HealthCheck> {
    let events = sinks::quiet(invocation.ui);
    let app = match App::open(invocation, project, SessionSettings::default(), events).await {
        Ok(app) => app,
        Err(failure) => return vec![failed("token", &failure)],
    };
    let organization = app.connection.organization;
    let mut checks = vec![HealthCheck::ok(
        "token",
        format!("issued for organization {organization}"),
    )];
    let reader = app.connection.session.reader();
    checks.push(match reader.definitions(Some("github")).await {
        Ok(_) => HealthCheck::ok("reading", "the API answers requests"),
        Err(error) => failed("reading", &error.into()),
    });
    checks.extend(check_ledger(&app).await);
    if let Err(failure) = app.close().await {
        checks.push(failed("reading", &failure));
    }
    checks
}

/// A check that failed. Without a hint of its own, the failure is one of the connection.
pub(super) fn failed(subject: &str, failure: &Failure) -> HealthCheck {
    let hint = match failure.hints.as_slice() {
        [] => "check the credentials, the organization and the network".to_owned(),
        hints => hints.join("; "),
    };
    HealthCheck::fail(subject, failure.message.clone(), &hint)
}

/// Whether a sandbox was used before. Without one, opening it would create files.
fn has_sandbox(global: &GlobalArgs, project: &Project) -> bool {
    global.sandbox && state_dir(project).join("sandbox.json").exists()
}

async fn stores(
    invocation: Invocation<'_>,
    project: &Project,
) -> Result<Vec<HealthCheck>, Failure> {
    let references: BTreeSet<SecretRef> = project
        .desired
        .connectors()
        .flat_map(|(_, connector)| connector.references())
        .cloned()
        .collect();
    let resolver = resolver(invocation, project)?;
    let checks = resolver.health(&references).await;
    resolver.close().await;
    Ok(checks)
}
