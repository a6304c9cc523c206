//! `sandbox serve`: the embedded API as a server of its own, on loopback only.

use super::environment::Environment;
use crate::cli::ServeArgs;
use crate::failure::{Exit, Failure, FailureKind};
use crate::render::{self, Ui};
use crate::sandbox::{Faults, Options, serve};
use std::time::Duration;
use tokio::net::TcpListener;

/// Runs the verb until a signal ends it.
pub(super) async fn run(ui: &Ui, env: &Environment, args: &ServeArgs) -> Result<Exit, Failure> {
    let options = options(env, args)?;
    let organization = options.organization_id.to_string();
    let any_client = options.client.is_none();
    let failed = |error: std::io::Error| {
        let message = format!("cannot listen on 127.0.0.1:{}: {error}", args.port);
        Failure::new(FailureKind::Error, "cannot_listen", message)
    };
    let listener = TcpListener::bind(("127.0.0.1", args.port))
        .await
        .map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    render::serving(ui, &format!("http://{address}"), &organization, any_client)?;
    serve(listener, options, super::signal()).await?;
    Ok(Exit::Done)
}

fn options(env: &Environment, args: &ServeArgs) -> Result<Options, Failure> {
    let mut faults = Faults::default();
    for text in &args.fault {
        let more: Faults = text.parse().map_err(|error| {
            let message = format!("--fault {text}: {error}");
            Failure::new(FailureKind::Usage, "bad_fault", message)
        })?;
        faults.extend(more);
    }
    let mut options = Options {
        client: client(env)?,
        state: Some(args.state.clone()),
        faults,
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

/// The client pair from the environment, where both are set; without it any pair will do.
fn client(env: &Environment) -> Result<Option<(String, String)>, Failure> {
    match (
        env.text("AIRBYTE_CLIENT_ID"),
        env.text("AIRBYTE_CLIENT_SECRET"),
    ) {
        (Some(id), Some(secret)) => Ok(Some((id, secret))),
        (None, None) => Ok(None),
        _ => {
            let message = "set both AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET, or neither";
            Err(Failure::new(FailureKind::Usage, "half_a_client", message))
        }
    }
}
