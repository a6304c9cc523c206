//! Responsible for the ids of what airlift manages: reads them from the ledger, and writes them into
//! the file of `--outputs-file`.

use super::out_directory::OutDirectory;
use super::{App, Selectable};
use crate::failure::Failure;
use crate::files::Access;
use crate::model::{Address, Selector};
use crate::render::{self, Outputs};
use std::path::Path;

impl App<'_> {
    /// The ids of the selected customers and connectors, or of all.
    pub(crate) async fn outputs(&self, selectors: &[Selector]) -> Result<Outputs, Failure> {
        let recorded = self.ledger.load().await?;
        let selected = Selectable::recorded(&recorded)
            .within(self.project)
            .narrow(selectors, &[])?;
        for entry in recorded.unverified.values() {
            let name = entry.claimed_name.as_deref().unwrap_or("a customer");
            let text = format!(
                "{name} is left out: its ledger entry is not verified [{}]",
                entry.cause.code()
            );
            render::print_note(self.invocation.ui, &text)?;
        }
        let outputs = Outputs::new(self.connection.organization, &recorded);
        Ok(outputs.retain(
            |customer| selected.selects_customer(customer),
            |customer, connector| selected.selects(&Address::connector(customer, connector)),
        ))
    }

    /// Replaces a file by the ids of everything that airlift manages now.
    pub(crate) async fn write_outputs(&self, path: &Path) -> Result<(), Failure> {
        let outputs = self.outputs(&[]).await?;
        let text = serde_json::to_string_pretty(&outputs)
            .map_err(|error| Failure::internal(format!("outputs cannot be written: {error}")))?;
        let name = Path::new(path.file_name().unwrap_or_default());
        let is_outputs =
            |start: &[u8]| start.is_empty() || start.starts_with(b"{\n  \"format_version\":");
        OutDirectory::containing(path).replace(name, &(text + "\n"), Access::Shared, is_outputs)
    }
}
