//! Responsible for `connect`: the consents of customers. Locks the ledger only while it records a connector.

use crate::app::{self, App, Invocation, SessionSettings};
use crate::cli::{ConnectArgs, ConnectCommand, Format};
use crate::failure::{Exit, Failure};
use crate::render::{self, json};

pub(super) async fn run(invocation: Invocation<'_>, args: &ConnectArgs) -> Result<Exit, Failure> {
    let project = app::load(invocation)?;
    let settings = match (&args.command, args.needed) {
        (Some(ConnectCommand::Serve(serve)), _) => {
            SessionSettings::default().with_lock(serve.lock).patient()
        }
        (None, true) => SessionSettings::from(&args.links.rate),
        (None, false) => SessionSettings::from(&args.links.rate)
            .with_lock(args.lock)
            .patient(),
    };
    let events = if args.needed {
        render::sinks::progress(invocation.ui)
    } else {
        render::sinks::quiet(invocation.ui)
    };
    let opening = App::open(invocation, &project, settings, events);
    let app = app::unless_interrupted(invocation.env, opening).await?;
    let result = Box::pin(execute(&app, args)).await;
    app.close().await?;
    result.map(|()| Exit::Success)
}

async fn execute(app: &App<'_>, args: &ConnectArgs) -> Result<(), Failure> {
    let Invocation { ui, global, .. } = app.invocation;
    if let Some(ConnectCommand::Serve(serve)) = &args.command {
        app.show_target()?;
        return app.serve_consents(serve).await;
    }
    let Some(address) = &args.address else {
        let links = app.needed_consents(&args.links);
        let links = Box::pin(app.until_interrupted(links)).await?;
        match global.format {
            Format::Csv => render::consent_links_as_csv(&mut ui.out(), &links)?,
            Format::Json | Format::Events => json::document(&mut ui.out(), &links)?,
            _ => render::consent_links(&mut ui.out(), &links)?,
        }
        return Ok(());
    };
    app.show_target()?;
    let connected = Box::pin(app.connect(address, args)).await?;
    let result =
        render::ConnectedView::new(&connected.address, connected.id, connected.recorded_by);
    match global.format {
        Format::Json | Format::Events => json::document(&mut ui.out(), &result)?,
        _ => render::connected(&mut ui.out(), &result)?,
    }
    Ok(())
}
