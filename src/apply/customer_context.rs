//! Responsible for the state that the steps of one customer share while a plan is executed: the run's
//! settings, the customer's part of the plan and of the ledger, its connectors in the API, and the
//! connectors that this run created. Does not execute steps.

use super::ledger_entry::Previous;
use super::operations::create_customer::Creation;
use super::{Context, LedgerEntry, LiveConnectors, StepError};
use crate::api::{Reader, TokenUse};
use crate::model::{ConnectorBody, ConnectorId, CustomerEntry};
use crate::plan::CustomerPlan;

pub(super) struct CustomerContext<'a> {
    pub(super) run: &'a Context<'a>,
    pub(super) plan: &'a CustomerPlan,
    pub(super) ledger: LedgerEntry<'a>,
    pub(super) live: LiveConnectors<'a>,
    /// The tokens of the customer's names, the present one last.
    tokens: Vec<TokenUse>,
    /// The request for the customer's token, if it was sent before the steps.
    pub(super) creation: Option<Result<Creation, StepError>>,
    /// Connectors that this run created and whose duplicates are not resolved yet.
    pub(super) created: Vec<CreatedConnector<'a>>,
    /// Whether a listing of the organization proves that the created connectors have no duplicates.
    pub(super) is_proven: bool,
}

/// A connector that this run created.
#[derive(Clone, Debug)]
pub(super) struct CreatedConnector<'a> {
    pub(super) id: ConnectorId,
    pub(super) body: &'a ConnectorBody,
    /// The sequence number of its intent, which ends when its duplicates are resolved.
    pub(super) seq: u64,
    /// The ledger record of the connector that it replaces.
    pub(super) previous: Option<Previous>,
}

impl<'a> CustomerContext<'a> {
    pub(super) fn new(
        run: &'a Context<'a>,
        plan: &'a CustomerPlan,
        recorded: Option<CustomerEntry>,
    ) -> Self {
        let ledger = LedgerEntry::new(run, plan, recorded);
        Self {
            run,
            plan,
            tokens: vec![run.writer.keep_token(ledger.name())],
            ledger,
            live: LiveConnectors::new(run),
            creation: None,
            created: Vec::new(),
            is_proven: false,
        }
    }

    /// Keeps the token of the customer's present name, after the customer was renamed.
    pub(super) fn keep_renamed_token(&mut self) {
        let token_use = self.run.writer.keep_token(self.ledger.name());
        self.tokens.push(token_use);
    }

    /// Whether connectors were created that no list since then shows.
    pub(super) fn needs_list(&self) -> bool {
        !self.created.is_empty()
            && !self
                .live
                .is_listed(self.created.iter().map(|created| created.id))
    }

    pub(super) fn reader(&self) -> Reader {
        self.run.writer.reader()
    }
}
