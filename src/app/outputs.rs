//! Responsible for the ids of what airlift manages: reads them from the ledger, and writes them into
//! the file of `--outputs-file`.

use super::out_directory::OutDirectory;
use super::unverified::recorded;
use super::{App, Selectable};
use crate::cli::UnverifiedArgs;
use crate::config::Project;
use crate::failure::Failure;
use crate::files::Access;
use crate::model::{Address, LedgerState, OrganizationId, Selector};
use crate::render::Outputs;
use std::path::Path;

/// The ids that the ledger has of the selected customers and connectors, or of all.
pub(super) fn selected_outputs(
    organization: OrganizationId,
    recorded: &LedgerState,
    project: &Project,
    selectors: &[Selector],
) -> Result<Outputs, Failure> {
    let selected = Selectable::recorded(recorded)
        .within(project)
        .narrow(selectors, &[])?;
    let outputs = Outputs::new(organization, recorded);
    Ok(outputs.retain(
        |customer| selected.selects_customer(customer),
        |customer, connector| selected.selects(&Address::connector(customer, connector)),
    ))
}

impl App<'_> {
    /// The ids of the selected customers and connectors, or of all.
    pub(crate) async fn outputs(
        &self,
        selectors: &[Selector],
        unverified: UnverifiedArgs,
    ) -> Result<Outputs, Failure> {
        let recorded = recorded(&self.ledger, unverified, self.invocation.ui).await?;
        selected_outputs(
            self.connection.organization,
            &recorded,
            &self.project,
            selectors,
        )
    }

    /// Replaces the file, if there is one, by the ids of everything that airlift manages now.
    pub(crate) async fn write_outputs(&self, path: Option<&Path>) -> Result<(), Failure> {
        let Some(path) = path else { return Ok(()) };
        let outputs = self.outputs(&[], UnverifiedArgs::default()).await?;
        let text = serde_json::to_string_pretty(&outputs)
            .map_err(|error| Failure::internal(format!("outputs cannot be written: {error}")))?;
        let (directory, name) = place(path);
        directory.replace(name, &(text + "\n"), Access::Shared, is_outputs)
    }
}

/// Refuses a file that the outputs cannot replace, before a run changes anything.
pub(crate) fn check_outputs_file(path: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let (directory, name) = place(path);
    let exists = directory.shown(&directory.path_of("")).is_dir();
    if exists {
        return directory.check_replaceable(name, is_outputs);
    }
    let message = format!("{}: its directory does not exist", path.display());
    Err(Failure::error("cannot_write", message).hint("create the directory, or name another file"))
}

fn place(path: &Path) -> (OutDirectory, &Path) {
    let name = Path::new(path.file_name().unwrap_or_default());
    (OutDirectory::containing(path), name)
}

fn is_outputs(start: &[u8]) -> bool {
    start.is_empty() || start.starts_with(b"{\n  \"format_version\":")
}
