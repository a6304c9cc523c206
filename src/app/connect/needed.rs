//! Responsible for the links of the connectors that need a consent, one for each.

use super::rules::{Known, PROTECTED};
use super::{customer_entry, recorded_at};
use crate::app::App;
use crate::app::ledger_keys::{KeyStrength, WEAK_KEY};
use crate::cli::{LinkArgs, StateArg, StatusArgs, UnverifiedArgs};
use crate::consent::Link;
use crate::failure::Failure;
use crate::model::{Address, LedgerState, Selector, WorkspaceId, first_names};
use crate::render::{self, ConnectorStatus, ConsentLink, ConsentLinks};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

const UNRECORDED: &str = "a workspace has the customer's name, and the ledger does not record it; run `airlift adopt` first";
const AGAINST_RULES: &str =
    "a rule of the policy file refuses the consent; `airlift connect` for one of them says which";
/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

impl App<'_> {
    /// The connectors whose customers have to consent, for the first time or again, each with a link for the site of
    /// `connect serve`.
    pub(crate) async fn needed_consents(&self, args: &LinkArgs) -> Result<ConsentLinks, Failure> {
        let declared = self.project.desired.connectors();
        let selectors: Vec<Selector> = declared
            .filter(|(_, connector)| connector.consent.is_some())
            .map(|(address, _)| Selector::exact(address))
            .collect();
        if selectors.is_empty() {
            return Ok(Vec::new().into());
        }
        let status = StatusArgs {
            selectors,
            state: vec![StateArg::NeedsConsent],
            execute: false,
            unverified: UnverifiedArgs::default(),
            rate: args.rate,
        };
        let report = self.status(&status).await?;
        let recorded = self.ledger.load().await?;
        let mut connectors = report.connectors;
        // The status notes the customers that are left out.
        connectors.retain(|connector| {
            let checked = self.require_verified(&connector.customer, None, &recorded);
            checked.is_ok() && self.require_active(&connector.customer).is_ok()
        });
        let connectors = self.without_refused(connectors, &recorded).await?;
        if args.public_url.is_some() && self.fingerprinters.strength == KeyStrength::Weak {
            render::print_note(self.invocation.ui, WEAK_KEY)?;
        }
        let links = connectors.into_iter().map(|connector| {
            let address = Address::connector(&connector.customer, &connector.connector);
            let replaces = recorded_at(&recorded, &address);
            let valid_for = Duration::from_secs(args.valid_for.saturating_mul(DAY));
            let link = Link::new(&address, replaces, valid_for);
            self.consent_link(&link, connector.reason, args)
        });
        Ok(links.collect::<Vec<ConsentLink>>().into())
    }

    /// Leaves out the connectors whose links would be refused at each click, and says which and why.
    async fn without_refused(
        &self,
        connectors: Vec<ConnectorStatus>,
        recorded: &LedgerState,
    ) -> Result<Vec<ConnectorStatus>, Failure> {
        let listed = self.unrecorded(&connectors, recorded).await?;
        let mut allowed = Vec::new();
        let mut refused: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for connector in connectors {
            let address = Address::connector(&connector.customer, &connector.connector);
            let known = match customer_entry(recorded, &address.customer) {
                Some((id, _)) => Known::Managed(id),
                None => listed
                    .get(&address.customer)
                    .map_or(Known::New, |id| Known::Listed(*id)),
            };
            match self.refusal(&address, known, recorded).await? {
                Some(cause) => refused.entry(cause).or_default().push(address.to_string()),
                None => allowed.push(connector),
            }
        }
        for (cause, names) in refused {
            let text = format!("no link for {}: {cause}", first_names(&names));
            render::print_note(self.invocation.ui, &text)?;
        }
        Ok(allowed)
    }

    /// Why each click of a link would be refused.
    async fn refusal(
        &self,
        address: &Address,
        known: Known,
        recorded: &LedgerState,
    ) -> Result<Option<&'static str>, Failure> {
        let declared = self.consenting(address)?;
        let replaces = recorded_at(recorded, address);
        let is_unrecorded = self.require_adoptable(&address.customer, known).is_err();
        Ok(if is_unrecorded {
            Some(UNRECORDED)
        } else if !self
            .rule_causes(address, declared, replaces, known)?
            .is_empty()
        {
            Some(AGAINST_RULES)
        } else if self.is_protected(address, replaces).await? {
            Some(PROTECTED)
        } else {
            None
        })
    }

    /// The workspaces by name, if the ledger does not record each customer.
    async fn unrecorded(
        &self,
        connectors: &[ConnectorStatus],
        recorded: &LedgerState,
    ) -> Result<BTreeMap<String, WorkspaceId>, Failure> {
        let mut customers = connectors.iter().map(|connector| &connector.customer);
        if customers.all(|customer| customer_entry(recorded, customer).is_some()) {
            return Ok(BTreeMap::new());
        }
        let reader = self.connection.session.reader();
        let listed = reader.workspaces(&*self.events).await?.items;
        let workspaces = listed.into_values();
        Ok(workspaces
            .map(|workspace| (workspace.name, workspace.id))
            .collect())
    }

    fn consent_link(&self, link: &Link, reason: Option<String>, args: &LinkArgs) -> ConsentLink {
        let expires = Timestamp::from_second(link.expires).map(|time| time.to_string());
        let kind = self.consenting(&link.address());
        ConsentLink {
            customer: link.customer.clone(),
            connector: link.connector.clone(),
            kind: kind
                .map(|declared| declared.kind.name.to_string())
                .unwrap_or_default(),
            again: link.replaces.is_some(),
            reason,
            link: args
                .public_url
                .as_ref()
                .map(|site| format!("{site}/connect/{}", link.sign(&self.authenticator))),
            expires_at: args.public_url.as_ref().and_then(|_| expires.ok()),
        }
    }
}
