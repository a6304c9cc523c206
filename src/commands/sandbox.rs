//! Responsible for `sandbox serve`: serves the embedded API on 127.0.0.1.

use crate::app::{self, Invocation};
use crate::cli::{Format, ServeArgs};
use crate::failure::{Exit, Failure};
use crate::render::{self, AcceptedClient, json};
use crate::sandbox::serve;
use tokio::net::TcpListener;

/// Serves until a signal arrives.
pub(super) async fn run(invocation: Invocation<'_>, args: &ServeArgs) -> Result<Exit, Failure> {
    let options = app::sandbox_options(invocation.env, args)?;
    let organization = options.organization_id.to_string();
    let client = match options.client {
        None => AcceptedClient::Any,
        Some(_) => AcceptedClient::FromEnvironment,
    };
    let failed = |error: std::io::Error| {
        let message = format!("cannot listen on 127.0.0.1:{}: {error}", args.port);
        Failure::error("cannot_listen", message)
    };
    let listener = TcpListener::bind(("127.0.0.1", args.port))
        .await
        .map_err(failed)?;
    let origin = format!("http://{}", listener.local_addr().map_err(failed)?);
    match invocation.global.format {
        Format::Json => json::serving(&mut invocation.ui.out(), &origin, &organization)?,
        _ => render::serving(invocation.ui, &origin, &organization, client)?,
    }
    serve(listener, options, app::signal()).await?;
    Ok(Exit::Success)
}
