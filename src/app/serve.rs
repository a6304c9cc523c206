//! Responsible for the settings of `sandbox serve`, from its arguments and the environment.

use super::Environment;
use super::credentials::client_secret;
use crate::cli::ServeArgs;
use crate::failure::Failure;
use crate::sandbox::{Faults, Options, SandboxError};
use std::time::Duration;

pub(crate) fn sandbox_options(env: &Environment, args: &ServeArgs) -> Result<Options, Failure> {
    let mut faults = Faults::default();
    for text in &args.fault {
        let more: Faults = text.parse().map_err(|error| {
            let message = format!("--fault {text}: {error}");
            Failure::usage("bad_fault", message)
        })?;
        faults.extend(more);
    }
    let behaviors = args
        .behavior
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_, SandboxError>>()
        .map_err(|error| Failure::usage("bad_behavior", format!("--behavior: {error}")))?;
    let mut options = Options {
        client: client(env)?,
        state: Some(args.state.clone().into()),
        faults,
        behaviors,
        latency: Duration::from_millis(args.latency),
        ..Options::default()
    };
    if let Some(organization) = args.organization {
        options.organization_id = organization.0;
    }
    if let Some(seconds) = args.app_token_life {
        options.app_token_ttl = Duration::from_secs(seconds);
    }
    if let Some(seconds) = args.scoped_token_life {
        options.scoped_token_ttl = Duration::from_secs(seconds);
    }
    if let Some(delay) = args.delete_delay {
        options.delete_delay = Duration::from_millis(delay);
    }
    Ok(options)
}

/// The client credentials of the environment. Without any, the sandbox accepts all credentials.
fn client(env: &Environment) -> Result<Option<(String, String)>, Failure> {
    match (env.text("AIRBYTE_CLIENT_ID"), client_secret(env)?) {
        (Some(id), Some(secret)) => Ok(Some((id, secret.to_string()))),
        (None, None) => Ok(None),
        _ => {
            let message = "set both AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET, or neither";
            Err(Failure::usage("half_a_client", message))
        }
    }
}
