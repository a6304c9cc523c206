//! Responsible for `token`: requests a token for the user, and writes it to one sink. Writes nothing
//! remotely, except that the API creates a token.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::TokenCommand;
use crate::failure::{Exit, Failure};
use crate::render;

pub(super) async fn run(
    invocation: Invocation<'_>,
    command: &TokenCommand,
) -> Result<Exit, Failure> {
    // A token that no one may see is not requested.
    let sink = app::TokenSink::choose(invocation, command.sink())?;
    let project = app::load_if_any(invocation)?;
    let events = render::sinks::quiet(invocation.ui);
    let opening = App::open(invocation, &project, SessionSettings::default(), events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let token = app.until_interrupted(app.requested_token(command)).await;
    app.close().await?;
    sink.write(invocation, &token?)?;
    Ok(Exit::Success)
}
