//! Responsible for notes about what was read: an empty ledger beside existing customers, an incomplete list of
//! customers, and a listing that cannot be used.

use super::App;
use crate::failure::Failure;
use crate::model::{Completeness, LedgerState, Observed, OrganizationListing};
use crate::render;

impl App<'_> {
    /// Whether the list of customers is complete. Prints a note if it may not be.
    pub(crate) fn is_complete(&self, observed: &Observed) -> Result<bool, Failure> {
        let Completeness::Incomplete(what) = &observed.completeness else {
            return Ok(true);
        };
        let text = format!("the list of customers may be incomplete: {what}");
        render::print_note(self.invocation.ui, &text)?;
        Ok(false)
    }

    /// Warns that the ledger may be lost, or that `--ledger` names the wrong place: the ledger is empty, and customers of
    /// the files exist.
    pub(super) fn warn_of_empty_ledger(
        &self,
        recorded: &LedgerState,
        observed: &Observed,
    ) -> Result<(), Failure> {
        let is_empty = recorded.customers.is_empty() && recorded.unverified.is_empty();
        let declared = &self.project.desired.customers;
        let mut customers = observed.customers.values();
        if is_empty && customers.any(|customer| declared.contains_key(&customer.name)) {
            let text = format!(
                "the ledger {} is empty, and customers of the files exist already; if earlier runs \
                 recorded them, restore the ledger, or name another one with --ledger",
                self.ledger.shown()
            );
            render::print_note(self.invocation.ui, &text)?;
        }
        Ok(())
    }

    /// Says that `--listing organization` had no effect.
    pub(super) fn warn_of_unusable_listing(&self, observed: &Observed) -> Result<(), Failure> {
        if let OrganizationListing::Unusable(reason) = &observed.organization_listing {
            let text = format!(
                "--listing organization has no effect, because the listing of the organization cannot be used: \
                 {reason}; the connectors of each customer were listed instead"
            );
            render::print_note(self.invocation.ui, &text)?;
        }
        Ok(())
    }
}
