//! Responsible for `outputs`: the ids of what airlift manages, for the programs that use them.
//! Writes nothing.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::{Format, OutputsArgs};
use crate::config::Project;
use crate::failure::{Exit, Failure};
use crate::render::{self, Outputs, OutputsError, json};

pub(super) async fn run(invocation: Invocation<'_>, args: &OutputsArgs) -> Result<Exit, Failure> {
    let ui = invocation.ui;
    let project = app::load_if_any(invocation)?;
    let offline = if args.unverified.unverified {
        app::unverified_outputs(invocation, &project, &args.target).await?
    } else {
        None
    };
    let outputs = match offline {
        Some(outputs) => outputs,
        None => read(invocation, &project, args).await?,
    };
    let mut out = ui.out();
    let written = match invocation.global.format {
        Format::Json | Format::Events => {
            json::document(&mut out, &outputs).map_err(OutputsError::from)
        }
        Format::Dotenv => render::outputs_as_dotenv(&mut out, &outputs),
        Format::Yaml => render::outputs_as_yaml(&mut out, &outputs),
        Format::K8s => render::outputs_as_config_map(&mut out, &outputs),
        _ => render::outputs(&mut out, &outputs).map_err(OutputsError::from),
    };
    written.map_err(|error| match error {
        OutputsError::Io(error) => Failure::from(error),
        error => Failure::error("bad_outputs", error.to_string())
            .hint("choose --format json, or narrow the outputs with --target"),
    })?;
    Ok(Exit::Success)
}

async fn read(
    invocation: Invocation<'_>,
    project: &Project,
    args: &OutputsArgs,
) -> Result<Outputs, Failure> {
    let events = render::sinks::quiet(invocation.ui);
    let opening = App::open(invocation, project, SessionSettings::default(), events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let outputs = app
        .until_interrupted(app.outputs(&args.target, args.unverified))
        .await;
    app.close().await?;
    outputs
}
