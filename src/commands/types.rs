//! Responsible for `types`: prints the catalog of connector types, offline, or asks the API for its types.

use crate::app::{self, App, Invocation, SessionSettings, find_type};
use crate::catalog::{self, Example};
use crate::cli::{Format, TypesArgs};
use crate::failure::{Exit, Failure};
use crate::render::{self, json};

pub(super) fn run(invocation: Invocation<'_>, args: &TypesArgs) -> Result<Exit, Failure> {
    let mut out = invocation.ui.out();
    match (invocation.global.format, &args.name) {
        (_, Some(name)) if args.example => {
            render::example(&mut out, &Example::new(find_type(name)?))?;
        }
        (Format::Json, None) => json::types(&mut out, catalog::all())?,
        (Format::Json, Some(name)) => {
            json::types(&mut out, std::slice::from_ref(find_type(name)?))?;
        }
        (_, None) => render::types(&mut out, catalog::all())?,
        (_, Some(name)) => render::one_type(&mut out, find_type(name)?)?,
    }
    Ok(Exit::Success)
}

pub(super) async fn run_online(
    invocation: Invocation<'_>,
    args: &TypesArgs,
) -> Result<Exit, Failure> {
    let project = app::load_if_any(invocation)?;
    let events = render::sinks::quiet(invocation.ui);
    let opening = App::open(invocation, &project, SessionSettings::default(), events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let result = app.until_interrupted(execute(&app, args)).await;
    app.close().await?;
    result.map(|()| Exit::Success)
}

async fn execute(app: &App<'_>, args: &TypesArgs) -> Result<(), Failure> {
    let mut out = app.invocation.ui.out();
    let is_json = app.invocation.global.format == Format::Json;
    let written = if args.templates {
        let offered = app.offered_types().await?;
        if is_json {
            json::document(&mut out, &offered)
        } else {
            render::offered_types(&mut out, &offered)
        }
    } else {
        let refreshed = app.refresh_types().await?;
        if is_json {
            render::refreshed_types_as_json(&mut out, &refreshed)
        } else {
            render::refreshed_types(&mut out, &refreshed)
        }
    };
    Ok(written?)
}
