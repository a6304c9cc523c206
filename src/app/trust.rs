//! Responsible for `ledger trust`: records the present secrets of connectors as the ones that they
//! have, where the ledger has no fingerprints that it can compare. Sends nothing to the connectors.

use super::rekey::refuse_unrecorded_creations;
use super::{App, Invocation, Selectable};
use crate::cli::{Format, TrustArgs};
use crate::failure::{Exit, Failure};
use crate::ledger::JournalEntry;
use crate::model::{
    Address, ConnectorEntry, CustomerEntry, DesiredConnector, LedgerState, SecretRef, Selector,
    Setting, WorkspaceId,
};
use crate::plan::Policy;
use crate::render::{self, Trusted, json};
use crate::secrets::Values;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Customers with new fingerprints, to be saved after approval.
struct TrustPlan {
    result: Trusted,
    customers: BTreeMap<WorkspaceId, CustomerEntry>,
    /// Writes of an interrupted run, which the next apply resolves.
    open: Vec<JournalEntry>,
}

impl App<'_> {
    /// Shows the connectors, asks for approval, and records their secrets.
    pub(crate) async fn trust(&self, args: &TrustArgs) -> Result<Exit, Failure> {
        let Invocation { ui, global, .. } = self.invocation;
        let plan = self.plan_trust(&args.selectors).await?;
        if !plan.customers.is_empty() && !args.auto_approve {
            if global.format == Format::Text {
                render::trust_plan(&mut ui.out(), &plan.result)?;
            }
            self.ask_approval("Record these secrets?").await?;
        }
        self.stop.mark_writing();
        // An interrupted run may have left entries in its journal only. The journal of this run
        // starts with them, so that they do not replace what is recorded now.
        if !plan.customers.is_empty() {
            self.ledger.journal(&plan.open).await?;
        }
        for (id, customer) in &plan.customers {
            let changed = customer.connectors.keys().map(String::from).collect();
            self.ledger.record(*id, customer, &changed).await?;
            self.ledger.finish(*id);
        }
        let result = plan.result;
        match global.format {
            Format::Json | Format::Events => json::versioned(&mut ui.out(), &result)?,
            _ => render::trusted(&mut ui.out(), &result)?,
        }
        Ok(if result.left.is_empty() {
            Exit::Success
        } else {
            Exit::Partial
        })
    }

    /// Computes fingerprints of the present secrets of the selected connectors.
    async fn plan_trust(&self, selectors: &[Selector]) -> Result<TrustPlan, Failure> {
        let selectable =
            Selectable::declared_connectors(&self.project.desired).within(&self.project);
        let selected = selectable.narrow(selectors, &[])?;
        let (recorded, open) = self.read_ledger().await?;
        refuse_unrecorded_creations(&open)?;
        let values = self.present_values(&selected).await;
        let mut plan = TrustPlan {
            result: Trusted::default(),
            customers: BTreeMap::new(),
            open,
        };
        self.leave_unverified(&recorded, &selected, &mut plan.result);
        for (id, mut customer) in recorded.customers {
            let before = plan.result.trusted.len();
            let name = customer.name.clone();
            for (connector_name, connector) in &mut customer.connectors {
                let address = Address::connector(&name, connector_name);
                if selected.selects(&address) {
                    let connector = Arc::make_mut(connector);
                    self.trust_connector(&values, &address, connector, &mut plan.result);
                }
            }
            if plan.result.trusted.len() > before {
                plan.customers.insert(id, customer);
            }
        }
        Ok(plan)
    }

    /// Names the selected connectors whose customers have no verified entry.
    fn leave_unverified(&self, recorded: &LedgerState, selected: &Policy, result: &mut Trusted) {
        if recorded.unverified.is_empty() {
            return;
        }
        let entries = recorded.customers.values();
        let verified: BTreeSet<&String> = entries.map(|entry| &entry.name).collect();
        for (address, _) in self.project.desired.connectors() {
            if selected.selects(&address) && !verified.contains(&address.customer) {
                let why = "the ledger has no verified entry of its customer";
                result.left(&address, why.to_owned());
            }
        }
    }

    async fn present_values(&self, selected: &Policy) -> Values {
        let references: BTreeSet<SecretRef> = self
            .project
            .desired
            .connectors()
            .filter(|(address, _)| selected.selects(address))
            .flat_map(|(_, connector)| connector.references())
            .cloned()
            .collect();
        self.secrets.resolve_all(&references).await.0
    }

    fn trust_connector(
        &self,
        values: &Values,
        address: &Address,
        connector: &mut ConnectorEntry,
        result: &mut Trusted,
    ) {
        let fingerprinter = &self.fingerprinters.current;
        if connector
            .sent
            .as_ref()
            .is_some_and(|sent| fingerprinter.has_key_of(sent))
        {
            result.already += 1;
            return;
        }
        let Some(declared) = self.declared(address) else {
            result.left(address, "it is not in the files".to_owned());
            return;
        };
        if let Some(path) = unresolved_path(declared, values) {
            result.left(address, format!("{path} cannot be resolved"));
            return;
        }
        let value = |reference: &SecretRef| values.get(reference).map(AsRef::as_ref);
        let sent = fingerprinter.fingerprint_sent(declared.secret_leaves(), value);
        connector.sent = Some(Arc::new(sent));
        result.trusted.push(address.to_string());
    }
}

/// The path of a secret whose reference has no value.
fn unresolved_path(declared: &DesiredConnector, values: &Values) -> Option<String> {
    declared
        .secret_leaves()
        .into_iter()
        .find_map(|(path, leaf)| match leaf {
            Setting::Secret(reference) if values.get(&**reference).is_none() => Some(path),
            _ => None,
        })
}
