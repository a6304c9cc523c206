//! Responsible for `doctor`: checks what a run needs. Changes nothing.

use crate::app::{self, Invocation};
use crate::cli::Format;
use crate::failure::{Exit, Failure};
use crate::render::{self, json};

pub(super) async fn run(invocation: Invocation<'_>) -> Result<Exit, Failure> {
    let ui = invocation.ui;
    let checking = app::check_health(invocation);
    let diagnosis = Box::pin(app::unless_interrupted(invocation.env, checking)).await?;
    match invocation.global.format {
        Format::Json | Format::Events => json::doctor(&mut ui.out(), &diagnosis.checks)?,
        _ => render::doctor(&mut ui.out(), &diagnosis.checks)?,
    }
    Ok(diagnosis.exit())
}
