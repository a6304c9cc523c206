//! Responsible for reading what `ledger show` shows: the entries, the unfinished rotations, and the
//! writes of an interrupted run.

use super::{App, Selectable};
use crate::failure::Failure;
use crate::model::{
    Address, ConnectorEntry, CustomerEntry, Selector, UnverifiedEntry, WorkspaceId,
};
use crate::plan::Policy;
use crate::render::{Fingerprints, LedgerConnector, LedgerContents, LedgerCustomer, UnverifiedRow};

impl App<'_> {
    /// Reads the entries that the selectors select, or all.
    pub(crate) async fn ledger_contents(
        &self,
        selectors: &[Selector],
    ) -> Result<LedgerContents, Failure> {
        let (recorded, unsettled) = self.read_ledger().await?;
        let selected = Selectable::recorded(&recorded)
            .within(&self.project)
            .narrow(selectors, &[])?;
        let customers: Vec<LedgerCustomer> = recorded
            .customers
            .iter()
            .filter(|(_, customer)| selected.selects_customer(&customer.name))
            .map(|(id, customer)| self.ledger_customer(*id, customer, &selected))
            .collect();
        let rotations = self.ledger.rotations().await?;
        Ok(LedgerContents {
            location: self.ledger.shown(),
            customers,
            unverified: recorded.unverified.iter().map(unverified_row).collect(),
            unfinished_rotations: rotations
                .open()
                .iter()
                .map(|rotation| to_seconds(&rotation.started_at))
                .collect(),
            unresolved_writes: unsettled.len(),
        })
    }

    fn ledger_customer(
        &self,
        id: WorkspaceId,
        customer: &CustomerEntry,
        selected: &Policy,
    ) -> LedgerCustomer {
        LedgerCustomer {
            name: customer.name.clone(),
            workspace_id: id,
            suspended: customer.suspended,
            protect: customer.protect.is_some(),
            connectors: customer
                .connectors
                .iter()
                .filter(|(name, _)| selected.selects(&Address::connector(&customer.name, *name)))
                .map(|(name, connector)| self.ledger_connector(name, connector))
                .collect(),
            pending_deletion: customer.pending_deletion.iter().copied().collect(),
        }
    }

    fn ledger_connector(&self, name: &str, connector: &ConnectorEntry) -> LedgerConnector {
        LedgerConnector {
            name: name.to_owned(),
            id: connector.id,
            definition_id: connector.definition_id,
            fingerprints: match &connector.sent {
                None => Fingerprints::None,
                Some(sent) if self.fingerprinters.current.has_key_of(sent) => {
                    Fingerprints::CurrentKey
                }
                Some(_) => Fingerprints::OtherKey,
            },
            secrets_sent_at: connector.sent.as_ref().map(|sent| to_seconds(&sent.at)),
            updated_at: connector.updated_at.as_ref().map(String::from),
        }
    }
}

/// A time without fractions of a second.
fn to_seconds(time: &str) -> String {
    time.parse::<jiff::Timestamp>().map_or_else(
        |_| time.to_owned(),
        |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}

fn unverified_row((id, entry): (&WorkspaceId, &UnverifiedEntry)) -> UnverifiedRow {
    UnverifiedRow {
        workspace_id: *id,
        claimed_name: entry.claimed_name.clone(),
        code: entry.cause.code(),
    }
}
