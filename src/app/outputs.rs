//! Responsible for the ids of what airlift manages: reads them from the ledger, and writes them into
//! the file of `--outputs-file`.

use super::out_directory::OutDirectory;
use super::{App, Selectable};
use crate::cli::UnverifiedArgs;
use crate::failure::Failure;
use crate::files::Access;
use crate::model::{Address, Selector};
use crate::render::Outputs;
use std::path::Path;

impl App<'_> {
    /// The ids of the selected customers and connectors, or of all.
    pub(crate) async fn outputs(
        &self,
        selectors: &[Selector],
        unverified: UnverifiedArgs,
    ) -> Result<Outputs, Failure> {
        let recorded = self.recorded(unverified).await?;
        let selected = Selectable::recorded(&recorded)
            .within(&self.project)
            .narrow(selectors, &[])?;
        let outputs = Outputs::new(self.connection.organization, &recorded);
        Ok(outputs.retain(
            |customer| selected.selects_customer(customer),
            |customer, connector| selected.selects(&Address::connector(customer, connector)),
        ))
    }

    /// Replaces a file by the ids of everything that airlift manages now.
    pub(crate) async fn write_outputs(&self, path: &Path) -> Result<(), Failure> {
        let outputs = self.outputs(&[], UnverifiedArgs::default()).await?;
        let text = serde_json::to_string_pretty(&outputs)
            .map_err(|error| Failure::internal(format!("outputs cannot be written: {error}")))?;
        let name = Path::new(path.file_name().unwrap_or_default());
        let is_outputs =
            |start: &[u8]| start.is_empty() || start.starts_with(b"{\n  \"format_version\":");
        OutDirectory::containing(path).replace(name, &(text + "\n"), Access::Shared, is_outputs)
    }
}
