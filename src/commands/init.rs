//! Responsible for `init`: creates an example project. Overwrites nothing.

use crate::app::{self, Invocation};
use crate::cli::InitArgs;
use crate::failure::{Exit, Failure};
use crate::render;

pub(super) fn run(invocation: Invocation<'_>, args: &InitArgs) -> Result<Exit, Failure> {
    let files = app::write_starter(&args.directory)?;
    render::initialized(invocation.ui, &files, &args.directory.display().to_string())?;
    Ok(Exit::Success)
}
